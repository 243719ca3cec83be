"""Encoded examples in blocks, for data larger than memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

Block = tuple[np.ndarray, np.ndarray, np.ndarray | None]  # inputs, targets, the weight of each row or None


class Blocks(ABC):
    """Examples in blocks of rows, for ``Sequential.fit(x=blocks)``; write a subclass for your own data.

    Each epoch reads every block once, in random order; several blocks form a window, in which the rows are shuffled.
    A block should therefore be small compared with the available memory, and large compared with a batch: a few
    megabytes. Blocks are read in a separate thread during training.

    Example:
        >>> class Squares(Blocks):
        ...     @property
        ...     def sizes(self):
        ...         return [1000] * 5
        ...
        ...     @property
        ...     def digest(self):
        ...         return "squares from 0 to 5"
        ...
        ...     def read(self, block):
        ...         x = np.linspace(block, block + 1, 1000, dtype=np.float32)[:, None]
        ...         return x, x**2, None
        >>> Squares().rows
        5000
    """

    @property
    @abstractmethod
    def sizes(self) -> Sequence[int]:
        """The number of rows of each block."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """A text that identifies these examples, so that a run is resumed with the same data."""

    @abstractmethod
    def read(self, block: int) -> Block:
        """Return the inputs ``(rows, ...)``, targets ``(rows, ...)`` and weights ``(rows,)`` or None of a block."""

    @property
    def rows(self) -> int:
        """The number of rows in all blocks."""
        return sum(self.sizes)
