"""Rows gathered on demand from a smaller array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import jax
import numpy as np
from jax import Array
from numpy.typing import DTypeLike


class Gathered(ABC):
    """Rows on the host with the interface of an array, ``(rows, ...)``, that are not stored in memory.

    Attributes:
        shape: The shape of the array.
        dtype: The type of the array.
        nbytes: The bytes actually in memory.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    nbytes: int

    @abstractmethod
    def __getitem__(self, rows: slice) -> Gathered:
        """Return some of the rows."""

    @abstractmethod
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        """Return all rows as an array in memory."""

    @property
    @abstractmethod
    def values(self) -> np.ndarray:
        """The array from which rows are gathered, to check its values."""

    @abstractmethod
    def staged(self, arrange: Callable[[np.ndarray], np.ndarray]) -> Staged:
        """Return the rows for the compiled program, after ``arrange`` has padded them or divided them into chunks."""

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements of the array."""
        return int(np.prod(self.shape))


class RowsWithTargets(ABC):
    """Inputs that come with their targets, such as windows over a series; ``fit`` takes both from it.

    Attributes:
        x: The inputs.
        y: The targets, ``(rows, ...)``; None for inputs of ``predict``.
    """

    x: Gathered
    y: np.ndarray | None


class Staged(ABC):
    """Rows in the compiled program: a pytree of arrays from which batches are gathered."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""

    @abstractmethod
    def take(self, numbers: Array | np.ndarray | int) -> jax.Array:
        """Return the rows with these indices along the first axis; runs inside the compiled program."""

    @abstractmethod
    def identity(self, rows: int) -> tuple[str | np.ndarray | jax.Array, ...]:
        """Return what identifies the first ``rows`` rows."""
