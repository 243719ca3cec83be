"""Batches of new rows and stored ones: a source of training data for the compiled loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import numpy as np

from ..model.base import BaseModel
from ..model.inputs import Examples, HostArrays
from ..model.options import BATCH_SIZE, Options
from ..model.training_data import GivenData, TrainingData
from ..training.batches import Planner, training_rows
from ..training.rows import Plan, Rows
from ..training.source import Source
from ..typing import AnyArray, Int


class ReplaySource(Planner, Source):
    """Batches that begin with stored rows, drawn at random, and go on with new ones, each once in an epoch.

    Which rows are drawn depends only on the seed and the number of the epoch, as the order of the new ones does.

    Args:
        data: All rows, new ones first, as :func:`~plastica.training.batches.training_rows` returns them.
        new: The number of new rows.
        stored: The number of stored rows.
        batch_size: The number of new rows in a batch.
        replayed: The number of stored rows in a batch.
        seed, first_epoch: As for :class:`~plastica.training.batches.Planner`.
    """

    def __init__(
        self, data: Rows, new: int, stored: int, batch_size: int, replayed: int, seed: int, first_epoch: int
    ) -> None:
        super().__init__(new, batch_size, seed, True, first_epoch)
        self.data, self.stored, self.replayed = data, stored, replayed
        self._mixed_for, self._mixed = range(0), np.zeros((0, 0, 0), np.int32)

    def plan(self, start: int, stop: int) -> Plan:
        """Return the plan of the new rows, with stored ones before them."""
        plan = super().plan(start, stop)
        epochs = range(start // self.batches, (stop - 1) // self.batches + 1)
        if self._mixed_for != epochs:
            self._mixed_for, self._mixed = epochs, self._with_stored(np.asarray(plan.table), epochs)
        return plan._replace(table=self._mixed, real=np.asarray(plan.real) + np.int32(self.replayed))

    def rows_at(self, step: int) -> Rows:
        """Return all rows."""
        return self.data

    def identity(self) -> Iterator[str | AnyArray]:
        """Yield the rows without padding, and how they are mixed."""
        yield f"replay {self.rows} {self.stored} {self.replayed}"
        for part in (self.data.x, self.data.y):
            yield part[: self.rows + self.stored]

    def _with_stored(self, table: Int[np.ndarray, "epochs batches size"], epochs: range) -> Int[np.ndarray, "e b s"]:
        drawn = np.zeros((*table.shape[:2], self.replayed), np.int32)
        for place, epoch in enumerate(epochs):
            rng = np.random.default_rng([self.seed, self.first_epoch + epoch, 1])
            drawn[place] = rng.integers(self.rows, self.rows + self.stored, drawn.shape[1:])
        return np.concatenate([drawn, table], -1)


@final
class RehearsedRows(TrainingData):
    """New and stored rows as ``fit`` takes them; :func:`~plastica.continual.training.learn` makes them."""

    def __init__(self, model: BaseModel, examples: Examples, new: int) -> None:
        self.model, self._examples, self.new = model, examples, new

    @classmethod
    def takes(cls, x: object) -> bool:
        """Return that users do not give these."""
        return False

    @classmethod
    def checked(cls, model: BaseModel, given: GivenData, options: Options) -> tuple[TrainingData, Examples | None]:
        """Never called, since users do not give these."""
        raise NotImplementedError

    @property
    def examples(self) -> Examples:
        return self._examples

    def some_rows(self) -> tuple[HostArrays, HostArrays]:
        return self._examples.x, self._examples.y

    def source(self, options: Options) -> Source:
        model, new = self.model, self.new
        size = min(options.batch_size or BATCH_SIZE, new)
        rows = training_rows(*self._examples[:3])
        return ReplaySource(rows, new, self._examples.rows - new, size, size, model.seed, model.epochs_trained)

    def require_order(self, shuffle: bool) -> None:
        """Do nothing: :func:`~plastica.continual.training.learn` refuses stateful networks."""
