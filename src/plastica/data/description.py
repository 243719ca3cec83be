"""Summary statistics of columns, and whether a column contains anything to learn from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ..notes import note
from ..typing import Float
from .column import Column
from .table import show
from .texts import only_keys

if TYPE_CHECKING:
    import polars as pl

UNLISTED: dict[str, tuple[()]] = {"categories": (), "counts": ()}
EMPTY = (note("columns.empty"),)
FEW = 20  # up to this many distinct texts are categories, however few rows there are
TENTHS = np.arange(1, 10) / 10
TEXT_SHARE = 0.5  # with more distinct texts than this share of the rows, values repeat too rarely to learn from
IDENTIFIER = re.compile(
    r"(^|[_\W])(id|idx|index|row|rows|rownames|row_name|nr|no|key|uuid|guid|case|obs|observation)\.?$|^unnamed|"
    r"^column_1$|[a-z]I[dD]$|^[#№]$|^(编号|序号|行号|索引)$",
    re.I,
)


def with_changes(column: Column, **changes: object) -> Column:
    """Return the column with some fields changed."""
    return msgspec.structs.replace(column, **changes)


def describe_numbers(numbers: Float[np.ndarray, "rows"], column: Column, target: bool) -> Column:
    """Return the description of a numeric column with its statistics; an uninformative column is left out.

    Args:
        numbers: The numbers, NaN for missing values.
        column: The description so far.
        target: Whether it is the target, which is never left out.
    """
    present = numbers[~np.isnan(numbers)]
    finite = present[np.isfinite(present)]
    distinct = len(np.unique(present))
    column = with_changes(column, missing=len(numbers) - len(present), distinct=distinct)
    if not len(present):
        return with_changes(column, kind="empty", notes=EMPTY)
    whole = bool((finite == np.rint(finite)).all())
    if len(finite):
        mean, scale = moments(finite)
        lowest, highest = float(finite.min()), float(finite.max())
        column = with_changes(column, mean=mean, scale=scale, lowest=lowest, highest=highest, whole=whole)
        column = with_changes(column, **_deciles(finite))
    if target:
        return column
    if distinct == 1 and len(present) == len(numbers):
        return with_changes(column, kind="constant", notes=(note("columns.constant", value=f"{present[0]:g}"),))
    numbered = distinct == len(numbers) > FEW and whole and len(finite) == len(present)
    if numbered and not column.declared and IDENTIFIER.search(column.name):
        return with_changes(column, kind="identifier", notes=(note("columns.row_numbers"),))
    return column


def _deciles(finite: Float[np.ndarray, "rows"]) -> dict[str, tuple[float, ...]]:
    ordered = np.sort(finite)
    deciles = ordered[np.ceil(TENTHS * len(ordered)).astype(int) - 1]
    shares = np.searchsorted(ordered, deciles, side="right") / len(ordered)
    return {"deciles": tuple(deciles.tolist()), "decile_shares": tuple(shares.tolist())}


def moments(finite: Float[np.ndarray, "rows"]) -> tuple[float, float]:
    """Return the mean and standard deviation, without overflow for numbers near the largest double."""
    largest = float(np.abs(finite).max())
    if largest == 0.0:
        return 0.0, 0.0
    scaled = finite / largest
    return float(scaled.mean()) * largest, min(float(scaled.std()) * largest, float(np.finfo(np.float64).max))


def describe_words(column: Column, cleaned: pl.Series, target: bool) -> Column:
    """Return the description of a non-numeric column with its values counted; an uninformative column is left out.

    Args:
        column: The description so far.
        cleaned: The values as text, null for missing values.
        target: Whether it is the target, which is never left out.
    """
    present = cleaned.drop_nulls()
    counts = present.value_counts(sort=False).sort(["count", present.name], descending=[True, False])
    common = tuple(counts[present.name].head(FEW).to_list())
    often = tuple(counts["count"].head(FEW).to_list())
    found = {"distinct": counts.height, "categories": common, "counts": often}
    column = with_changes(column, missing=cleaned.null_count(), **found)
    if target or not present.len():
        return column if present.len() else with_changes(column, kind="empty", notes=EMPTY)
    if counts.height == 1 and not column.missing:
        return with_changes(column, kind="constant", notes=(note("columns.constant", value=show(common[0])),))
    if column.kind == "category" and column.declared:
        return _declared_category(column, present.len())
    if column.kind == "category" and counts.height > max(FEW, TEXT_SHARE * present.len()):
        return _free_text(column, present, counts.height)
    return column


def _declared_category(column: Column, present: int) -> Column:
    if column.distinct < present or present <= FEW:
        return column
    return with_changes(column, kind="identifier", notes=(note("columns.once", present=present),), **UNLISTED)


def _free_text(column: Column, present: pl.Series, distinct: int) -> Column:
    """Distinguish free text from identifiers of rows: UUIDs, "ID-0001", names."""
    if distinct == present.len() and IDENTIFIER.search(column.name):
        kind, key = "identifier", "identifies"
    elif only_keys(present, distinct):
        kind, key = "identifier", "names"
    else:
        kind, key = "text", "text"
    said = note(f"columns.{key}", distinct=distinct, rows=present.len())
    return with_changes(column, kind=kind, notes=(*column.notes, said), **UNLISTED)
