"""What to change in a row of a table for another prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ..data.inputs import as_table
from ..data.spacing import spaced
from ..errors import InvalidValue
from ..notes import note
from .alternatives import Counterfactuals, search
from .explained import explained
from .goals import goal_of
from .named_places import place_of
from .table_answers import (
    ExplainsTable,
    cells_of,
    columns_of,
    encoded,
    require_one_target,
    require_row,
    table_answers,
)

MOST_BACKGROUND = 1_000


def table_counterfactuals(
    network: ExplainsTable,
    source: object,
    background: object = None,
    *,
    row: int = 0,
    wanted: int | str | tuple[float, float] | None = None,
    fixed: Sequence[int | str] = (),
    count: int = 3,
    most: int = MOST_BACKGROUND,
) -> Counterfactuals:
    """Return the smallest changes of a row of a table for which the prediction of a model is another.

    Changed columns take the values of other rows, so that each is one that occurs. The prediction is that of the model,
    with its decision threshold.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``.
        source: A table with the row: a file, a data frame, a dict.
        background: A table with rows to take values from, such as the training set. Default: ``source``.
        row: The number of the row, from 0.
        wanted: The class that is wanted, or for numbers the ends of an interval. Default: any other class.
        fixed: Columns that cannot change.
        count: The largest number of counterfactuals, with different columns changed.
        most: The largest number of rows of the background, spaced evenly.

    Raises:
        DataError: If a column is missing, or no row of the background has the wanted prediction.
        InvalidValue: If there is no such row, it already has the wanted prediction, or there are several targets.
        UnknownName: If there is no such class or column.
    """
    table = as_table(source)
    others = table if background is None else as_table(background)
    require_row(table, row)
    target = network.target
    require_one_target("table_counterfactuals", target)
    if target.task == "regression" and not isinstance(wanted, tuple):
        raise InvalidValue(note("explain.wanted_interval", target=repr(target.name)))
    picked, others = table.take([row]), others.take(spaced(others.height, most))
    function = table_answers(network)
    x, behind = encoded(network, picked, []), encoded(network, others, [])
    names = [str(place) for place in range(x.shape[1])]
    groups: dict[str, Sequence[int | str]] = {**columns_of(network)}
    asked = explained("table_counterfactuals", function, x, behind, {"groups": groups, "feature_names": names})
    decision = cast(Any, network).facts.decision
    goal = goal_of(asked, wanted) if decision is None else goal_of(asked, wanted, decision.decide)
    allowed = np.ones((len(behind), len(groups)), bool)
    allowed[:, [place_of("table_counterfactuals", "column", each, asked.names) for each in fixed]] = False
    found = search(asked, goal, allowed, max(1, count), moves=False)
    own, texts = cells_of(picked, asked.names)[0], cells_of(others, asked.names)
    cells = [
        tuple(texts[donor][place] if changed[place] else own[place] for place in range(len(own)))
        for donor, changed in zip(found.donors, found.changed, strict=True)
    ]
    return replace(found, cells=(own, *cells))
