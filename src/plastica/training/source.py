"""Source: where a run's batches come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from ..typing import AnyArray
from .rows import Plan, Rows
from .share import MOST_COUNTED


class Source(ABC):
    """Training data as a run asks for it: how long an epoch is, which rows make a batch, and the rows themselves.

    A run counts its steps from 0. A source hands out the data in stretches: rows that are in memory together, and a
    plan that says which of them make which batch. Arrays are one stretch; blocks on disk are one stretch a window.
    Which rows make step 1000 must not depend on how the run got there, so that a run which is cut, watched or resumed
    is the same run.

    Attributes:
        seed: The run's seed.
        shuffle: Whether each epoch has an order of its own.
        first_epoch: How many epochs the network was trained before this run.
        size: Rows in a batch.
        rows: Rows in an epoch; 0 if that is not known.
        batches: Batches in an epoch. A source that learns it on the way has a number beyond all until then.
        sampling: The relative probability of each row to be drawn; None if the rows are not drawn.
    """

    seed: int
    shuffle: bool
    first_epoch: int
    size: int
    rows: int
    batches: int
    sampling: np.ndarray | None = None

    @property
    def steps_known(self) -> int:
        """Batches in an epoch; 0 as long as that is not known."""
        return self.batches if self.batches < MOST_COUNTED else 0

    @abstractmethod
    def plan(self, start: int, stop: int) -> Plan:
        """Return which rows make the batches of steps ``start`` to ``stop``, within one stretch."""

    @abstractmethod
    def rows_at(self, step: int) -> Rows:
        """Return the rows that the plans from ``step`` speak of."""

    def prepare(self, start: int, stop: int) -> None:
        """Get ready for steps ``start`` to ``stop``, which come next, while a program computes."""
        return

    @abstractmethod
    def farthest(self, start: int) -> int:
        """Return the last step that one plan from ``start`` can reach: the end of its stretch."""

    def position(self, start: int, epoch: int, batch: int) -> int:
        """Return the run's step at which a plan from ``start`` stands, from the epoch and batch in the plan."""
        return (start // self.batches + epoch) * self.batches + batch

    @abstractmethod
    def identity(self) -> Iterator[str | AnyArray]:
        """Yield what tells these data from others, so that a run is resumed with its own."""

    def close(self) -> None:
        """Read no further."""
        return
