"""Checks of single settings, each with the message that says what was expected."""

from __future__ import annotations

import math

from ..errors import InvalidValue

SPLITS = ("auto", "random", "time", "group")
LAST = "last"  # value of ``test`` for the most recent rows


def at_least(name: str, value: int | None, least: int) -> None:
    """Check that a number, if there is one, is large enough.

    Raises:
        InvalidValue: If it is not.
    """
    if value is not None and value < least:
        raise InvalidValue(f"{name}={value}: expected a whole number of at least {least}.")


def one_of(name: str, value: str | None, known: tuple[str | None, ...]) -> None:
    """Check that a value is one of those known.

    Raises:
        InvalidValue: If it is not.
    """
    if value not in known:
        listed = ", ".join(str(each) for each in known)
        raise InvalidValue(f"{name}={value!r}: expected one of {listed}.")


def check_costs(costs: tuple[tuple[float, ...], ...]) -> None:
    """Check a cost matrix.

    Raises:
        InvalidValue: If it is not square or not finite, or a correct prediction costs more than a wrong one.
    """
    if len(costs) < 2 or any(len(row) != len(costs) for row in costs):
        shape = f"{len(costs)} rows of {sorted({len(row) for row in costs})} numbers"
        raise InvalidValue(f"costs has {shape}: expected as many rows as columns, one for each class.")
    if not all(math.isfinite(cost) for row in costs for cost in row):
        raise InvalidValue("costs contains a number that is not finite.")
    for true, row in enumerate(costs):
        if row[true] > min(row):
            raise InvalidValue(
                f"costs[{true}] = {list(row)}: the correct prediction costs {row[true]:g}, more than a wrong one. "
                "Rows are true classes, columns are predictions."
            )


def check_split(split: str, test: float | str | None) -> None:
    """Check the options of the split.

    Raises:
        InvalidValue: If there is no such way to split, or the test set is taken in another one.
    """
    how, colon, column = split.partition(":")
    if how not in SPLITS or (colon and (how not in ("time", "group") or not column)) or (how == "group" and not colon):
        raise InvalidValue(
            f"split={split!r}: expected auto, random, time, time:COLUMN or group:COLUMN (a column's name)."
        )
    if isinstance(test, str) and not test:
        raise InvalidValue('test="": expected a share, a number of rows, "last" or the path of a file.')
    if test == LAST and how == "group":
        raise InvalidValue(
            f'test="last" takes the last rows by time, but split={split!r} takes whole groups; use one of the two.'
        )
