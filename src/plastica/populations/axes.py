"""The axes of sweeps by name: their usual values, and what of a network they set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..optimizers import NAMES, get
from ..registry import look_up

# Three for each power of ten: finer differences are rarely seen behind those of seeds.
LEARNING_RATES = tuple(float(f"{rate:.2g}") for rate in np.logspace(-4, 0, 13))
FEWEST_ROWS = 16
MOST_SIZES = 8


class Axis(NamedTuple):
    """What a sweep goes along.

    Attributes:
        name: Its name, which is that of the setting and of the column in tables.
        usual: Returns the values that are tried if none are given, from the number of training rows.
        kind: The type of its values.
        follows_law: Whether errors along it are expected to fall as a power law.
    """

    name: str
    usual: Callable[[int], Sequence[object]]
    kind: type
    follows_law: bool = False


def sizes_of(rows: int) -> list[int]:
    """Return numbers of rows for a learning curve: all of them, and halves of halves.

    Example:
        >>> sizes_of(1000)
        [15, 31, 62, 125, 250, 500, 1000]
    """
    found = [rows >> place for place in range(MOST_SIZES)]
    return sorted(size for size in found if size >= FEWEST_ROWS - 1) or [rows]


def _optimizers(rows: int) -> list[str]:
    """Return all optimizers that make a step for each batch."""
    return [name for name in NAMES if not get(name).full_batch]


AXES = {
    axis.name: axis
    for axis in (
        Axis("learning_rate", lambda rows: LEARNING_RATES, float),
        Axis("rows", sizes_of, int, follows_law=True),
        Axis("width", lambda rows: (2, 4, 8, 16, 32, 64, 128), int),
        Axis("depth", lambda rows: (0, 1, 2, 3, 4, 5), int),
        Axis("epochs", lambda rows: (1, 2, 4, 8, 16, 32, 64), int),
        Axis("optimizer", _optimizers, str),
        Axis("dropout", lambda rows: (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), float),
    )
}


def axis_of(name: str) -> Axis:
    """Return an axis by its name.

    Raises:
        UnknownName: If there is none; the message suggests the nearest.
    """
    return look_up("axis of a sweep", name, AXES)


def checked_epochs(epochs: int | Sequence[int]) -> list[int]:
    """Return the epochs after which a sweep reads its figures.

    Raises:
        InvalidValue: If one is not a whole number of at least 1.
    """
    given = [epochs] if isinstance(epochs, int) else list(epochs)
    if not given or not all(isinstance(each, int) and not isinstance(each, bool) and each >= 1 for each in given):
        raise InvalidValue(f"sweep(epochs={epochs!r}): give a whole number of at least 1, or several.")
    return sorted(set(given))
