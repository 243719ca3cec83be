"""Dropout and noise, which are active in training only."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Context, Layer, Params, Shape, State


@declaration
class Dropout(Layer):
    """Set a random fraction of the units to 0 in each training step and scale the others by 1 / (1 - rate).

    Use it after hidden layers to reduce overfitting. It has no effect in prediction. The rate is traced: another rate,
    or a different one for each member of a population, needs no recompilation.

        y = x * m / (1 - rate), m = 0 with probability rate, else 1

    Args:
        rate: The fraction of units to drop, from 0 to 1; usually 0.2 to 0.5.
        noise_shape: The shape of the mask, including the batch; 1 shares the mask along an axis, None uses the size of
            the input. ``(None, 1, None)`` drops channels for all steps of a sequence.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: For a rate outside [0, 1].
        ShapeError: If noise_shape does not fit the inputs.

    Reference:
        Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov (2014), Dropout: a simple way to prevent
        neural networks from overfitting, section 4.
    """

    rate: float
    noise_shape: tuple[int | None, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise InvalidValue(f"Dropout({self.rate}): rate must be a fraction from 0 to 1; for 50 % use 0.5.")
        if self.noise_shape is not None:
            object.__setattr__(self, "noise_shape", tuple(self.noise_shape))

    def output_shape(self, shape: Shape) -> Shape:
        self._mask_shape((1, *shape))
        return tuple(shape)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        if not context.training or context.key is None:
            return x, state
        keep = jnp.asarray(1 - self.rate, x.dtype)
        kept = random.bernoulli(context.key, keep, self._mask_shape(x.shape))
        # For rate 1, 1 / 0 must not reach the gradient.
        louder = jnp.where(keep > 0, 1 / jnp.where(keep > 0, keep, 1), 0)
        return x * jnp.where(kept, louder, jnp.zeros((), x.dtype)), state

    def _mask_shape(self, shape: Shape) -> Shape:
        """The mask's shape for inputs of ``shape``, both with the batch axis."""
        if self.noise_shape is None:
            return tuple(shape)
        fits = len(self.noise_shape) == len(shape) and all(
            asked in (None, 1, size) for asked, size in zip(self.noise_shape[1:], shape[1:], strict=True)
        )
        if not fits:
            raise ShapeError(
                f"Dropout: got inputs of shape {tuple(shape[1:])}, to which noise_shape={self.noise_shape} does not "
                "fit; give one entry for the batch and one for each axis: 1, None or the axis's size."
            )
        return tuple(size if asked is None else asked for asked, size in zip(self.noise_shape, shape, strict=True))


@declaration
class GaussianNoise(Layer):
    """Add normal noise to each value in each training step: y = x + stddev * n.

    A form of data augmentation for noisy measurements, usually applied to the inputs. It has no effect in prediction.

    Args:
        stddev: The standard deviation of the noise, in the unit of the inputs; traced like the rate of Dropout.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: For a negative or infinite stddev.
    """

    stddev: float

    def __post_init__(self) -> None:
        if not 0 <= self.stddev < float("inf"):
            raise InvalidValue(f"GaussianNoise({self.stddev}): stddev must be a number of at least 0.")

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        if not context.training or context.key is None:
            return x, state
        return x + jnp.asarray(self.stddev, x.dtype) * random.normal(context.key, x.shape).astype(x.dtype), state
