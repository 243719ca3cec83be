"""Layers that merge several inputs into one output: sums, products, extremes, concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import cast

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..typing import AnyShape, ArrayTree, Mask
from .in_time import any_real
from .layer import Context, Layer, Params, Shape, State


class Merge(Layer):
    """Base of the layers that read several inputs, a tuple of arrays ``(batch, ...)``."""

    @property
    def reads(self) -> int | None:
        return None

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        """Return the inputs as one array."""
        raise NotImplementedError

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[jax.Array, State]:
        return self.merge(tuple(x)), state

    def mask_of(self, x: ArrayTree | None, mask: Mask) -> Mask:
        return any_real(cast("tuple[Mask, ...]", mask)) if self.stepwise and mask is not None else None


class Elementwise(Merge):
    """Base of the layers that merge inputs of one shape element by element; axes of size 1 are broadcast."""

    @property
    def stepwise(self) -> bool:
        return True

    def output_shape(self, shape: Shape) -> Shape:
        shapes: tuple[Shape, ...] = tuple(map(tuple, shape))  # pyright: ignore[reportArgumentType]
        ranks = {len(each) for each in shapes}
        sizes = [{size for size in axis if size != 1} for axis in zip(*shapes, strict=False)]
        if len(ranks) > 1 or any(len(axis) > 1 for axis in sizes):
            raise ShapeError(
                f"{type(self).__name__}: got inputs of shapes {', '.join(map(str, shapes))}; they must have the same "
                "shape, or size 1 along an axis."
            )
        return tuple(max(axis, default=1) for axis in sizes)


@declaration
class Add(Elementwise):
    """The sum of all inputs, element by element.

    When to use: to end the short cut of a residual block.

    Shapes:
        Several ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.

    Example:
        >>> from plastica.layers import Dense, Input
        >>> x = Input((4,))
        >>> Add()([x, Dense(4)(x)]).shape
        (None, 4)
    """

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return reduce(jnp.add, inputs)


@declaration
class Subtract(Elementwise):
    """The first input minus the second, element by element.

    Shapes:
        Two ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ, or there are not two inputs.
    """

    def output_shape(self, shape: Shape) -> Shape:
        _require_two(self, shape)
        return super().output_shape(shape)

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return inputs[0] - inputs[1]


@declaration
class Multiply(Elementwise):
    """The product of all inputs, element by element: gates and attention weights.

    Shapes:
        Several ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return reduce(jnp.multiply, inputs)


@declaration
class Average(Elementwise):
    """The mean of all inputs, element by element.

    Shapes:
        Several ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return reduce(jnp.add, inputs) / len(inputs)


@declaration
class Maximum(Elementwise):
    """The largest of all inputs, element by element.

    Shapes:
        Several ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return reduce(jnp.maximum, inputs)


