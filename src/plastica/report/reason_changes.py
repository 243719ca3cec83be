"""What would change an answer: the smallest changes of some columns, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..errors import DataError
from ..explain.alternatives import Counterfactuals
from ..explain.table_changes import table_counterfactuals
from . import formats
from .exemplary import Exemplary
from .importance import some
from .reason_bars import shown_cell
from .wording import both, plain, say

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_DONORS = 300  # training rows to take other values from


def changes_of(network: TableNetwork, prepared: Prepared, row: Exemplary, columns: Sequence[str]) -> tuple[Markup, ...]:
    """Return the smallest changes of some columns of the row for another prediction, in words; none if there are none.

    Texts stay: that of another row would be another row.
    """
    target = network.target
    if target.task == "multilabel" or len(target.names) > 1:
        return ()
    kept = [each.name for each in prepared.encoder.columns if each.kind == "text" or each.name not in columns]
    train = prepared.split.train
    donors = prepared.table.take(train[some(len(train), MOST_DONORS)])
    wanted: list[tuple[float, float] | None] = [None]
    if target.task == "regression":
        answer = float(network.answers(prepared.x[[row.row]])[0])
        step = target.scales[0] / 2  # a change that matters: half of the target's standard deviation
        wanted = [(answer + step, np.inf), (-np.inf, answer - step)]
    told: list[Markup] = []
    for each in wanted:
        try:
            found = table_counterfactuals(
                network, prepared.table, donors, row=row.row, wanted=each, fixed=kept, count=1, most=MOST_DONORS
            )
        except DataError:  # no training row has another prediction
            continue
        told += [_change(network, found)] if len(found) else []
    return tuple(told)


def _change(network: TableNetwork, found: Counterfactuals) -> Markup:
    changed = [
        say(
            "reason_instead",
            column=plain(name, 60),
            new=shown_cell(new, 40),
            old=shown_cell(old, 40),
        )
        for name, old, new in found.changes(0)
    ]
    listed = both(Markup(", ").join(changed), Markup("、").join(changed))
    if network.task == "regression":
        return say("reason_change_number", changes=listed, answer=formats.number(float(found.answers[0, 0])))
    place = int(found.classes[1])
    answer = formats.share(round(float(found.answers[0, place]), 3))
    return say("reason_change", changes=listed, label=plain(found.output_names[place], 60), answer=answer)
