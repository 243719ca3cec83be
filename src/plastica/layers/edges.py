"""Layers that add zeros around sequences and images, or cut their edges off."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_data_format, check_rank

Sides = tuple[tuple[int, int], ...]

# What may be given for one, two and three spatial axes.
_FORMS = {
    1: "(before, after)",
    2: "(height, width) or ((top, bottom), (left, right))",
    3: "(depth, height, width) or ((front, back), (top, bottom), (left, right))",
}


class _Edges(Layer):
    """Base of these layers; ``rank`` is the number of spatial axes and ``field`` what a person declares."""

    rank: ClassVar[int]
    field: ClassVar[str]

    def __post_init__(self) -> None:
        check_data_format(type(self).__name__, getattr(self, "data_format", None))
        given: Any = getattr(self, self.field)
        if not isinstance(given, int):
            given = tuple(each if isinstance(each, int) else tuple(each) for each in given)
            object.__setattr__(self, self.field, given)
        sides = self._sides()
        if len(sides) != self.rank or any(len(side) != 2 for side in sides) or min(map(min, sides)) < 0:
            raise InvalidValue(
                f"{type(self).__name__}({self.field}={given!r}): give a whole number of at least 0, "
                f"{_FORMS[self.rank]}."
            )

    def _sides(self) -> Sides:
        given: Any = getattr(self, self.field)
        each_axis = (given,) * self.rank if isinstance(given, int) else (given,) if self.rank == 1 else given
        return tuple((side, side) if isinstance(side, int) else side for side in each_axis)


class _Padding(_Edges):
    field = "padding"

    def output_shape(self, shape: Shape) -> Shape:
        check_rank(type(self).__name__, shape, self.rank)
        return (*(size + sum(side) for size, side in zip(shape, self._sides(), strict=False)), shape[-1])

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return np.pad(x, ((0, 0), *self._sides(), (0, 0)))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return jnp.pad(x, ((0, 0), *self._sides(), (0, 0))), state


class _Cropping(_Edges):
    field = "cropping"
    cropping: Any

    def output_shape(self, shape: Shape) -> Shape:
        owner = type(self).__name__
        check_rank(owner, shape, self.rank)
        left = tuple(size - sum(side) for size, side in zip(shape, self._sides(), strict=False))
        if min(left) < 1:
            raise ShapeError(f"{owner}(cropping={self.cropping}): nothing is left of inputs of shape {shape}.")
        return (*left, shape[-1])

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x[self._kept(x.shape)]

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x[self._kept(x.shape)], state

    def _kept(self, shape: Shape) -> tuple[slice, ...]:
        kept = (slice(side[0], size - side[1]) for side, size in zip(self._sides(), shape[1:], strict=False))
        return (slice(None), *kept)


@declaration
class ZeroPadding1D(_Padding):
    """Add zeros before and after a sequence.

    Args:
        padding: The number of zeros: one number for both ends, or (before, after).
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, steps, channels) -> (batch, before + steps + after, channels)``.

    Raises:
        InvalidValue: For negative numbers or another form.
        ShapeError: For inputs without two axes beside the batch.

    Example:
        >>> ZeroPadding1D((2, 0)).output_shape((10, 3))
        (12, 3)
    """

    rank: ClassVar[int] = 1
    padding: int | tuple[int, ...] = 1
    data_format: str | None = None


@declaration
class ZeroPadding2D(_Padding):
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

    rank: ClassVar[int] = 2
    padding: int | tuple[int | tuple[int, ...], ...] = 1
    data_format: str | None = None


@declaration
class ZeroPadding3D(_Padding):
    """Add zeros around a volume.

    Args:
        padding: The number of zeros: one number for all sides, (depth, height, width), or ((front, back), (top,
            bottom), (left, right)).
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, depth, height, width, channels)`` to the same with larger spatial axes.

    Raises:
        InvalidValue: For negative numbers or another form.
        ShapeError: For inputs without four axes beside the batch.
    """

    rank: ClassVar[int] = 3
    padding: int | tuple[int | tuple[int, ...], ...] = 1
    data_format: str | None = None


@declaration
class Cropping1D(_Cropping):
    """Cut steps off both ends of a sequence.

    Args:
        cropping: The number of steps: one number for both ends, or (before, after).

    Shapes:
        ``(batch, steps, channels) -> (batch, steps - before - after, channels)``.

    Raises:
        InvalidValue: For negative numbers or another form.
        ShapeError: For inputs without two axes beside the batch, or of which nothing is left.

    Example:
        >>> Cropping1D((2, 1)).output_shape((10, 3))
        (7, 3)
    """

    rank: ClassVar[int] = 1
    cropping: int | tuple[int, ...] = 1


@declaration
class Cropping2D(_Cropping):
    """Cut rows and columns off the edges of an image.

    Args:
        cropping: The number of rows and columns: one number for all sides, (height, width), or ((top, bottom), (left,
            right)). Default 0, as in Keras.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, height, width, channels) -> (batch, height - top - bottom, width - left - right, channels)``.

    Raises:
        InvalidValue: For negative numbers or another form.
        ShapeError: For inputs without three axes beside the batch, or of which nothing is left.

    Example:
        >>> Cropping2D(((2, 1), (4, 4))).output_shape((28, 28, 3))
        (25, 20, 3)
    """

    rank: ClassVar[int] = 2
    cropping: int | tuple[int | tuple[int, ...], ...] = 0
    data_format: str | None = None


@declaration
class Cropping3D(_Cropping):
    """Cut the edges of a volume off.

    Args:
        cropping: How much: one number for all sides, (depth, height, width), or ((front, back), (top, bottom), (left,
            right)).
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, depth, height, width, channels)`` to the same with smaller spatial axes.

    Raises:
        InvalidValue: For negative numbers or another form.
        ShapeError: For inputs without four axes beside the batch, or of which nothing is left.
    """

    rank: ClassVar[int] = 3
    cropping: int | tuple[int | tuple[int, ...], ...] = 1
    data_format: str | None = None
