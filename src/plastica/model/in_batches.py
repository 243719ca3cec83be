"""Training data in batches, from a generator or a data loader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast, final

import jax
import numpy as np

from ..errors import InvalidValue, PlasticaError, ShapeError
from ..training.stream import BatchArrays, Stream
from ..typing import PyTree
from .base import BaseModel
from .class_weights import weighed
from .examples import take
from .in_blocks import conformed
from .inputs import Examples, HostArrays
from .iterators import gives_batches, refuse_beside_batches, unpacked
from .options import Options
from .remembering import checked
from .training_data import GivenData, TrainingData
from .validation import validation_rows


@final
class InBatches(TrainingData):
    """Batches ``(x, y)`` or ``(x, y, sample_weight)`` from an iterator, checked against a network.

    Args:
        model: The model; it is built by the first batch if necessary.
        batches: The iterator of batches.
        options: The options of ``fit``.
        class_weight: The weight of each class, by its number.

    Raises:
        InvalidValue: If the optimizer needs all rows at once, or the run could not be resumed as ``checkpoint`` asks.
    """

    def __init__(
        self, model: BaseModel, batches: Iterable[object], options: Options, class_weight: Mapping[int, float] | None
    ) -> None:
        if model.optimizer.full_batch:
            raise InvalidValue(
                f"{type(model.optimizer).__name__} uses all rows in each step, which is not possible with a generator. "
                "Choose another optimizer, such as adam."
            )
        if options.checkpoint is not None:
            _require_rewinding(batches, options.steps_per_epoch)
        self.model, self.class_weight, self._types = model, class_weight, None
        epochs = max(0, options.epochs - options.initial_epoch)
        self.stream = Stream(batches, options.steps_per_epoch, epochs, model.seed, model.epochs_trained)
        try:
            first = self._taken(0, self.stream.first())
            self.x, self.y = first.x, first.y
            # Only now, since the network is built by the first batch and tells whether it is stateful.
            self.stream.begin(first[:3], checked(model.network, self._converted))
        except BaseException:
            self.stream.close()
            raise

    @classmethod
    def takes(cls, x: object) -> bool:
        """Return whether this is a generator or a data loader."""
        return gives_batches(x)

    @classmethod
    def checked(cls, model: BaseModel, given: GivenData, options: Options) -> tuple[InBatches, Examples | None]:
        """Check the first batch; the others are checked as they come."""
        beside = {"y": given.y, "sample_weight": given.sample_weight, "sampling": given.sampling}
        refuse_beside_batches({**beside, "batch_size": options.batch_size}, given.validation_split)
        batches = cls(model, cast("Iterable[object]", given.x), options, given.class_weight)
        return batches, validation_rows(model, given.validation_data, options)

    def some_rows(self) -> tuple[HostArrays, HostArrays]:
        """Return the inputs and targets of the first batch."""
        return self.x, self.y

    def source(self, options: Options) -> Stream:
        """Return the source of a run."""
        return self.stream

    def require_order(self, shuffle: bool) -> None:
        """Take batches as they come: in which order is for the generator to say."""

    def _taken(self, number: int, item: object) -> Examples:
        found = take(self.model, *unpacked(self.model, item, number), owner=f"batch {number}'s ", compact=True)
        return self._conformed(weighed(self.model, found, self.class_weight), number)

    def _conformed(self, examples: Examples, number: int) -> Examples:
        own = examples[:3]
        # The types of batch 0 are compiled in; another type later would compile a second program without a word.
        if self._types is None:
            self._types = jax.tree.map(lambda part: part.dtype, own)
        if jax.tree.structure(own) != jax.tree.structure(self._types):
            raise ShapeError(f"only one of batch {number} and batch 0 has weights; give weights in all or in none.")
        return Examples(*conformed(own, self._types, f"batch {number}", "batch 0"))

    def _converted(self, first: int, items: Sequence[object]) -> list[BatchArrays]:
        """Return batches as arrays. All are checked together, and one by one only to find an invalid one."""
        try:
            # A stretch is checked in one go, since checks of many small batches would take longer than their steps.
            rows = [unpacked(self.model, item, first + place) for place, item in enumerate(items)]
            joined = take(self.model, *_joined(rows), owner=f"batch {first}'s ", compact=True)
            found = self._conformed(weighed(self.model, joined, self.class_weight), first)
            ends = np.cumsum([len(jax.tree.leaves(batch[0])[0]) for batch in rows]).tolist()
        # One batch among them is invalid: converted one by one, the error names it.
        except (PlasticaError, ValueError, TypeError):
            return [self._taken(first + place, item)[:3] for place, item in enumerate(items)]
        cuts = [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]
        return [jax.tree.map(lambda part, cut=cut: part[cut], found[:3]) for cut in cuts]


def _require_rewinding(batches: Iterable[object], steps: int | None) -> None:
    if isinstance(batches, Iterator):
        raise InvalidValue(
            "fit(generator, checkpoint=...): a generator cannot be read again from its beginning, so such a run could "
            "not be resumed. Give an object that can be iterated again, such as a data loader with a fixed order."
        )
    if steps is None and not hasattr(batches, "__len__"):
        raise InvalidValue("fit(x, checkpoint=...): give steps_per_epoch=, since x has no len().")


def _joined(batches: Sequence[PyTree]) -> PyTree:
    """Return the rows of several batches behind one another.

    Raises:
        ValueError: If their parts differ in type or shape.
    """

    def join(*parts: object) -> np.ndarray:
        arrays = [np.asarray(part) for part in parts]
        if len({array.dtype for array in arrays}) > 1:
            raise ValueError("batches of several types")
        return np.concatenate(arrays)

    return jax.tree.map(join, *batches, is_leaf=lambda part: hasattr(part, "__array__"))
