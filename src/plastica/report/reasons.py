"""Why a model answers as it does for a few rows: contributions of columns, similar rows, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..explain.attribution import Attribution
from ..explain.table_columns import cells_of, explain_table
from . import formats
from .exemplary import Exemplary, exemplary_rows
from .importance import Importance, some
from .judged import HeldOutAnswers, decide
from .reason_bars import OTHERS, ReasonBar, bars_of, mostly
from .reason_changes import changes_of
from .similar import similar_rows
from .wording import plain, say

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_COLUMNS = 7  # of which the last may be all others together: 128 coalitions, computed exactly
FEWEST_COLUMNS, FEWEST_BACKGROUND, MOST_BACKGROUND = 4, 20, 100
MOST_EVALUATIONS = 5_120  # of a row
MOST_WORK = 20_000_000_000  # rows times parameters of a row, so that a large network also takes seconds
MOST_CHANGED = 10  # columns that a change may be in, the most important ones


@dataclass(frozen=True)
class Reason:
    """The explanation of a row, in sentences and bars."""

    kind: str
    part: str
    place: str
    sentences: tuple[Markup, ...]
    bars: tuple[ReasonBar, ...]
    similar: Markup | None
    changes: tuple[Markup, ...]


@dataclass(frozen=True)
class Reasons:
    """The explained rows; ``background`` is the number of training rows that they are compared with."""

    rows: tuple[Reason, ...]
    background: int


def explain(
    network: TableNetwork,
    prepared: Prepared,
    judged: HeldOutAnswers | None,
    importance: Importance | None,
    chosen: Sequence[int] = (),
) -> Reasons | None:
    """Explain typical rows, the worst mistake, and chosen rows; None if there are none.

    The most important columns have a bar each, strongly correlated ones a bar together, all others one. Their Shapley
    values are computed exactly, and their standard errors from parts of the background.

    Args:
        network, prepared, judged: The model, the table and the predictions for the test set; None without one.
        importance: The importance of columns; without, the first ones are shown.
        chosen: The positions of further rows in their source.

    Raises:
        InvalidValue: If the table has no row at such a position.
    """
    rows = exemplary_rows(network, prepared, judged, chosen)
    if not rows:
        return None
    evaluations = int(np.clip(MOST_WORK // max(network.model.count_params(), 1), 320, MOST_EVALUATIONS))
    most = FEWEST_COLUMNS
    while most < MOST_COLUMNS and 2 ** (most + 1) * FEWEST_BACKGROUND <= evaluations:
        most += 1
    groups = _groups(prepared, importance, most)
    size = len({*[column.name for column in prepared.encoder.columns]}) - sum(len(each) - 1 for each in groups.values())
    background = int(np.clip(evaluations // 2**size // 5 * 5, FEWEST_BACKGROUND, MOST_BACKGROUND))
    train = prepared.split.train
    behind = prepared.table.take(train[some(len(train), background)])
    found = explain_table(
        network, prepared.table, behind, rows=[each.row for each in rows], method="exact_shap", most=background,
        groups=groups,
    )  # fmt: skip
    ranked = [weight.column for weight in importance.weights] if importance is not None else []
    ranked += [column.name for column in prepared.encoder.columns if column.name not in ranked]
    told = [
        Reason(
            row.kind,
            row.part,
            plain(prepared.table.place(row.row)),
            (*_answer(network, prepared, row, found, number), *mostly(bars)),
            bars,
            similar_rows(network, prepared, row, ranked[:MOST_CHANGED]),
            changes_of(network, prepared, row, ranked[:MOST_CHANGED]),
        )
        for number, row in enumerate(rows)
        for bars in [bars_of(network, found, number, row.output, _values(prepared, row, groups))]
    ]
    return Reasons(tuple(told), behind.height)


def _groups(prepared: Prepared, importance: Importance | None, most: int) -> dict[str, tuple[str, ...]]:
    """Return correlated columns that are explained together, and all beyond the most important ones."""
    names = [column.name for column in prepared.encoder.columns]
    ranked = [(each,) for each in names]
    if importance is not None:
        ranked = [tuple(m.column for m in each.members) or (each.column,) for each in importance.ranked]
        ranked += [(name,) for name in names if not any(name in each for each in ranked)]
    kept = ranked if len(ranked) <= most else ranked[: most - 1]
    groups: dict[str, tuple[str, ...]] = {", ".join(each): each for each in kept if len(each) > 1}
    if rest := tuple(name for each in ranked[len(kept) :] for name in each):
        groups[OTHERS] = rest
    return groups


def _values(prepared: Prepared, row: Exemplary, groups: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Return the cells of a row in each group of columns."""
    own = prepared.table.take([row.row])
    return {name: dict(zip(each, cells_of(own, each)[0], strict=True)) for name, each in groups.items()}


def _answer(network: TableNetwork, prepared: Prepared, row: Exemplary, found: Attribution, number: int) -> list[Markup]:
    """Return what is predicted, from which mean, and whether it is right."""
    answer, mean = float(found.answers[number, row.output]), float(found.baseline[number, row.output])
    name = plain(found.output_names[row.output], 60)
    y = prepared.y[row.row]
    if network.task == "regression":
        true = float(np.atleast_1d(prepared.target.decode(prepared.y[[row.row]])[0])[row.output])
        given = {"answer": formats.number(answer), "mean": formats.number(mean), "true": formats.number(true)}
        return [say("reason_number", target=name, **given)]
    given = {"label": name, "answer": formats.share(round(answer, 3)), "mean": formats.share(round(mean, 3))}
    if network.task == "multilabel":
        return [say("reason_label", **given), say("reason_applies" if y[row.output] > 0.5 else "reason_applies_not")]
    decided = int(decide(network, found.answers[[number]])[0])
    told = [say("reason_class", **given)]
    if decided == int(y):
        return [*told, say("reason_right")]
    return [*told, say("reason_wrong", label=plain(found.output_names[int(y)], 60))]
