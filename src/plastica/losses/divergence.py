"""The Kullback-Leibler divergence between distributions over classes."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ..activations import Activation
from ..declaration import declaration
from ..typing import Float, Num
from .class_targets import SHARES
from .logits import on_softmax
from .loss import Loss
from .meaning import Meaning, of_shares
from .regression import EPSILON
from .shapes import matched_rows, row_means


@declaration
class KLDivergence(Loss):
    """The Kullback-Leibler divergence of the target distribution from the prediction.

    For soft targets, such as in knowledge distillation. It has the gradient of the cross-entropy, but its minimum is
    0.

        C = sum_k y_k log(y_k / a_k)

    Args:
        from_logits: Whether predictions are logits z; not needed after ``"softmax"``.

    Shapes: targets and predictions, both ``(batch, ..., classes)``.

    Raises:
        ShapeError: If the shapes differ or there is no axis of classes.

    Reference:
        S. Kullback, R. A. Leibler, 1951, On information and sufficiency.
    """

    from_logits: bool = False

    @property
    def meaning(self) -> Meaning:
        """Probabilities of mutually exclusive classes."""
        return of_shares(self.from_logits, SHARES)

    def values(
        self, target: Num[Array, "batch *places classes"], prediction: Float[Array, "batch *places classes"]
    ) -> Float[Array, "batch"]:
        """Return each row's divergence."""
        target = jnp.clip(matched_rows("kl_divergence", target, prediction), EPSILON, 1.0)
        if self.from_logits:
            log_share = jax.nn.log_softmax(prediction)
        else:
            log_share = jnp.log(jnp.clip(prediction, EPSILON, 1.0))
        return row_means(jnp.sum(target * (jnp.log(target) - log_share), axis=-1))

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for logits if the last activation is the softmax."""
        return on_softmax(self, activation)
