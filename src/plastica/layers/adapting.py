"""Layers that compute quantities from data before training, with the method ``adapt`` of Keras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np

from ..data.arrays import to_array
from ..errors import DataError, NotFitted
from ..random import Shape
from ..typing import State
from .on_arrays import OnArrays
from .records import Variables

FOUND = "_found"  # where an object keeps what it found in data, beside its fields


class Adaptive(OnArrays):
    """Base class of layers whose state is computed from data: means, quantiles.

    The layer is a value and does not change: ``adapt`` notes what it found on this object, and networks that are built
    from the object begin with it. If a layer has seen no data, ``fit`` computes it from the training rows.
    The state has an entry ``count``, the number of rows; 0 before any data.
    """

    def adapt(self, data: object) -> None:
        """Compute what the layer needs from data, as in Keras.

        Args:
            data: Inputs, ``(rows, ...)``, or an iterable of such batches.

        Raises:
            DataError: If there are no rows, or they contain text or NaN.
        """
        object.__setattr__(self, FOUND, self.found_in(batches_of(data)))

    @property
    def noted(self) -> State | None:
        """The state that :meth:`adapt` found; None before."""
        return self.__dict__.get(FOUND)

    def found_in(self, batches: Iterator[np.ndarray]) -> State:
        """Return the state for data, batch by batch."""
        raise NotImplementedError

    def fresh(self, rng: np.random.Generator, shape: Shape) -> State:
        """Return the state before any data; made by initializers, which a file that claims a huge shape cannot fill."""
        raise NotImplementedError

    def is_adapted(self, state: State) -> bool:
        """Return whether a state comes from data."""
        return bool(np.asarray(state["count"]) > 0)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        return Variables({}, dict(self.noted) if self.noted is not None else self.fresh(rng, shape))

    def adapted(self, x: np.ndarray, state: State) -> State:
        return self.found_in(iter([np.asarray(x)]))

    def of_array(self, x: np.ndarray) -> np.ndarray:
        """Return the output for an array.

        Raises:
            NotFitted: If the layer has seen no data.
        """
        params, state = self.init(np.random.default_rng(0), x.shape[1:])
        if state and not self.is_adapted(state):
            raise NotFitted(f"{self!r} has not been adapted to data: call adapt(x) first.")
        return np.asarray(self.apply(params, self.cast_inputs(x), state)[0])


def batches_of(data: object) -> Iterator[np.ndarray]:
    """Yield the batches of data as arrays.

    Raises:
        DataError: If there are no rows.
    """
    several = isinstance(data, Iterable) and not hasattr(data, "dtype") and not hasattr(data, "columns")
    if several and isinstance(data, list | tuple):
        several = bool(data) and all(getattr(part, "ndim", 0) > 0 for part in data)
    found = False
    for number, batch in enumerate(cast("Iterable[object]", data) if several else (data,)):
        rows = batch[0] if several and isinstance(batch, tuple) else batch  # of (x, y), the inputs
        array = to_array(rows, f"batch {number} of data" if several else "data")
        if array.ndim and len(array):
            found = True
            yield array
    if not found:
        raise DataError("adapt(): expected at least one row, got none.")
