"""Layers without weights that compute with arrays when they are called with them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from .. import random
from ..data.arrays import to_array
from ..errors import InvalidValue
from .layer import Context, Layer
from .node import Node, NodeLike

CALLS = "_calls"  # where an object counts its calls with arrays, beside its fields


class OnArrays(Layer):
    """Base class of layers that are called with nodes of a graph, as all are, or with an array, as in Keras."""

    def __call__(self, *inputs: object) -> Any:
        """Return the output as a node of a graph; for an array ``(rows, ...)``, the output itself.

        Raises:
            InvalidValue: If there are several arrays.
        """
        if is_for_graph(inputs):
            return super().__call__(*cast("tuple[NodeLike, ...]", inputs))
        return self.of_array(to_array(the_one(self, inputs), "inputs"))

    def of_array(self, x: np.ndarray) -> np.ndarray:
        """Return the output for an array, as in prediction."""
        self.output_shape(x.shape[1:])
        return np.asarray(self.apply({}, self.cast_inputs(x), {})[0])


class RandomOnArrays(OnArrays):
    """Base class of random layers, which change arrays too when they are called with them."""

    seed: int | None

    def __call__(self, *inputs: object, training: bool = True) -> Any:
        """Return the output as a node of a graph; for an array ``(rows, ...)``, the output itself.

        Args:
            inputs: A node or an array.
            training: Whether an array is changed; True by default, as in Keras. Every call makes other changes, the
                same ones for a new layer. In a model, training alone decides.
        """
        if is_for_graph(inputs) or not training:
            return super().__call__(*cast("tuple[NodeLike, ...]", inputs))
        x = to_array(the_one(self, inputs), "inputs")
        self.output_shape(x.shape[1:])
        calls = self.__dict__.get(CALLS, 0)
        object.__setattr__(self, CALLS, calls + 1)
        context = Context(training=True, key=random.fold(random.seed_key(0), calls))
        return np.asarray(self.apply({}, self.cast_inputs(x), {}, context)[0])


def is_for_graph(inputs: tuple[object, ...]) -> bool:
    """Return whether a layer is called with nodes of a graph, or inputs of one."""
    flat = [part for each in inputs for part in (each if isinstance(each, list | tuple) else (each,))]
    return not inputs or any(isinstance(each, Node | Layer) for each in flat)


def the_one(layer: Layer, inputs: tuple[object, ...]) -> object:
    """Return the one input of a layer that reads one.

    Raises:
        InvalidValue: If there are others.
    """
    if len(inputs) != 1:
        raise InvalidValue(f"{type(layer).__name__}(...) was called with {len(inputs)} inputs; it reads one.")
    return inputs[0]
