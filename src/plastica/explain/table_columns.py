"""Explanations of a model for a table, by its columns as the person wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np

from ..data.inputs import as_table
from ..data.spacing import spaced
from ..data.table import Table, show
from ..data.values import read_numbers
from ..errors import InvalidValue
from ..notes import Note, note
from .attribution import Attribution
from .blocks import by_blocks
from .explained import ExplainOptions
from .named_places import place_of
from .nearby import lime, occlusion
from .shapley import exact_shap, kernel_shap, permutation_shap
from .table_answers import ExplainsTable, cells_of, columns_of, encoded, table_answers

TableMethod = Literal["auto", "exact_shap", "kernel_shap", "permutation_shap", "lime", "occlusion"]
METHODS = {
    "exact_shap": exact_shap,
    "kernel_shap": kernel_shap,
    "permutation_shap": permutation_shap,
    "lime": lime,
    "occlusion": occlusion,
}
FEW_COLUMNS = 9  # 512 coalitions
KERNEL_EVALUATIONS = 512  # and two for each column: standard errors are told, and more can be asked for
MOST_KERNEL = 60  # columns; beyond, random orders need fewer evaluations
BACKGROUND_ROWS = 50
MOST_TOLD = 5  # columns with a value outside of the background


def explain_table(
    network: ExplainsTable,
    source: object,
    background: object = None,
    *,
    rows: Sequence[int] = (0,),
    method: TableMethod = "auto",
    output: int | str | Sequence[int | str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    most: int = BACKGROUND_ROWS,
    **options: int,
) -> Attribution:
    """Explain the answers of a model for rows of a table, by column.

    A category, a date or a text is one column, as in the table, however many numbers the network reads of it.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``.
        source: A table with the rows: a file, a data frame, a dict.
        background: A table with rows that they are compared with, such as the training set. Default: ``source``.
        rows: The numbers of the rows to explain, from 0.
        method: "exact_shap", "kernel_shap", "permutation_shap", "lime" or "occlusion". Default: exact Shapley values
            for up to 9 columns, KernelSHAP with 512 coalitions for up to 60, random orders for more.
        output: The class, label or target to explain; several in a list. Default: all.
        groups: Columns that are explained as one, such as correlated ones: ``{"size": ["height", "weight"]}``.
        most: The largest number of rows of the background, spaced evenly; 50 keep the error of the baseline small.
        options: Options of the method, such as ``evaluations`` or ``orders``.

    Returns:
        The contributions, ``(rows, columns, outputs)``: to probabilities, or to numbers in the unit of the target.
        Their standard errors contain the choice of background rows, except for LIME and for fewer than 10 rows.

    Raises:
        DataError: If a column is missing, or a value is invalid.
        InvalidValue: If there is no such row or method, or a column is in two groups.
        UnknownName: If there is no such output, or a group has an unknown column.
    """
    if getattr(network, "encoder", None) is None:
        raise InvalidValue(note("explain.no_table_model", method="explain_table", kind=type(network).__name__))
    table = as_table(source)
    others = table if background is None else as_table(background)
    chosen = np.asarray(rows, np.int64).reshape(-1)
    if not len(chosen) or chosen.min() < 0 or chosen.max() >= table.height:
        raise InvalidValue(note("explain.no_rows_there", rows=str([*rows]), source=table.source, last=table.height - 1))
    if most < 1:
        raise InvalidValue(note("explain.few_background", most=str(most)))
    notes: list[Note] = []
    picked = table.take(chosen)
    x = encoded(network, picked, notes)
    behind = encoded(network, others.take(spaced(others.height, most)), [])
    columns = together(columns_of(network), groups or {})
    if method == "auto":
        method, options = usual_method(len(columns), options)
    if method not in METHODS:
        raise InvalidValue(note("explain.no_method", method=repr(method), known=[*METHODS]))
    # Features of the encoding are not shown, so that they need no names of their own.
    function = table_answers(network)
    names = [str(place) for place in range(x.shape[1])]
    own: ExplainOptions = {"groups": columns, "output": output, "feature_names": names}

    def ask(model: object, x: object, background: np.ndarray) -> Attribution:
        return cast(Any, METHODS[method])(model, x, background, **own, **options)

    found = ask(function, x, behind) if method == "lime" else by_blocks(ask, function, x, behind)
    told = (*dict.fromkeys(each.said() for each in [*notes, *outside_of(network, picked, others)]),)
    return replace(found, cells=cells_of(picked, found.feature_names, groups or {}), notes=told)


def usual_method(columns: int, options: dict[str, int]) -> tuple[TableMethod, dict[str, int]]:
    """Return the method for so many columns or groups, with its options."""
    if columns <= FEW_COLUMNS and "evaluations" not in options:
        return "exact_shap", {name: value for name, value in options.items() if name != "seed"}
    if columns <= MOST_KERNEL or "evaluations" in options:
        return "kernel_shap", {"evaluations": 2 * columns + KERNEL_EVALUATIONS, **options}
    return "permutation_shap", options


def together(
    columns: Mapping[str, Sequence[int | str]], groups: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[int | str]]:
    """Return the features of each group, and of each column outside of groups; a group stands where its first does.

    Raises:
        InvalidValue: If a column is in two groups, or a group has the name of a column outside of it.
        UnknownName: If there is no such column.
    """
    known, group_of = tuple(columns), dict[str, str]()
    for group, names in groups.items():
        for name in names:
            column = known[place_of(f"group {group!r}", "column", name, known)]
            if column in group_of:
                raise InvalidValue(
                    note("explain.group_twice", column=repr(column), one=repr(group_of[column]), other=repr(group))
                )
            group_of[column] = group
    found: dict[str, Sequence[int | str]] = {}
    for column, features in columns.items():
        group = group_of.get(column)
        if group is None and column in groups:
            raise InvalidValue(note("explain.group_name", group=repr(column)))
        name = column if group is None else group
        found[name] = [*found.get(name, ()), *features]
    return found


def outside_of(network: ExplainsTable, rows: Table, background: Table) -> list[Note]:
    """Return notes on numbers outside of the range of the background, where answers are a guess."""
    found: list[Note] = []
    for column in (each.column for each in (network.members or (network,))[0].encoder.encoders):
        if column.kind != "number":
            continue
        own, seen = read_numbers(rows, column), read_numbers(background, column)
        seen = seen[np.isfinite(seen)]
        far = np.flatnonzero((own < seen.min()) | (own > seen.max())) if len(seen) else []
        for row in far[:1]:
            ends = {"low": f"{seen.min():.6g}", "high": f"{seen.max():.6g}"}
            found.append(note("explain.outside", column=show(column.name), value=f"{own[row]:.6g}", **ends))
    return found[:MOST_TOLD]
