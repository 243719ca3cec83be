"""Checks of what models of series are given."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...errors import DataError, InvalidValue, ShapeError
from ...typing import Float


def as_series(owner: str, values: ArrayLike, least: int = 1, why: str = "") -> Float[np.ndarray, "time"]:
    """Return the values of one series as floats.

    Args:
        owner: Who asks, for messages.
        values: The values, in order of time.
        least: The smallest number of values that the model can be fitted to.
        why: Where this number comes from, for the message.

    Raises:
        ShapeError: If there is more than one axis.
        DataError: If a value is missing or infinite, or there are too few.
    """
    given = np.asarray(values, np.float64)
    if given.ndim != 1:
        raise ShapeError(f"{owner}: values of shape {given.shape}; expected one series, (time,).")
    if not np.isfinite(given).all():
        place = int(np.argmin(np.isfinite(given)))
        raise DataError(f"{owner}: value {place} is {given[place]}; fill in or leave out missing values first.")
    if len(given) < least:
        raise DataError(f"{owner}: {len(given)} values; expected at least {least}{why}.")
    return given


def check_count(owner: str, name: str, count: int) -> int:
    """Return a number of steps, such as a season or a horizon.

    Raises:
        InvalidValue: If it is not a whole number above 0.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise InvalidValue(f"{owner}: {name} is {count!r}; expected a whole number of steps, at least 1.")
    return int(count)
