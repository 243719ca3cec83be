"""Pooling layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax

from ..declaration import declaration
from .kernels.pooling import max_pool, mean_pool
from .kernels.window import Window
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_choice, check_data_format, volume_windows, whole_numbers, window_over


@declaration
class _Pooling(Layer):
    """Base class of pooling layers; ``rank`` is the number of spatial axes."""

    rank: ClassVar[int]

    pool_size: int | tuple[int, ...] = 2
    strides: int | tuple[int, ...] | None = None
    padding: str = "valid"
    data_format: str | None = None

    def __post_init__(self) -> None:
        owner = type(self).__name__
        for field in ("pool_size", "strides"):
            value = getattr(self, field)
            if value is not None:
                found = whole_numbers(owner, field, value, self.rank)
                object.__setattr__(self, field, found if isinstance(value, Sequence) else found[0])
        check_choice(owner, "padding", self.padding, ("valid", "same"))
        check_data_format(owner, self.data_format)

    def output_shape(self, shape: Shape) -> Shape:
        positions = self._window(shape).output((*[1] * (2 - self.rank), *shape))
        return (*positions[2 - self.rank :], shape[-1])

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        images = x.reshape(x.shape[0], *[1] * (2 - self.rank), *x.shape[1:])  # sequences: (batch, 1, steps, channels)
        pooled = self._pool(images, self._window(x.shape[1:]))
        return pooled.reshape(x.shape[0], *pooled.shape[3 - self.rank :]), state

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        raise NotImplementedError

    def _window(self, shape: Shape) -> Window:
        owner = type(self).__name__
        size = whole_numbers(owner, "pool_size", self.pool_size, self.rank)
        strides = size if self.strides is None else whole_numbers(owner, "strides", self.strides, self.rank)
        return window_over(self, shape, size, strides, self.padding, (1,) * self.rank)


@declaration
class MaxPooling1D(_Pooling):
    """Max pooling of sequences: the maximum over each window of steps, for each channel.

    Usually after Conv1D, to make the result less sensitive to the exact step of a pattern.

    Args:
        pool_size: The number of steps of a window.
        strides: The distance between two windows. Default: ``pool_size``, so that windows do not overlap.
        padding: "valid" ignores steps at the end that do not fill a window, "same" includes them.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, channels)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without two axes beside the batch or shorter than the window.

    Example:
        >>> MaxPooling1D(2).output_shape((50, 8))
        (25, 8)
    """

    rank: ClassVar[int] = 1

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return max_pool(images, window)


@declaration
class MaxPooling2D(_Pooling):
    """Max pooling of images: the maximum over each window, for each channel.

    Usually after Conv2D, to make the result less sensitive to the exact position of a pattern. If several elements are
    equal to the maximum, the gradient is passed to the first in row-major order.

    Args:
        pool_size: The height and width of a window, as one number or two.
        strides: The distance between two windows. Default: ``pool_size``, so that windows do not overlap.
        padding: "valid" ignores elements at the edge that do not fill a window, "same" includes them.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, channels)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without three axes beside the batch or smaller than the window.

    Example:
        >>> MaxPooling2D(2).output_shape((26, 26, 32))
        (13, 13, 32)
    """

    rank: ClassVar[int] = 2

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return max_pool(images, window)


@declaration
class AveragePooling1D(_Pooling):
    """Average pooling of sequences: the mean over each window of steps, for each channel; padding is excluded.

    Args:
        pool_size: The number of steps of a window.
        strides: The distance between two windows. Default: ``pool_size``, so that windows do not overlap.
        padding: "valid" ignores steps at the end that do not fill a window, "same" includes them.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, channels)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without two axes beside the batch or shorter than the window.
    """

    rank: ClassVar[int] = 1

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return mean_pool(images, window)


@declaration
class AveragePooling2D(_Pooling):
    """Average pooling of images: the mean over each window, for each channel; padding is excluded.

    Args:
        pool_size: The height and width of a window, as one number or two.
        strides: The distance between two windows. Default: ``pool_size``, so that windows do not overlap.
        padding: "valid" ignores elements at the edge that do not fill a window, "same" includes them.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, channels)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without three axes beside the batch or smaller than the window.
    """

    rank: ClassVar[int] = 2

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return mean_pool(images, window)


class _VolumePooling(_Pooling):
    """Base class of the pooling of volumes: over each plane, then over the depth of what is left."""

    rank: ClassVar[int] = 3

    def output_shape(self, shape: Shape) -> Shape:
        depth, plane = self._windows(shape)
        return (depth.output((shape[0], 1))[0], *plane.output(shape[1:3]), shape[-1])

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        depth, plane = self._windows(x.shape[1:])
        planes = self._pool(x.reshape(-1, *x.shape[2:]), plane)  # (batch * depth, height, width, channels)
        columns = planes.reshape(*x.shape[:2], -1, x.shape[-1])  # (batch, depth, places, channels)
        return self._pool(columns, depth).reshape(x.shape[0], *self.output_shape(x.shape[1:])), state

    def _windows(self, shape: Shape) -> tuple[Window, Window]:
        owner = type(self).__name__
        size = whole_numbers(owner, "pool_size", self.pool_size, 3)
        strides = size if self.strides is None else whole_numbers(owner, "strides", self.strides, 3)
        return volume_windows(self, shape, size, strides, self.padding, (1, 1, 1))


@declaration
class MaxPooling3D(_VolumePooling):
    """Max pooling of volumes: the maximum over each window, for each channel.

    Args:
        pool_size: The depth, height and width of a window, as one number or three.
        strides: The distance between two windows. Default: ``pool_size``, so that windows do not overlap.
        padding: "valid" ignores elements at the edge that do not fill a window, "same" includes them.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, depth, height, width, channels)`` to the same with smaller spatial axes.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without four axes beside the batch or smaller than the window.

    Example:
        >>> MaxPooling3D(2).output_shape((8, 8, 8, 4))
        (4, 4, 4, 4)
    """

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return max_pool(images, window)


@declaration
class AveragePooling3D(_VolumePooling):
    """Average pooling of volumes: the mean over each window, for each channel; padding is excluded.

    Args:
        pool_size: The depth, height and width of a window, as one number or three.
        strides: The distance between two windows. Default: ``pool_size``, so that windows do not overlap.
        padding: "valid" ignores elements at the edge that do not fill a window, "same" includes them.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, depth, height, width, channels)`` to the same with smaller spatial axes.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without four axes beside the batch or smaller than the window.
    """

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return mean_pool(images, window)
