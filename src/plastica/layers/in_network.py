"""What layers say about their place in a network: what they read, what they give, and the shapes and types of both."""

from __future__ import annotations

from typing import final

import jax
import jax.numpy as jnp
import numpy as np

from ..random import Shape
from ..typing import AnyShape, PyTree
from .records import CallGraph, Variables


class InNetwork:
    """The part of a layer that is about its inputs and outputs, before there are weights.

    Shapes are those of one input, without the batch axis.
    """

    input_shape: tuple[int | None, ...] | None
    input_dim: int | None

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        """Create the initial parameters and state for inputs of ``shape`` (without the batch axis).

        Raises:
            ShapeError: If the layer does not accept such inputs.
        """
        self.output_shape(shape)
        return Variables({}, {})

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for inputs of ``shape``, both without the batch axis.

        Raises:
            ShapeError: If the layer does not accept such inputs.
        """
        return shape

    @property
    def declared_shape(self) -> AnyShape:
        """The declared shape of one input; None for sizes that vary, and if nothing is declared."""
        if self.input_shape is not None:
            return tuple(self.input_shape)
        return None if self.input_dim is None else (self.input_dim,)

    @property
    def declared_batch(self) -> int | None:
        """The number of rows of every batch, if the first layer declares it; see ``Input``."""
        return None

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs, if there are several."""
        return ()

    @property
    def reads(self) -> int | None:
        """How many inputs the layer reads; None for two or more, as in a sum."""
        return 1

    @property
    def reads_parts(self) -> bool:
        """Whether the layer reads all outputs of a layer that has several."""
        return False

    def accepts(self, inputs: int) -> bool:
        """Whether the layer can read so many inputs."""
        return inputs > 1 if self.reads is None else inputs == self.reads

    @property
    def num_outputs(self) -> int:
        """How many outputs a call of the layer gives as nodes of a graph."""
        return 1

    @property
    def call_graph(self) -> CallGraph | None:
        """How the layers inside read each other, if a model may be built from their outputs; None for other layers."""
        return None

    @property
    def takes_integers(self) -> bool | tuple[bool, ...]:
        """Whether inputs are numbers of items and stay integers; with several inputs, for each of them.

        Otherwise integers and half floats become float32 before they reach the layer.
        """
        return False

    @final
    def cast_inputs(self, x: PyTree) -> PyTree:
        """Return inputs ``(batch, ...)``, an array or several, in the types that the layer computes with."""
        kept = self.takes_integers
        if isinstance(kept, tuple):
            return tuple(_cast(part, own) for part, own in zip(x, kept, strict=True))
        return _cast(x, kept)


def as_float(array: jax.Array) -> jax.Array:
    """Return an array of floats of at least 32 bits; what is already one is returned as it is."""
    wide = jnp.issubdtype(array.dtype, jnp.floating) and array.dtype.itemsize >= 4
    return array if wide else array.astype(jnp.float32)


def _cast(array: jax.Array, keep_integers: bool) -> jax.Array:
    return array if keep_integers and jnp.issubdtype(array.dtype, jnp.integer) else as_float(array)