@declaration
class Minimum(Elementwise):
    """The smallest of all inputs, element by element.

    Shapes:
        Several ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return reduce(jnp.minimum, inputs)


@declaration
class Concatenate(Merge):
    """All inputs side by side along an axis.

    For a layer that holds its branches, see :class:`~plastica.layers.Branches`.

    Args:
        axis: The axis along which the inputs are joined; the last by default, as in Keras. The batch is axis 0.

    Shapes:
        Several ``(batch, ..., n)`` to ``(batch, ..., sum of n)``.

    Raises:
        InvalidValue: If ``axis`` is 0, the batch.
        ShapeError: If the shapes differ elsewhere than along ``axis``.

    Example:
        >>> from plastica.layers import Dense, Input
        >>> x = Input((4,))
        >>> Concatenate()([x, Dense(3)(x)]).shape
        (None, 7)
    """

    axis: int = -1

    @property
    def stepwise(self) -> bool:
        return self.axis == -1

    def __post_init__(self) -> None:
        if isinstance(self.axis, list | tuple):
            raise InvalidValue(
                f"Concatenate(axis={self.axis!r}): the axis is a whole number; nodes are given in a call, as in "
                "Concatenate()([a, b]). For layers that all read the same input, use Branches([...])."
            )
        if self.axis == 0:
            raise InvalidValue("Concatenate(axis=0): axis 0 is the batch; give another axis.")

    def mask_of(self, x: ArrayTree | None, mask: Mask) -> Mask:
        if self.axis != 1 or mask is None:
            return super().mask_of(x, mask)
        if x is None and any(part is None for part in mask):
            raise InvalidValue(
                "Concatenate(axis=1): an input behind layers that compute has no mask and another has one, so that the "
                "loss cannot tell their steps apart. Put Masking() at the beginning of each."
            )
        inputs = mask if x is None else x
        pairs = zip(inputs, mask, strict=True)
        masks = [jnp.ones(own.shape[:2], bool) if part is None else part for own, part in pairs]
        return jnp.concatenate(masks, 1)

    def output_shape(self, shape: Shape) -> Shape:
        shapes: list[tuple[int, ...]] = [tuple(each) for each in shape]  # pyright: ignore[reportArgumentType]
        axis = self.axis - 1 if self.axis > 0 else self.axis
        rank = len(shapes[0])
        fits = -rank <= axis < rank and all(len(each) == rank for each in shapes)
        rest = {tuple(size for place, size in enumerate(each) if place != axis % rank) for each in shapes if fits}
        if len(rest) != 1:
            raise ShapeError(
                f"Concatenate(axis={self.axis}): got inputs of shapes {', '.join(map(str, shapes))}; they may differ "
                "along this axis only."
            )
        joined = list(shapes[0])
        joined[axis] = sum(each[axis] for each in shapes)
        return tuple(joined)

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        return jnp.concatenate(inputs, self.axis)


@declaration
class Dot(Merge):
    """The dot product of two inputs along an axis of each.

    When to use: to score how well two embeddings match.

    Args:
        axes: The axis of the sum, or one for each input; the batch is axis 0. Negative ones count from the end.
        normalize: Whether each input is divided by its length along the axis first, which gives the cosine.

    Shapes:
        ``(batch, n)`` and ``(batch, n)`` to ``(batch, 1)``; ``(batch, a, n)`` and ``(batch, b, n)`` to ``(batch, a,
        b)`` along axis 2.

    Raises:
        InvalidValue: If an axis is the batch.
        ShapeError: If there are not two inputs, or their sizes along the axes differ.

    Example:
        >>> from plastica.layers import Input
        >>> Dot(axes=1)([Input((4,)), Input((4,))]).shape
        (None, 1)
    """

    axes: int | tuple[int, int]
    normalize: bool = False

    def __post_init__(self) -> None:
        if 0 in self._both or len(self._both) != 2:
            raise InvalidValue(
                f"Dot(axes={self.axes}): give one axis, or one for each of two inputs, but not 0, which is the batch."
            )

    @property
    def _both(self) -> tuple[int, int]:
        return self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)

    def _places(self, shapes: Sequence[Shape]) -> list[int]:
        return [axis % (len(shape) + 1) for axis, shape in zip(self._both, shapes, strict=True)]

    def output_shape(self, shape: Shape) -> Shape:
        _require_two(self, shape)
        shapes: AnyShape = shape
        one, other = map(tuple, shapes)
        places = self._places((one, other))
        fits = all(0 < place <= len(each) for place, each in zip(places, (one, other), strict=True))
        if not fits or one[places[0] - 1] != other[places[1] - 1]:
            raise ShapeError(f"Dot(axes={self.axes}): got inputs of shapes {one} and {other}, which do not fit there.")
        left = [size for place, size in enumerate(one, 1) if place != places[0]]
        right = [size for place, size in enumerate(other, 1) if place != places[1]]
        return (*left, *right) or (1,)

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        places = self._places([each.shape[1:] for each in inputs])
        if self.normalize:
            inputs = tuple(_unit(each, place) for each, place in zip(inputs, places, strict=True))
        # The axis of the sum comes last in both.
        one, other = (jnp.moveaxis(each, place, -1) for each, place in zip(inputs, places, strict=True))
        # For each row apart; tensordot alone would pair every row with every other.
        found = jax.vmap(lambda a, b: jnp.tensordot(a, b, axes=(-1, -1)))(one, other)
        return found[:, None] if found.ndim == 1 else found


def _unit(x: jax.Array, axis: int) -> jax.Array:
    # Keras's bound keeps a vector of zeros finite.
    return x * jax.lax.rsqrt(jnp.maximum(jnp.sum(jnp.square(x), axis, keepdims=True), 1e-12))


def _require_two(layer: Layer, shapes: Sequence[object]) -> None:
    if len(shapes) != 2:
        raise ShapeError(f"{type(layer).__name__} reads two inputs; got {len(shapes)}.")
