"""Losses for regression."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .loss import Loss
from .meaning import Meaning
from .shapes import matched, matched_rows, row_means
from .targets import Amounts

EPSILON = 1e-7  # keras.backend.epsilon()


@declaration
class MeanSquaredError(Loss):
    """The mean squared error.

    The standard choice for regression. It is optimal for Gaussian errors, but sensitive to outliers.

        C = mean_k (a_k - y_k)^2

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.

    Example:
        >>> MeanSquaredError().values(jnp.array([[0.0, 1.0]]), jnp.array([[2.0, 1.0]]))
        Array([2.], dtype=float32)
    """

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean squared error."""
        target = matched("mean_squared_error", target, prediction)
        return row_means(jnp.square(prediction - target))


@declaration
class HalfSquaredError(Loss):
    """Half the sum of squared errors, the quadratic cost of textbooks.

    Useful for following a derivation by hand: its gradient is the error, dC/da = a - y, for any number of outputs.

        C = 1/2 sum_k (a_k - y_k)^2

    Shapes: targets and predictions, both ``(batch, ...)``; the sum is over all axes except the batch.

    Raises:
        ShapeError: If the shapes differ.

    Example:
        >>> HalfSquaredError().values(jnp.array([[0.0, 1.0]]), jnp.array([[2.0, 1.0]]))
        Array([2.], dtype=float32)

    Reference:
        D. E. Rumelhart, G. E. Hinton, R. J. Williams, 1986, Learning representations by back-propagating
        errors, eq. 3.
    """

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return half the sum of squared errors of each row."""
        target = matched("half_squared_error", target, prediction)
        return 0.5 * jnp.sum(jnp.square(prediction - target), axis=tuple(range(1, prediction.ndim)))

    def of_steps(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], shape: tuple[int, ...]
    ) -> Float[Array, "batch *steps"]:
        """Return half the sum of squared errors of each step, times the number of steps."""
        return prod(shape[1:]) * Loss.of_steps(self, target, prediction, shape)


@declaration
class MeanAbsoluteError(Loss):
    """The mean absolute error.

    Robust to outliers; the optimal prediction is the median. Since the gradient does not decrease near the minimum,
    a decaying learning rate helps.

        C = mean_k |a_k - y_k|

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean absolute error."""
        target = matched("mean_absolute_error", target, prediction)
        return row_means(jnp.abs(prediction - target))


@declaration
class MeanAbsolutePercentageError(Loss):
    """The mean absolute percentage error.

    For positive targets that span several orders of magnitude. It diverges for targets near 0.

        C = 100 mean_k |y_k - a_k| / max(|y_k|, 1e-7)

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return the mean absolute percentage error of each row."""
        target = matched("mean_absolute_percentage_error", target, prediction)
        return 100.0 * row_means(jnp.abs(prediction - target) / jnp.maximum(jnp.abs(target), EPSILON))


@declaration
class MeanSquaredLogarithmicError(Loss):
    """The mean squared logarithmic error.

    For positive targets whose relative errors matter; values below 0 are treated as 0.

        C = mean_k (log(1 + y_k) - log(1 + a_k))^2

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean squared difference of logarithms."""
        target = matched("mean_squared_logarithmic_error", target, prediction)
        wanted, answered = (jnp.log1p(jnp.maximum(x, EPSILON)) for x in (target, prediction))
        return row_means(jnp.square(wanted - answered))


@declaration
class Huber(Loss):
    """The Huber loss: quadratic for small errors, linear for large ones.

    For regression with outliers: smooth at the minimum like the squared error, with a gradient of at most ``delta``.

        C = mean_k  e^2 / 2                      where |e| <= delta, e = a_k - y_k
                    delta |e| - delta^2 / 2      elsewhere

    Args:
        delta: The error, in the unit of the target, beyond which the loss is linear. Default 1, as in Keras, for
            targets with a standard deviation of about 1.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        InvalidValue: If ``delta`` is not above 0.
        ShapeError: If the shapes differ.

    Reference:
        P. J. Huber, 1964, Robust estimation of a location parameter.
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        if not self.delta > 0:
            raise InvalidValue(f"Huber: delta={self.delta!r}; expected a number above 0.")

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean Huber loss."""
        error = jnp.abs(prediction - matched("huber", target, prediction))
        delta = jnp.asarray(self.delta, error.dtype)
        near = jnp.minimum(error, delta)  # e^2 / 2 up to delta and delta (e - delta) beyond, in one expression
        return row_means(near * (error - 0.5 * near))


@declaration
class LogCosh(Loss):
    """The log-cosh loss: the logarithm of the hyperbolic cosine of the error.

    Similar to the Huber loss, but infinitely differentiable: about e^2 / 2 for small e, |e| - log 2 for large e.

        C = mean_k log cosh(a_k - y_k)

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean log cosh."""
        error = jnp.abs(prediction - matched("log_cosh", target, prediction))
        # The formula of Keras, e + softplus(-2 e) - log 2, loses all digits for errors below 1e-3 in float32.
        return row_means(error + jnp.log1p(0.5 * jnp.expm1(-2.0 * error)))


@declaration
class CosineSimilarity(Loss):
    """The negative cosine similarity of target and prediction.

    For vectors whose direction matters and not their length, such as embeddings. The minimum is -1.

        C = -sum_k (y_k / |y|) (a_k / |a|)

    Shapes: targets and predictions, both ``(batch, ..., features)``.

    Raises:
        ShapeError: If the shapes differ, or there is no axis besides the batch.
    """

    @property
    def meaning(self) -> Meaning:
        """Directions, so the length of targets does not matter."""
        return Meaning(targets=Amounts(reachable=False))

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return the negative cosine similarity of each row."""
        return -cosine("cosine_similarity", target, prediction)


def cosine(
    name: str, target: Num[Array, "batch *places features"], prediction: Float[Array, "batch *places features"]
) -> Float[Array, "batch"]:
    """Return the cosine similarity along the last axis; 0 for a zero vector."""
    target = matched_rows(name, target, prediction)
    return row_means(jnp.sum(_unit(target) * _unit(prediction), axis=-1))


def _unit(x: Float[Array, "batch *places features"]) -> Float[Array, "batch *places features"]:
    square = jnp.sum(jnp.square(x), axis=-1, keepdims=True)
    return x * jax.lax.rsqrt(jnp.maximum(square, EPSILON**2))
