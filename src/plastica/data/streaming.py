"""Encoded examples that come block by block, because all of them together do not fit in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

Block = tuple[np.ndarray, np.ndarray, np.ndarray | None]  # inputs, targets, the weight of each row or None


class Blocks(ABC):
    """Examples in blocks of rows, for ``Sequential.fit(x=blocks)``; subclass it for data of one's own.

    Each epoch reads every block once, in an order that the seed gives; several blocks make a window, in which
    the rows are shuffled. A block should therefore be small beside the memory there is, and large beside a batch:
    some megabytes. Blocks are read in a thread of their own while the network trains.

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
        """What tells these examples from others, so that a run is resumed with its own."""

    @abstractmethod
    def read(self, block: int) -> Block:
        """Return a block's inputs ``(rows, ...)``, targets ``(rows, ...)`` and weights ``(rows,)`` or None."""

    @property
    def rows(self) -> int:
        """Rows in all blocks."""
        return sum(self.sizes)
