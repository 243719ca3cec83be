"""Shapes of inputs and outputs, as ``build`` takes them and as a model shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from ..errors import InvalidValue, ShapeError
from ..layers import lengths
from ..layers.layer import Shape
from ..layers.lengths import OpenShape
from ..typing import AnyShape


def shape_to_build(given: object, stated: Shape | None) -> Shape:
    """Return the shape of one input, or of several, without the batch axis, from the argument of ``build``.

    Args:
        given: The argument; None for what the network declares.
        stated: What the network declares, if anything.

    Raises:
        InvalidValue: If there is no shape, or a size is not a whole number of at least 1.
        ShapeError: If the two disagree.
    """
    shape: AnyShape = stated if given is None else given
    if not isinstance(shape, Sequence):
        told = "" if shape is None else f"; got {shape!r}"
        raise InvalidValue(f"build() needs the shape of one input, such as build((None, 784)){told}.")
    several = bool(shape) and all(isinstance(each, tuple | list) for each in shape)
    found: AnyShape = tuple(map(_sizes, shape)) if several else _sizes(shape)
    if shape is stated or (stated is not None and lengths.without_lists(shape) == stated):
        found = stated  # an open size may come first there, with no batch axis before it
    if stated is not None and found != stated:
        raise ShapeError(f"build({shape}): the network declares inputs of shape {stated}; the two must agree.")
    return found


def is_several(shape: OpenShape | None) -> bool:
    """Return whether a shape is a tuple of shapes, one for each input or output."""
    return bool(shape) and isinstance(shape[0], tuple)


def with_batch(shape: AnyShape) -> AnyShape:
    """Return a shape, or each of several, with None for the batch axis."""
    return tuple((None, *each) for each in shape) if is_several(shape) else (None, *shape)


def _sizes(given: Sequence[object]) -> tuple[int | None, ...]:
    """Return the shape of one input without the batch axis, checked; None for sizes that vary."""
    given = tuple(given)
    if given and given[0] is None:
        given = given[1:]
    if any(size is not None and not isinstance(size, int | np.integer) for size in given):
        raise InvalidValue(f"build({given}): every size must be a whole number, as in build((None, 784)).")
    shape = tuple(None if size is None else int(cast("int", size)) for size in given)
    if any(size is not None and size < 1 for size in shape):
        raise InvalidValue(f"build({given}): every size must be at least 1.")
    return shape
