"""Losses for numbers: how far the prediction lies from the target."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from .loss import Loss
from .shapes import matched, matched_rows, row_means

EPSILON = 1e-7  # Keras's backend.epsilon()


@declaration
class MeanSquaredError(Loss):
    """The mean of squared errors.

    The first choice for regression: best where errors are about Gaussian; a few outliers dominate it.

        C = mean_k (a_k - y_k)^2

    Shapes: targets and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.

    Example:
        >>> MeanSquaredError().values(jnp.array([[0.0, 1.0]]), jnp.array([[2.0, 1.0]]))
        Array([2.], dtype=float32)
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean squared error."""
        target = matched("mean_squared_error", target, prediction)
        return row_means(jnp.square(prediction - target))


@declaration
class HalfSquaredError(Loss):
    """Half the sum of squared errors, the textbook's quadratic cost.

    To follow a derivation by hand: its gradient is the error itself, dC/da = a - y, whatever the number of
    outputs.

        C = 1/2 sum_k (a_k - y_k)^2

    Shapes: targets and predictions ``(batch, ...)`` alike; the sum runs over every axis but the batch.

    Raises:
        ShapeError: When the shapes differ.

    Example:
        >>> HalfSquaredError().values(jnp.array([[0.0, 1.0]]), jnp.array([[2.0, 1.0]]))
        Array([2.], dtype=float32)

    Reference:
        D. E. Rumelhart, G. E. Hinton, R. J. Williams, 1986, Learning representations by back-propagating
        errors, eq. 3.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return half of each row's summed squared error."""
        target = matched("half_squared_error", target, prediction)
        return 0.5 * jnp.sum(jnp.square(prediction - target), axis=tuple(range(1, prediction.ndim)))

    def of_steps(self, target: jax.Array, prediction: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Return half of each step's summed squared error, times the number of steps, whose losses add up here."""
        return prod(shape[1:]) * Loss.of_steps(self, target, prediction, shape)


@declaration
class MeanAbsoluteError(Loss):
    """The mean of absolute errors.

    For targets with outliers, or where the median is wanted. The gradient has the same size near and far,
    so that a small learning rate at the end helps.

        C = mean_k |a_k - y_k|

    Shapes: targets and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean absolute error."""
        target = matched("mean_absolute_error", target, prediction)
        return row_means(jnp.abs(prediction - target))


@declaration
class MeanAbsolutePercentageError(Loss):
    """The mean of absolute errors in per cent of the target.

    For positive targets of several orders of magnitude, none near 0: there it explodes.

        C = 100 mean_k |y_k - a_k| / max(|y_k|, 1e-7)

    Shapes: targets and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean error in per cent."""
        target = matched("mean_absolute_percentage_error", target, prediction)
        return 100.0 * row_means(jnp.abs(prediction - target) / jnp.maximum(jnp.abs(target), EPSILON))


@declaration
class MeanSquaredLogarithmicError(Loss):
    """The mean squared difference of logarithms.

    For positive targets where a ratio matters more than a difference; values below 0 count as 0.

        C = mean_k (log(1 + y_k) - log(1 + a_k))^2

    Shapes: targets and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean squared difference of logarithms."""
        target = matched("mean_squared_logarithmic_error", target, prediction)
        wanted, answered = (jnp.log1p(jnp.maximum(x, EPSILON)) for x in (target, prediction))
        return row_means(jnp.square(wanted - answered))


@declaration
class Huber(Loss):
    """Squared for small errors, straight for large ones.

    For regression with some outliers: smooth at the minimum as the squared error, and far away no steeper
    than ``delta``.

        C = mean_k  e^2 / 2                      where |e| <= delta, e = a_k - y_k
                    delta |e| - delta^2 / 2      elsewhere

    Args:
        delta: The error, in units of the target, from which the loss is straight. 1, as in Keras, suits
            targets of about unit spread.

    Shapes: targets and predictions ``(batch, ...)`` alike.

    Raises:
        InvalidValue: When ``delta`` is not above 0.
        ShapeError: When the shapes differ.

    Reference:
        P. J. Huber, 1964, Robust estimation of a location parameter.
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        if not self.delta > 0:
            raise InvalidValue(f"Huber: delta={self.delta!r}; a number above 0 is expected.")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean Huber loss."""
        error = jnp.abs(prediction - matched("huber", target, prediction))
        delta = jnp.asarray(self.delta, error.dtype)
        near = jnp.minimum(error, delta)  # e^2 / 2 up to delta and delta (e - delta) beyond, in one expression
        return row_means(near * (error - 0.5 * near))


@declaration
class LogCosh(Loss):
    """The logarithm of the error's hyperbolic cosine.

    Like Huber's loss with every derivative smooth: about e^2 / 2 near 0, |e| - log 2 far away.

        C = mean_k log cosh(a_k - y_k)

    Shapes: targets and predictions ``(batch, ...)`` alike.

    Raises:
        ShapeError: When the shapes differ.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean log cosh."""
        error = jnp.abs(prediction - matched("log_cosh", target, prediction))
        # Keras's e + softplus(-2 e) - log 2 loses all digits of errors below 1e-3 in float32.
        return row_means(error + jnp.log1p(0.5 * jnp.expm1(-2.0 * error)))


@declaration
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and prediction.

    Where the direction of a vector matters and not its length: embeddings. -1 is the best, 0 a right angle.

        C = -sum_k (y_k / |y|) (a_k / |a|)

    Shapes: targets and predictions ``(batch, ..., features)`` alike.

    Raises:
        ShapeError: When the shapes differ, or there is no axis beside the batch.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return minus each row's cosine."""
        return -cosine("cosine_similarity", target, prediction)


def cosine(name: str, target: jax.Array, prediction: jax.Array) -> jax.Array:
    """Return each row's cosine between target and prediction along the last axis, 0 for a zero vector."""
    target = matched_rows(name, target, prediction)
    return row_means(jnp.sum(_unit(target) * _unit(prediction), axis=-1))


def _unit(x: jax.Array) -> jax.Array:
    square = jnp.sum(jnp.square(x), axis=-1, keepdims=True)
    return x * jax.lax.rsqrt(jnp.maximum(square, EPSILON**2))
