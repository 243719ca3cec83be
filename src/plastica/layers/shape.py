"""Layers that change the shape: flatten, reshape, pad, upsample."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_choice, check_data_format, check_rank, whole_numbers


@declaration
class Flatten(Layer):
    """Flatten inputs to one axis, in row-major order; needed between images or sequences and Dense.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, ...) -> (batch, product of the sizes)``.

    Example:
        >>> Flatten().output_shape((28, 28, 1))
        (784,)
    """

    data_format: str | None = None

    def __post_init__(self) -> None:
        check_data_format("Flatten", self.data_format)

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.reshape(x.shape[0], prod(x.shape[1:])), state


@declaration
class Reshape(Layer):
    """Reshape inputs, in row-major order.

    Args:
        target_shape: The new shape without the batch axis; one size may be -1 and is then inferred.

    Shapes:
        ``(batch, ...) -> (batch, *target_shape)``.

    Raises:
        InvalidValue: If a size is below 1, except for a single -1.
        ShapeError: If the number of elements differs.

    Example:
        >>> Reshape((28, -1, 1)).output_shape((784,))
        (28, 28, 1)
    """

    target_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        target = tuple(int(size) for size in self.target_shape)
        object.__setattr__(self, "target_shape", target)
        if any(size < 1 and size != -1 for size in target) or target.count(-1) > 1:
            raise InvalidValue(
                f"Reshape({target}): sizes must be at least 1, and one of them may be -1 for what remains."
            )

    def output_shape(self, shape: Shape) -> Shape:
        there, known = prod(shape), prod(size for size in self.target_shape if size != -1)
        fits = there % known == 0 if -1 in self.target_shape else there == known
        if not fits:
            raise ShapeError(
                f"Reshape({self.target_shape}): got inputs of shape {tuple(shape)}, {there} numbers, which do not "
                f"fill it; the product of the sizes must be {there}."
            )
        return tuple(there // known if size == -1 else size for size in self.target_shape)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.reshape(x.shape[0], *self.output_shape(x.shape[1:])), state


@declaration
class ZeroPadding2D(Layer):
    """Add zeros around an image.

    Args:
        padding: The number of zeros: one number for all sides, (height, width), or ((top, bottom), (left, right)).
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, height, width, channels) -> (batch, top + height + bottom, left + width + right, channels)``.

    Raises:
        InvalidValue: For negative numbers or another form.
        ShapeError: For inputs without three axes beside the batch.

    Example:
        >>> ZeroPadding2D(((1, 0), (2, 2))).output_shape((28, 28, 1))
        (29, 32, 1)
    """

    padding: int | tuple[int | tuple[int, ...], ...] = 1
    data_format: str | None = None

    def __post_init__(self) -> None:
        check_data_format("ZeroPadding2D", self.data_format)
        if not isinstance(self.padding, int):
            frozen = tuple(side if isinstance(side, int) else tuple(side) for side in self.padding)
            object.__setattr__(self, "padding", frozen)
        sides = self._sides()
        if len(sides) != 2 or any(len(side) != 2 for side in sides) or min(map(min, sides)) < 0:
            raise InvalidValue(
                f"ZeroPadding2D(padding={self.padding!r}): give a whole number of at least 0, (height, width) or "
                "((top, bottom), (left, right))."
            )

    def _sides(self) -> tuple[tuple[int, ...], ...]:
        both = (self.padding,) * 2 if isinstance(self.padding, int) else self.padding
        return tuple((side, side) if isinstance(side, int) else tuple(side) for side in both)

    def output_shape(self, shape: Shape) -> Shape:
        check_rank("ZeroPadding2D", shape, 2)
        vertical, horizontal = self._sides()
        return (shape[0] + sum(vertical), shape[1] + sum(horizontal), shape[2])

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return np.pad(x, ((0, 0), *self._sides(), (0, 0)))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return jnp.pad(x, ((0, 0), *self._sides(), (0, 0))), state


@declaration
class UpSampling2D(Layer):
    """Upsample an image by integer factors, by repetition or bilinear interpolation.

    Args:
        size: The factors of height and width, as one number or two.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        interpolation: "nearest" repeats each pixel; "bilinear" interpolates between the centres of pixels and is
            constant outside of them.

    Shapes:
        ``(batch, height, width, channels) -> (batch, size[0] * height, size[1] * width, channels)``.

    Raises:
        InvalidValue: For factors below 1 or an unknown interpolation.
        ShapeError: For inputs without three axes beside the batch.

    Example:
        >>> UpSampling2D(2).output_shape((7, 7, 16))
        (14, 14, 16)
    """

    size: int | tuple[int, ...] = 2
    data_format: str | None = None
    interpolation: str = "nearest"

    def __post_init__(self) -> None:
        found = whole_numbers("UpSampling2D", "size", self.size, 2)
        object.__setattr__(self, "size", found if isinstance(self.size, Sequence) else found[0])
        check_data_format("UpSampling2D", self.data_format)
        check_choice("UpSampling2D", "interpolation", self.interpolation, ("nearest", "bilinear"))

    def output_shape(self, shape: Shape) -> Shape:
        check_rank("UpSampling2D", shape, 2)
        height, width = whole_numbers("UpSampling2D", "size", self.size, 2)
        return (shape[0] * height, shape[1] * width, shape[2])

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        enlarge = _repeat if self.interpolation == "nearest" else _interpolate
        height, width = whole_numbers("UpSampling2D", "size", self.size, 2)
        return enlarge(enlarge(x, 1, height), 2, width), state


def _repeat(x: jax.Array, axis: int, factor: int) -> jax.Array:
    return _interleave([x] * factor, axis)


def _interpolate(x: jax.Array, axis: int, factor: int) -> jax.Array:
    size = x.shape[axis]
    at = jnp.arange(size)
    before = jnp.take(x, jnp.maximum(at - 1, 0), axis)
    after = jnp.take(x, jnp.minimum(at + 1, size - 1), axis)
    parts = []
    for part in range(factor):
        # Where the middle of this part lies from the middle of the old place, in old places.
        offset = (part + 0.5) / factor - 0.5
        neighbour = before if offset < 0 else after
        parts.append(x * (1 - abs(offset)) + neighbour * abs(offset))
    return _interleave(parts, axis)


def _interleave(parts: list[jax.Array], axis: int) -> jax.Array:
    shape = list(parts[0].shape)
    shape[axis] *= len(parts)
    return jnp.stack(parts, axis + 1).reshape(shape)
