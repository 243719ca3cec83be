"""Notes on numbers that differ from the training set, possibly because of another format or unit."""

from __future__ import annotations

import numpy as np

from ...notes import Note, note
from ...typing import Float
from ..column import Column
from ..table import Table, show

LEAST_ROWS = 10  # rows, all outside the range of the training set, from which there is a note
FACTORS = {1000.0: "times_1000", 100.0: "times_100", 0.001: "divided_by_1000", 0.01: "divided_by_100"}
SHARE = 0.9  # of the numbers that a factor must bring into the range
FAR = 10.0  # times the range, beyond which another unit is more likely than larger numbers


def say_otherwise(table: Table, column: Column, numbers: Float[np.ndarray, "rows"], notes: list[Note]) -> None:
    """Add notes on numbers outside the range of the training set, and on decimals where it has integers.

    Args:
        table: The table of the rows.
        column: The description of the column in the training set.
        numbers: The numbers, NaN for missing values.
        notes: The list to which notes are added.
    """
    rows = np.flatnonzero(~np.isnan(numbers))
    if column.lowest is None or column.highest is None or not len(rows):
        return
    present = numbers[rows]
    written = str(table.column(column.name).dtype) == "String"  # floats of a data frame are unambiguous
    broken = rows[present != np.rint(present)] if column.whole and written else rows[:0]
    if len(broken):
        told = {"value": f"{numbers[broken[0]]:.15g}", "place": table.where(int(broken[0]))}
        more = {"more": len(broken) - 1} if len(broken) > 1 else {}
        notes.append(note(f"unlike.not_whole{'_more' * bool(more)}", column=show(column.name), **told, **more))
    outside = (present < column.lowest) | (present > column.highest)
    factor = _factor(present, column.lowest, column.highest) if 2 * outside.sum() > len(present) else ""
    if factor or (outside.all() and len(present) >= LEAST_ROWS):
        told = {"outside": int(outside.sum()), "all": len(present)}
        told |= {"low": f"{column.lowest:.5g}", "high": f"{column.highest:.5g}"}
        told |= {"factor": note(f"unlike.{factor}")} if factor else {}
        notes.append(note(f"unlike.outside{'_unit' * bool(factor)}", column=show(column.name), **told))


def _factor(present: Float[np.ndarray, "rows"], lowest: float, highest: float) -> str:
    """Return the usual factor that brings numbers far outside a range into it; "" if there is none."""
    typical = float(np.median(np.abs(present)))
    if lowest < 0 or lowest / FAR < typical < FAR * highest:
        return ""
    with np.errstate(over="ignore"):
        for factor, words in FACTORS.items():
            if np.mean((present * factor >= lowest) & (present * factor <= highest)) >= SHARE:
                return words
    return ""
