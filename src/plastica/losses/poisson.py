"""The loss for counts."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..typing import Float, Num
from .loss import Loss
from .meaning import Meaning
from .regression import EPSILON
from .shapes import matched, row_means
from .targets import COUNTS


@declaration
class Poisson(Loss):
    """The Poisson loss: the negative log-likelihood of counts, up to a constant.

    The prediction is the expected count and must be positive, for example by softplus.

        C = mean_k a_k - y_k log(a_k + 1e-7)

    Shapes: targets and predictions, both ``(batch, ...)``.

    Raises:
        ShapeError: If the shapes differ.
    """

    @property
    def meaning(self) -> Meaning:
        """Expected counts."""
        return Meaning(targets=COUNTS)

    def values(
        self, target: Num[Array, "batch *shape"], prediction: Float[Array, "batch *shape"]
    ) -> Float[Array, "batch"]:
        """Return each row's mean loss."""
        target = matched("poisson", target, prediction)
        return row_means(prediction - target * jnp.log(prediction + EPSILON))
