"""Checks of numbers in schedules and optimizers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import jax
import numpy as np

from ..errors import InvalidValue

AT_LEAST_ZERO = ("a finite number of at least 0", lambda v: v >= 0)
ABOVE_ZERO = ("a finite number above 0", lambda v: v > 0)
FRACTION = ("a number in [0, 1]", lambda v: 0 <= v <= 1)
BELOW_ONE = ("a number in [0, 1)", lambda v: 0 <= v < 1)
INSIDE_ONE = ("a number in (0, 1)", lambda v: 0 < v < 1)


def require_numbers(declared: object, wanted: dict[str, tuple[str, Callable[[float], bool]]]) -> None:
    """Check the numbers of a declaration; None and arrays (a population) are accepted.

    Raises:
        InvalidValue: With the class, the argument, its value and the valid range.
    """
    for name, (words, holds) in wanted.items():
        value = getattr(declared, name)
        if value is None or isinstance(value, np.ndarray | jax.Array):
            continue
        if not (is_number(value) and np.isfinite(value) and holds(value)):
            raise InvalidValue(f"{type(declared).__name__}({name}={value!r}): {name} must be {words}.")


def require_rising(declared: object, *names: str) -> None:
    """Check that each number of a declaration is below the next; populations are accepted.

    Raises:
        InvalidValue: With the class, both arguments and their values.
    """
    for lower, upper in itertools.pairwise(names):
        low, high = getattr(declared, lower), getattr(declared, upper)
        if isinstance(low, float | int) and isinstance(high, float | int) and not low < high:
            name = type(declared).__name__
            raise InvalidValue(f"{name}({lower}={low:g}, {upper}={high:g}): {lower} must be below {upper}.")


def is_number(value: object) -> bool:
    """Return whether a value is a number, or an array of numbers for a population."""
    return isinstance(value, int | float | np.number | np.ndarray | jax.Array) and not isinstance(value, bool)
