"""Global pooling: one number for each channel."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_data_format, check_rank


@declaration
class _GlobalPooling(Layer):
    """Base class of global pooling layers."""

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
    """The mean over all steps of a sequence, for each channel; over the real ones if the inputs have a mask.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        keepdims: Whether to keep the averaged axis with size 1.

    Shapes:
        ``(batch, steps, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 1

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        if context.steps is None:
            return x.mean(1, keepdims=self.keepdims), state
        real = context.steps[..., None]  # (batch, steps, 1)
        # A row that only fills a batch up has no real step.
        count = jnp.maximum(real.sum(1, keepdims=self.keepdims), 1).astype(x.dtype)
        return jnp.where(real, x, 0).sum(1, keepdims=self.keepdims) / count, state

    @property
    def loses_mask(self) -> bool:
        return False


@declaration
class GlobalAveragePooling2D(_GlobalPooling):
    """The mean over all positions of an image, for each channel; an alternative to Flatten before the last Dense.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        keepdims: Whether to keep the averaged axes with size 1.

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
    """The maximum over all steps of a sequence, for each channel; the gradient is shared among equal maxima.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        keepdims: Whether to keep the axis with size 1.

    Shapes:
        ``(batch, steps, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 1

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.max(1, keepdims=self.keepdims), state


@declaration
class GlobalMaxPooling2D(_GlobalPooling):
    """The maximum over all positions of an image, for each channel; the gradient is shared among equal maxima.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        keepdims: Whether to keep the axes with size 1.

    Shapes:
        ``(batch, height, width, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 2

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.max((1, 2), keepdims=self.keepdims), state


@declaration
class GlobalAveragePooling3D(_GlobalPooling):
    """The mean over all positions of a volume, for each channel.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        keepdims: Whether to keep the averaged axes with size 1.

    Shapes:
        ``(batch, depth, height, width, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 3

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.mean((1, 2, 3), keepdims=self.keepdims), state


@declaration
class GlobalMaxPooling3D(_GlobalPooling):
    """The maximum over all positions of a volume, for each channel; the gradient is shared among equal maxima.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        keepdims: Whether to keep the axes with size 1.

    Shapes:
        ``(batch, depth, height, width, channels) -> (batch, channels)``.
    """

    rank: ClassVar[int] = 3

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.max((1, 2, 3), keepdims=self.keepdims), state
