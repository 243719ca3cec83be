"""Forms of dropout: of whole channels, with normal noise, and for self-normalizing networks."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from .layer import Context, Layer, Params, Shape, State
from .noise import check_rate, dropped, mask_shape
from .sliding import check_data_format, check_rank

# What SELU approaches for large negative potentials: -1.0507 * 1.6733.
_SELU_LIMIT = -1.7580993408473766


class _SpatialDropout(Layer):
    """Base of the layers that drop whole channels; ``rank`` is the number of spatial axes."""

    rank: ClassVar[int]
    rate: float

    def __post_init__(self) -> None:
        check_rate(type(self).__name__, self.rate)
        check_data_format(type(self).__name__, getattr(self, "data_format", None))

    def output_shape(self, shape: Shape) -> Shape:
        check_rank(type(self).__name__, shape, self.rank)
        return tuple(shape)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return dropped(x, self.rate, (x.shape[0], *[1] * self.rank, x.shape[-1]), context), state


@declaration
class SpatialDropout1D(_SpatialDropout):
    """Set a random fraction of the channels of a sequence to 0, each for all of its steps.

    Neighbouring steps of a channel are often alike, so that Dropout of single values would hide little.

    Args:
        rate: The fraction of channels to drop, from 0 to 1.

    Shapes:
        ``(batch, steps, channels)`` in and out.

    Raises:
        InvalidValue: For a rate outside [0, 1].
        ShapeError: For inputs without two axes beside the batch.

    Reference:
        Tompson, Goroshin, Jain, LeCun, Bregler (2015), Efficient object localization using convolutional networks,
        section 3.2.
    """

    rank: ClassVar[int] = 1
    rate: float

    @property
    def stepwise(self) -> bool:
        return True


@declaration
class SpatialDropout2D(_SpatialDropout):
    """Set a random fraction of the channels of an image to 0, each at all positions.

    Neighbouring pixels of a feature map are often alike, so that Dropout of single values would hide little.

    Args:
        rate: The fraction of channels to drop, from 0 to 1.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: For a rate outside [0, 1].
        ShapeError: For inputs without three axes beside the batch.

    Reference:
        Tompson, Goroshin, Jain, LeCun, Bregler (2015), Efficient object localization using convolutional networks,
        section 3.2.
    """

    rank: ClassVar[int] = 2
    rate: float
    data_format: str | None = None


@declaration
class SpatialDropout3D(_SpatialDropout):
    """Set a random fraction of the channels of a volume to 0, each at all positions.

    Args:
        rate: The fraction of channels to drop, from 0 to 1.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, depth, height, width, channels)`` in and out.

    Raises:
        InvalidValue: For a rate outside [0, 1].
        ShapeError: For inputs without four axes beside the batch.
    """

    rank: ClassVar[int] = 3
    rate: float
    data_format: str | None = None


@declaration
class GaussianDropout(Layer):
    """Multiply each value by normal noise of mean 1 in each training step: y = x (1 + sqrt(rate / (1 - rate)) n).

    The noise has the variance of Dropout with the same rate; no unit is silenced. It has no effect in prediction.

    Args:
        rate: The rate of the Dropout with this variance, from 0 to below 1.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: For a rate outside [0, 1).

    Reference:
        Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov (2014), Dropout: a simple way to prevent neural
        networks from overfitting, section 10.
    """

    rate: float

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise InvalidValue(f"GaussianDropout({self.rate}): rate must be from 0 to below 1.")

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        if not context.training or context.key is None:
            return x, state
        rate = jnp.asarray(self.rate, x.dtype)
        noise = random.normal(context.key, x.shape).astype(x.dtype)
        return x * (1 + jnp.sqrt(rate / (1 - rate)) * noise), state


@declaration
class AlphaDropout(Layer):
    """Dropout for networks of SELU units: sets units to SELU's lower limit, and keeps mean 0 and variance 1.

        y = a (x m + limit (1 - m)) + b,  m = 0 with probability rate, else 1

    Args:
        rate: The fraction of units to drop, from 0 to 1; usually 0.05 to 0.1.
        noise_shape: The shape of the mask, including the batch, as for Dropout.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: For a rate outside [0, 1].
        ShapeError: If noise_shape does not fit the inputs.

    Reference:
        Klambauer, Unterthiner, Mayr, Hochreiter (2017), Self-normalizing neural networks, section "New dropout
        technique".
    """

    rate: float
    noise_shape: tuple[int | None, ...] | None = None

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        check_rate("AlphaDropout", self.rate)

    def output_shape(self, shape: Shape) -> Shape:
        mask_shape("AlphaDropout", self.noise_shape, (1, *shape))
        return tuple(shape)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        if not context.training or context.key is None:
            return x, state
        rate = jnp.asarray(self.rate, x.dtype)
        kept = random.bernoulli(context.key, 1 - rate, mask_shape("AlphaDropout", self.noise_shape, x.shape))
        # For rate 1, 0 to the power of -1/2 must not reach the gradient; everything is then the same number, 0.
        variance = (1 - rate) * (1 + rate * _SELU_LIMIT**2)
        a = jnp.where(variance > 0, jax.lax.rsqrt(jnp.where(variance > 0, variance, 1)), 0)
        return a * (jnp.where(kept, x, _SELU_LIMIT) - _SELU_LIMIT * rate), state
