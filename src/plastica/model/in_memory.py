"""Training data in memory: arrays, frames, and windows gathered from an array."""

from __future__ import annotations

from typing import final

from ..errors import InvalidValue
from ..training.batches import Arrays, training_rows
from ..training.source import Source
from .base import BaseModel
from .class_weights import weighed
from .examples import take
from .inputs import Examples, HostArrays, sample_rows, split_off
from .options import BATCH_SIZE, Options, refuse_steps_per_epoch
from .remembering import rows_a_batch
from .training_data import GivenData, TrainingData
from .validation import validation_rows


@final
class InMemory(TrainingData):
    """Rows in memory; the last of :data:`KINDS`, since whatever is no array is refused as one."""

    def __init__(self, model: BaseModel, examples: Examples) -> None:
        self.model, self._examples = model, examples

    @classmethod
    def takes(cls, x: object) -> bool:
        """Return that anything may be rows."""
        return True

    @classmethod
    def checked(cls, model: BaseModel, given: GivenData, options: Options) -> tuple[InMemory, Examples | None]:
        """Check the rows, and split off those of the validation if necessary."""
        refuse_steps_per_epoch(options)
        learn = take(model, given.x, given.y, given.sample_weight, compact=True)
        learn, held_out = sample_rows(learn, given.sampling), validation_rows(model, given.validation_data, options)
        if held_out is None and given.validation_split:
            learn, held_out = split_off(learn, given.validation_split)
        if learn.sampling is not None and not learn.sampling.any():
            raise InvalidValue("sampling is 0 for all training rows; at least one must be above 0.")
        # Class weights come last: they are those of the classes among the rows that are trained on.
        return cls(model, weighed(model, learn, given.class_weight)), held_out

    @property
    def examples(self) -> Examples:
        return self._examples

    def some_rows(self) -> tuple[HostArrays, HostArrays]:
        return self._examples.x, self._examples.y

    def source(self, options: Options) -> Source:
        model, rows = self.model, self._examples.rows
        batch_size = rows_a_batch(model.network, options.batch_size, BATCH_SIZE)
        batch_size = rows if model.program.full_batch and options.batch_size is None else batch_size
        data, sampling = training_rows(*self._examples[:3]), self._examples.sampling
        return Arrays(data, rows, batch_size, model.seed, options.shuffle, model.epochs_trained, sampling)

    def require_order(self, shuffle: bool) -> None:
        if shuffle:
            raise InvalidValue(
                "fit(shuffle=True): this network is stateful, and row i of a batch goes on where row i of the last one "
                "ended, so that rows must keep their order. Pass shuffle=False."
            )
