"""Shapes with sizes that are not known, such as the length of a sequence: None stands for any size.

Layers compute with whole numbers only. What they answer for two trial sizes tells which sizes of the answer depend on
the unknown ones, and whether their weights do.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias, cast

import jax
import numpy as np

from ..errors import ShapeError
from ..initializers import Undrawn
from ..random import Shape
from ..typing import AnyShape
from .in_network import InNetwork
from .records import Variables

# A shape in which None stands for sizes that are not known, or shapes of several inputs or outputs.
OpenShape: TypeAlias = "tuple[int | OpenShape | None, ...]"

# Large enough for stacks of convolutions and pools, and different after every pool that divides them.
TRIALS = (240, 480)
_NO_LIMIT = 1 << 62


class Composed(Protocol):
    """What is asked of a layer about the layers inside."""

    def child_shapes(self, shape: Shape, /) -> tuple[Shape | None, ...]: ...


def is_open(shape: object) -> bool:
    """Return whether a shape, or one of a tuple of shapes, has a size that is not known."""
    return shape is None or (isinstance(shape, tuple) and any(map(is_open, shape)))


def fits(shape: tuple[int, ...], declared: tuple[int | None, ...]) -> bool:
    """Return whether sizes are those declared, where None stands for any."""
    return len(shape) == len(declared) and all(
        wanted in (None, size) for size, wanted in zip(shape, declared, strict=True)
    )


def without_lists(shape: AnyShape) -> AnyShape:
    """Return a shape, or several, as tuples."""
    return tuple(map(without_lists, shape)) if isinstance(shape, tuple | list) else shape


def output_shape(layer: InNetwork, shape: OpenShape) -> AnyShape:
    """Return the output shape of a layer, with None for sizes that depend on unknown ones of ``shape``.

    Example:
        >>> from plastica.layers import LSTM, Conv1D, Sequential
        >>> output_shape(Sequential([Conv1D(4, 3), LSTM(8, return_sequences=True)]), (None, 2))
        (None, 8)
    """
    if not is_open(shape):
        return layer.output_shape(cast("Shape", shape))
    # Layers compute with whole numbers; a size that differs between two trials depends on the open one.
    return _common(*(layer.output_shape(_at(shape, size)) for size in TRIALS))


def child_shapes(layer: Composed, shape: OpenShape) -> tuple[AnyShape, ...]:
    """Return the input shape of each layer inside, likewise."""
    if not is_open(shape):
        return layer.child_shapes(cast("Shape", shape))
    found = zip(*(layer.child_shapes(_at(shape, size)) for size in TRIALS), strict=True)
    return tuple(None if None in pair else _common(*pair) for pair in found)


def sized(shape: OpenShape) -> AnyShape:
    """Return a shape with some size in place of each that is not known."""
    return _at(shape, TRIALS[0])


def init(layer: InNetwork, rng: np.random.Generator, shape: OpenShape) -> Variables:
    """Return the initial parameters and state of a layer for inputs with sizes that are not known.

    Raises:
        ShapeError: If the weights depend on such a size.
    """
    if not is_open(shape):
        return layer.init(rng, cast("Shape", shape))
    if isinstance(rng, Undrawn):  # weights from a file, which are compared with their shapes
        return layer.init(rng, sized(shape))
    # Weights are created twice without drawing numbers: they may not depend on the open size.
    small, large = (layer.init(Undrawn(_NO_LIMIT), _at(shape, size)) for size in TRIALS)
    same = jax.tree.map(lambda one, other: np.shape(one) == np.shape(other), small, large)
    if not all(jax.tree.leaves(same)):
        raise ShapeError(
            f"inputs of shape {shape}: the weights depend on a size that is left open. State it, or put a layer before "
            "the weights that answers any length alike, such as GlobalAveragePooling1D() or LSTM(32)."
        )
    return layer.init(rng, sized(shape))


def _at(shape: OpenShape, size: int) -> AnyShape:
    return tuple(size if part is None else _at(part, size) if isinstance(part, tuple) else part for part in shape)


def _common(one: AnyShape, other: AnyShape) -> AnyShape:
    if isinstance(one, tuple):
        return tuple(_common(*pair) for pair in zip(one, other, strict=True))
    return one if one == other else None
