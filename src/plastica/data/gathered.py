"""Rows that are gathered from a smaller array when they are needed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import jax
import numpy as np


class Gathered(ABC):
    """Rows on the host that look like an array, ``(rows, ...)``, without being held in memory.

    Attributes:
        shape: The shape of the array that they look like.
        dtype: Its type.
        nbytes: What is really held.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    nbytes: int

    @abstractmethod
    def __getitem__(self, rows: slice) -> Gathered:
        """Return some of the rows."""

    @abstractmethod
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return all rows as an array in memory."""

    @property
    @abstractmethod
    def values(self) -> np.ndarray:
        """The array that rows are gathered from, for checks of its values."""

    @abstractmethod
    def staged(self, arrange: Callable[[np.ndarray], np.ndarray]) -> Staged:
        """Return the rows for the program, after rows are filled up or cut into chunks by ``arrange``."""

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers the array would have."""
        return int(np.prod(self.shape))


class Staged(ABC):
    """Rows in the program: a pytree of arrays from which the program gathers batches."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of the array that they stand for."""

    @abstractmethod
    def take(self, numbers: Any) -> jax.Array:
        """Return the rows with these numbers along the first axis; runs inside the program."""

    @abstractmethod
    def identity(self, rows: int) -> tuple[str | np.ndarray, ...]:
        """Return what tells the first ``rows`` rows from others."""
