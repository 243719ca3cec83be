"""Circle loss: vectors of one class close together, those of different classes apart."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..typing import Float, Num
from .loss import Loss
from .meaning import Meaning
from .targets import UNKNOWN


@declaration
class Circle(Loss):
    """The circle loss of unit vectors: similar within a class, dissimilar between classes.

    For embeddings of pictures or faces that are compared by their angle. The network ends in
    ``UnitNormalization()``; every row is compared with all other rows of its batch, so use batches with several rows of
    each class.

        C_i = softplus(log sum_j exp(g p_ij (d_ij - m)) + log sum_k exp(g n_ik (1 - m - d_ik)))

    with the cosine distances d of row i to rows j of its class and k of other classes, p = m + d, n = 1 + m - d.
    A batch has the mean over the rows that have both, as in Keras.

    Args:
        gamma: g, the scale.
        margin: m, the distance within a class below which pairs count little.
        remove_diagonal: Whether a row is not compared with itself.

    Shapes: targets ``(batch,)`` or ``(batch, 1)``, class numbers; predictions ``(batch, features)`` of length 1.

    Raises:
        InvalidValue: If ``gamma`` is not above 0.
        ShapeError: If targets or predictions have other shapes.

    Reference:
        Y. Sun, C. Cheng, Y. Zhang, C. Zhang, L. Zheng, Z. Wang, Y. Wei, 2020, Circle loss, eq. 6.
    """

    gamma: float = 80.0
    margin: float = 0.4
    remove_diagonal: bool = True

    def __post_init__(self) -> None:
        if not self.gamma > 0:
            raise InvalidValue(f"Circle: gamma={self.gamma!r}; expected a number above 0.")

    @property
    def meaning(self) -> Meaning:
        """Vectors, and the numbers of classes."""
        return Meaning(targets=UNKNOWN)

    @property
    def of_whole_batch(self) -> bool:
        """Every row is compared with the others."""
        return True

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Raise an error, since the loss of a row depends on the other rows.

        Raises:
            InvalidValue: Always.
        """
        raise InvalidValue(
            "Circle(): compares the rows of a batch, but a loss of each row alone is needed here. Use another loss."
        )

    def among(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the loss of each row among all rows given; 0 for a row without neighbours of both kinds."""
        return self._values(target, prediction, jnp.ones(prediction.shape[0], bool))

    def mean(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
    ) -> Float[Array, ""]:
        """Return the weighted mean over the rows with neighbours of both kinds."""
        real = jnp.arange(prediction.shape[0]) < size
        values = self._values(target, prediction, real)
        found = (values > 0) & real
        return jnp.sum(jnp.where(found, values * weight, 0.0)) / jnp.maximum(jnp.sum(found), 1)

    def _values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"], real: jax.Array
    ) -> Float[Array, "batch"]:
        rows = prediction.shape[0]
        if prediction.ndim != 2 or target.shape not in ((rows,), (rows, 1)):
            raise ShapeError(
                f"Circle: got targets of shape {target.shape} for predictions of shape {prediction.shape}; expected "
                "one class number, (batch,), and one vector, (batch, features), for each row."
            )
        number = target.reshape(-1).astype(jnp.int32)
        same = number[:, None] == number
        pairs = real[:, None] & real
        near = same & pairs & ~jnp.eye(rows, dtype=bool) if self.remove_diagonal else same & pairs
        distance = jnp.maximum(1 - prediction @ prediction.T, 0.0)
        attract = self.gamma * jnp.maximum(self.margin + distance, 0.0) * (distance - self.margin)
        repel = self.gamma * jnp.maximum(1 + self.margin - distance, 0.0) * (1 - self.margin - distance)
        return jax.nn.softplus(_log_sum(attract, near) + _log_sum(repel, ~same & pairs))


def _log_sum(exponents: jax.Array, chosen: jax.Array) -> jax.Array:
    """Return the logarithm of the sum of exponentials over the chosen pairs of each row; -inf if there are none."""
    some = jnp.any(chosen, axis=1)
    safe = jnp.where(chosen | ~some[:, None], exponents, -jnp.inf)  # a row of -inf alone has no derivative
    return jnp.where(some, jax.nn.logsumexp(safe, axis=1), -jnp.inf)
