"""Dropout and noise, which are active in training only."""

from __future__ import annotations

from typing import Any

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

    @property
    def stepwise(self) -> bool:
        return self.noise_shape is None

    def __post_init__(self) -> None:
        check_rate("Dropout", self.rate)
        if self.noise_shape is not None:
            object.__setattr__(self, "noise_shape", tuple(self.noise_shape))

    def output_shape(self, shape: Shape) -> Shape:
        mask_shape("Dropout", self.noise_shape, (1, *shape))
        return tuple(shape)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return dropped(x, self.rate, mask_shape("Dropout", self.noise_shape, x.shape), context), state


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

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        if not 0 <= self.stddev < float("inf"):
            raise InvalidValue(f"GaussianNoise({self.stddev}): stddev must be a number of at least 0.")

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        if not context.training or context.key is None:
            return x, state
        return x + jnp.asarray(self.stddev, x.dtype) * random.normal(context.key, x.shape).astype(x.dtype), state


def check_rate(owner: str, rate: float) -> None:
    """Refuse a rate that is no fraction.

    Raises:
        InvalidValue: For a rate outside [0, 1].
    """
    if not 0 <= rate <= 1:
        raise InvalidValue(f"{owner}({rate}): rate must be a fraction from 0 to 1; for 50 % use 0.5.")


def mask_shape(owner: str, noise_shape: tuple[int | None, ...] | None, shape: Shape) -> Shape:
    """Return the shape of the mask for inputs of ``shape``, both with the batch axis.

    Raises:
        ShapeError: If ``noise_shape`` does not fit the inputs.
    """
    if noise_shape is None:
        return tuple(shape)
    fits = len(noise_shape) == len(shape) and all(
        asked in (None, 1, size) for asked, size in zip(noise_shape[1:], shape[1:], strict=True)
    )
    if not fits:
        raise ShapeError(
            f"{owner}: got inputs of shape {tuple(shape[1:])}, to which noise_shape={noise_shape} does not "
            "fit; give one entry for the batch and one for each axis: 1, None or the axis's size."
        )
    return tuple(size if asked is None else asked for asked, size in zip(noise_shape, shape, strict=True))


def rate_or_none(rate: float | None) -> Any:
    """Return a rate of dropout; 0 becomes None, so that a layer without dropout has no trace of it."""
    return None if isinstance(rate, int | float) and rate == 0 else rate


def dropped(x: jax.Array, rate: float | jax.Array | None, mask: Shape, context: Context) -> jax.Array:
    """Return ``x`` with a fraction set to 0 and the rest scaled by 1 / (1 - rate) in training; else ``x`` itself.

    Args:
        x: Inputs, ``(batch, ...)``.
        rate: The fraction; None for none.
        mask: The shape of the mask; axes of size 1 share it.
        context: The options of the pass.
    """
    if rate is None or not context.training or context.key is None:
        return x
    keep = jnp.asarray(1 - rate, x.dtype)
    kept = random.bernoulli(context.key, keep, mask)
    # For rate 1, 1 / 0 must not reach the gradient.
    louder = jnp.where(keep > 0, 1 / jnp.where(keep > 0, keep, 1), 0)
    return x * jnp.where(kept, louder, jnp.zeros((), x.dtype))
