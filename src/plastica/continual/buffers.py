"""Buffers of rows met before: a uniform sample of a stream, or as many of each class."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..errors import DataError, InvalidValue
from ..typing import Bool, Num


class RowBuffer(ABC):
    """A store of at most so many rows of a stream.

    Args:
        size: The largest number of rows.
        seed: The random seed.

    Raises:
        InvalidValue: If the size is less than 1.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        if size < 1:
            raise InvalidValue(f"{type(self).__name__}(size={size}): expected at least 1 row.")
        self.size, self._rng = int(size), np.random.default_rng(seed)

    @abstractmethod
    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        """Offer rows in the order of the stream; some are kept."""

    @abstractmethod
    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]]:
        """Return the rows that are kept."""

    @property
    @abstractmethod
    def count(self) -> int:
        """The number of rows kept."""


class ReservoirBuffer(RowBuffer):
    """A uniform sample of all rows of a stream, whatever its length: reservoir sampling.

    When to use: if the ends of experiences are not known. After n rows each is kept with the probability ``size / n``:
    row n replaces a random one with this probability.

    Args:
        size: The largest number of rows.
        seed: The random seed.

    Example:
        >>> import numpy as np
        >>> buffer = ReservoirBuffer(3)
        >>> buffer.add(np.arange(10.0)[:, None], np.arange(10))
        >>> buffer.count, buffer.seen
        (3, 10)

    Reference:
        J. S. Vitter (1985), Random sampling with a reservoir, algorithm R.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        super().__init__(size, seed)
        self.seen = 0
        self._x = self._y = np.zeros(0)

    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        if not len(x):
            return
        if not self.seen:
            self._x, self._y = x[:0].copy(), y[:0].copy()
        numbers = np.arange(self.seen, self.seen + len(x))
        places = np.where(numbers < self.size, numbers, self._rng.integers(0, numbers + 1))
        self.seen += len(x)
        keeps = places < self.size
        room = min(self.size, self.seen)
        grown = tuple(_grown(kept, room) for kept in (self._x, self._y))
        # In order, so that of two rows for one place the later one stays, as if they had come one by one.
        for kept, new in zip(grown, (x, y), strict=True):
            kept[places[keeps]] = new[keeps]
        self._x, self._y = grown

    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]]:
        return self._x, self._y

    @property
    def count(self) -> int:
        return len(self._x)


class ClassBalancedBuffer(RowBuffer):
    """As many rows of each class met so far, each set a uniform sample of its class.

    When to use: if classes are of different sizes, or come one after another. When a new class comes, the others give
    up some of their rows.

    Args:
        size: The largest number of rows, of all classes together.
        seed: The random seed.

    Raises:
        DataError: If targets are numbers instead of classes.

    Reference:
        A. Chrysakis, M.-F. Moens (2020), Online continual learning from imbalanced data, for balanced buffers.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        super().__init__(size, seed)
        self._of: dict[int, ReservoirBuffer] = {}

    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        if y.dtype.kind == "f" or y.ndim != 1:
            raise DataError("a class-balanced buffer needs classes, but the targets are numbers; use a reservoir.")
        for label in np.unique(y):
            own = y == label
            # Each may hold the whole buffer; what is used of it is its share of the classes so far.
            each = self._of.setdefault(int(label), ReservoirBuffer(self.size, int(self._rng.integers(2**31))))
            each.add(x[own], y[own])
        self._of = {label: _cut(each, self._share) for label, each in self._of.items()}

    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]]:
        found = [self._of[label].rows() for label in sorted(self._of)]
        return np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found])

    @property
    def count(self) -> int:
        return sum(each.count for each in self._of.values())

    @property
    def _share(self) -> int:
        return max(1, self.size // len(self._of))


def _grown(kept: Num[np.ndarray, "kept *shape"], room: int) -> Num[np.ndarray, "room *shape"]:
    made = np.zeros((room, *kept.shape[1:]), kept.dtype)
    made[: len(kept)] = kept
    return made


def _cut(buffer: ReservoirBuffer, size: int) -> ReservoirBuffer:
    """Return a buffer with a random part of the rows, if there are more than ``size``; still a uniform sample."""
    if buffer.size == size:
        return buffer
    x, y = buffer.rows()
    made = ReservoirBuffer(size)
    made._rng = buffer._rng
    chosen: Bool[np.ndarray, "kept"] | np.ndarray = made._rng.permutation(len(x))[:size]
    made._x, made._y, made.seen = x[chosen], y[chosen], buffer.seen
    return made
