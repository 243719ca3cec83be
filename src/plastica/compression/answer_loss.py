"""The loss of answers that a program gives, whose last activation is one of its operations."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..losses import Loss, MeanSquaredError
from ..typing import Float, Num

LEAST = 1e-7


@declaration
class AnswerCrossentropy(Loss):
    r"""The cross-entropy of probabilities, as a program answers them, with targets that are probabilities too.

    .. math:: C = -\sum_k y_k \log a_k

    Args:
        independent: Whether outputs are the probabilities of labels, each yes or no, rather than of classes.

    Shapes: targets and predictions, both ``(batch, outputs)``.
    """

    independent: bool = False

    def values(
        self, target: Num[Array, "batch outputs"], prediction: Float[Array, "batch outputs"]
    ) -> Float[Array, "batch"]:
        log = jnp.log(jnp.clip(prediction, LEAST, 1.0))
        if not self.independent:
            return -jnp.sum(target * log, -1)
        return -jnp.mean(target * log + (1 - target) * jnp.log(jnp.clip(1 - prediction, LEAST, 1.0)), -1)


def answer_loss(task: str, outputs: int) -> Loss:
    """Return the loss of what a program answers.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        outputs: The number of outputs; one for two classes is the probability of the second.
    """
    if task == "regression":
        return MeanSquaredError()
    return AnswerCrossentropy(task == "multilabel" or outputs == 1)
