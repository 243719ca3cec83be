"""Numbers that are unlike those of training: perhaps read otherwise than they were written."""

from __future__ import annotations

import numpy as np

from ..column import Column
from ..table import Table, show

LEAST_ROWS = 10  # all outside of training's range, so that it is worth a word
FACTORS = {1000.0: "times 1000", 100.0: "times 100", 0.001: "divided by 1000", 0.01: "divided by 100"}
SHARE = 0.9  # of the numbers that a factor must bring back
FAR = 10.0  # times beyond the range from which another unit is likelier than larger numbers


def say_otherwise(table: Table, column: Column, numbers: np.ndarray, notes: list[str]) -> None:
    """Say where whole numbers are written with decimals now, and where numbers lie outside of what training saw.

    Args:
        table: Whose rows they are.
        column: What training knew of the column.
        numbers: As they are read, NaN where missing.
        notes: Where it is said.
    """
    rows = np.flatnonzero(~np.isnan(numbers))
    if column.lowest is None or column.highest is None or not len(rows):
        return
    present = numbers[rows]
    written = str(table.column(column.name).dtype) == "String"  # a frame's own floats can be read in one way only
    broken = rows[present != np.rint(present)] if column.whole and written else rows[:0]
    if len(broken):
        shown, more = f"{numbers[broken[0]]:.15g} in {table.place(int(broken[0]))}", len(broken) - 1
        others = f" and {more} more are not whole" if more else " is not whole"
        notes.append(f"column {show(column.name)}: {shown}{others}; all numbers in training were whole.")
    outside = (present < column.lowest) | (present > column.highest)
    factor = _factor(present, column.lowest, column.highest) if 2 * outside.sum() > len(present) else ""
    if factor or (outside.all() and len(present) >= LEAST_ROWS):
        unit = f" and {factor} inside it: check the unit and the decimal point" if factor else ""
        count = f"{int(outside.sum())} of {len(present)} values"
        limits = f"{column.lowest:.5g} to {column.highest:.5g}"
        notes.append(f"column {show(column.name)}: {count} are outside the range of the training set, {limits}{unit}.")


def _factor(present: np.ndarray, lowest: float, highest: float) -> str:
    """Return by what numbers far outside a range come to lie in it; "" where nothing usual does."""
    typical = float(np.median(np.abs(present)))
    if lowest < 0 or lowest / FAR < typical < FAR * highest:
        return ""
    with np.errstate(over="ignore"):
        for factor, words in FACTORS.items():
            if np.mean((present * factor >= lowest) & (present * factor <= highest)) >= SHARE:
                return words
    return ""
