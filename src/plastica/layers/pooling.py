"""Pooling: a smaller image that keeps the largest or the average of each neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax

from ..declaration import declaration
from .kernels.pooling import max_pool, mean_pool
from .kernels.window import Window
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_choice, check_data_format, check_rank, whole_numbers, window_over


@declaration
class _Pooling(Layer):
    """What the pooling layers share; ``rank`` counts the axes along which the window slides."""

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
        images = x.reshape(x.shape[0], *[1] * (2 - self.rank), *x.shape[1:])
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
    """Keep the largest of each stretch of a sequence, channel by channel.

    After Conv1D: whether a pattern was there matters more than at which step.

    Args:
        pool_size: How many steps make one.
        strides: How far the window moves at a time; by default its size, so that each step is seen once.
        padding: "valid" leaves out steps at the end that do not fill a window, "same" keeps them.
        data_format: None or "channels_last"; there so that code for Keras runs.

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, channels)``.

    Raises:
        InvalidValue: For sizes below 1 or an unknown padding.
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
    """Keep the largest of each neighbourhood of an image, channel by channel.

    After Conv2D: whether a pattern was there matters more than exactly where. Where several are the largest,
    the error goes to the first, row by row.

    Args:
        pool_size: Height and width of a neighbourhood, as one number or two.
        strides: How far the window moves at a time; by default its size, so that each place is seen once.
        padding: "valid" leaves out places at the edge that do not fill a window, "same" keeps them.
        data_format: None or "channels_last"; there so that code for Keras runs.

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, channels)``.

    Raises:
        InvalidValue: For sizes below 1 or an unknown padding.
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
    """Average each stretch of a sequence, channel by channel; padding does not count.

    Args:
        pool_size: How many steps make one.
        strides: How far the window moves at a time; by default its size, so that each step is seen once.
        padding: "valid" leaves out steps at the end that do not fill a window, "same" keeps them.
        data_format: None or "channels_last"; there so that code for Keras runs.

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, channels)``.

    Raises:
        InvalidValue: For sizes below 1 or an unknown padding.
        ShapeError: For inputs without two axes beside the batch or shorter than the window.
    """

    rank: ClassVar[int] = 1

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return mean_pool(images, window)


@declaration
class AveragePooling2D(_Pooling):
    """Average each neighbourhood of an image, channel by channel; padding does not count.

    Args:
        pool_size: Height and width of a neighbourhood, as one number or two.
        strides: How far the window moves at a time; by default its size, so that each place is seen once.
        padding: "valid" leaves out places at the edge that do not fill a window, "same" keeps them.
        data_format: None or "channels_last"; there so that code for Keras runs.

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, channels)``.

    Raises:
        InvalidValue: For sizes below 1 or an unknown padding.
        ShapeError: For inputs without three axes beside the batch or smaller than the window.
    """

    rank: ClassVar[int] = 2

    def _pool(self, images: jax.Array, window: Window) -> jax.Array:
        return mean_pool(images, window)


@declaration
class _GlobalPooling(Layer):
    """What the global pooling layers share."""

    rank: ClassVar[int]

    data_format: str | None = None
    keepdims: bool = False

    def __post_init__(self) -> None:
        check_data_format(type(self).__name__, self.data_format)

    def output_shape(self, shape: Shape) -> Shape:
        check_rank(type(self).__name__, shape, self.rank)
        return (*[1] * self.rank, shape[-1]) if self.keepdims else (shape[-1],)


@declaration
class GlobalAveragePooling1D(_GlobalPooling):
    """Average a whole sequence, channel by channel: one number a channel, however long it is.

    Args:
        data_format: None or "channels_last"; there so that code for Keras runs.
        keepdims: Whether the averaged axis stays, with size 1.

    Shapes:
        ``(batch, steps, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 1

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.mean(1, keepdims=self.keepdims), state


@declaration
class GlobalAveragePooling2D(_GlobalPooling):
    """Average a whole image, channel by channel; in place of Flatten before the last Dense.

    Args:
        data_format: None or "channels_last"; there so that code for Keras runs.
        keepdims: Whether the averaged axes stay, with size 1.

    Shapes:
        ``(batch, height, width, channels) -> (batch, channels)``.

    Reference:
        Lin, Chen, Yan (2014), Network in network, section 3.2.
    """

    rank: ClassVar[int] = 2

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.mean((1, 2), keepdims=self.keepdims), state


@declaration
class GlobalMaxPooling1D(_GlobalPooling):
    """Keep the largest of a whole sequence, channel by channel; equal ones share the error.

    Args:
        data_format: None or "channels_last"; there so that code for Keras runs.
        keepdims: Whether the axis stays, with size 1.

    Shapes:
        ``(batch, steps, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 1

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.max(1, keepdims=self.keepdims), state


@declaration
class GlobalMaxPooling2D(_GlobalPooling):
    """Keep the largest of a whole image, channel by channel; equal ones share the error.

    Args:
        data_format: None or "channels_last"; there so that code for Keras runs.
        keepdims: Whether the axes stay, with size 1.

    Shapes:
        ``(batch, height, width, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 2

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.max((1, 2), keepdims=self.keepdims), state
