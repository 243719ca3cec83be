"""Learning without forgetting: the old network teaches the new one on the new rows."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer, Params, State
from ..rules import Batch
from ..typing import Bool, Float, Memory, Num
from .objectives import StepObjective, log_probabilities, together
from .strategy import ContinualStrategy, LearnedExperience, OutputForm, known_classes


@declaration
class LearningWithoutForgetting(ContinualStrategy):
    r"""Learning without forgetting (LwF): on new rows, the network keeps giving the answers of its former self.

    When to use: if no rows may be kept, and new rows resemble the old ones.

    With :math:`y_o` the probabilities of the old classes by the network as it was before the experience,
    :math:`\hat y_o` those it gives now, and :math:`y'` probabilities raised to the power :math:`1/T` and normalized,

    .. math:: L = L_{new} - \lambda_o \sum_{c\ \mathrm{old}} y_{o,c}' \log \hat y_{o,c}'

    With tasks the sum is over all earlier tasks, each with its own softmax. For numbers, the mean squared difference
    from the old answers takes the place of the cross-entropy.

    Args:
        strength: The constant :math:`\lambda_o`; 1 in the paper.
        temperature: The constant :math:`T`; 2 in the paper, so that small probabilities count.

    Raises:
        InvalidValue: If the strength is negative or the temperature not above 0.

    Reference:
        Z. Li, D. Hoiem (2016), Learning without forgetting, section 3 and equations 2 to 4; G. Hinton, O. Vinyals,
        J. Dean (2015), Distilling the knowledge in a neural network.
    """

    strength: float = 1.0
    temperature: float = 2.0
    label: ClassVar[str] = "lwf"

    def __post_init__(self) -> None:
        if self.strength < 0 or self.temperature <= 0:
            raise InvalidValue(f"{self!r}: expected a strength of at least 0 and a temperature above 0.")

    def begin(self, params: Params, form: OutputForm) -> Memory:
        old = np.zeros(form.classes if form.kind == "classes" else 1, bool)
        return {"teacher": params, "old": jnp.asarray(old)}

    def objective(
        self,
        objective: StepObjective,
        memory: Memory,
        network: Layer,
        params: Params,
        state: State,
        batch: Batch,
    ) -> StepObjective:
        taught, _ = network.synapse(memory["teacher"], batch.x, state, INFERENCE)
        form, old = objective.form, memory["old"]

        def distilled(
            logits: Float[Array, "batch *outputs"], weight: Float[Array, "batch"], size: Num[Array, ""]
        ) -> Float[Array, ""]:
            rows = distillation(form, old, taught, logits, self.temperature)
            return self.strength * jnp.sum(jnp.where(weight == 0, 0.0, rows * weight)) / size

        return objective.adding(distilled)

    def consolidate(self, memory: Memory, learned: LearnedExperience) -> Memory:
        if learned.form.kind != "classes":
            return {"teacher": learned.params, "old": jnp.ones_like(memory["old"])}
        own = known_classes(learned.classes, learned.form.classes)
        return {"teacher": learned.params, "old": jnp.logical_or(memory["old"], own)}


def distillation(
    form: OutputForm,
    old: Bool[Array, "classes"],
    taught: Float[Array, "batch *outputs"],
    logits: Float[Array, "batch *outputs"],
    temperature: Float[Array, ""] | float,
) -> Float[Array, "batch"]:
    """Return how far the answers of each row are from those taught: a cross-entropy, or a mean squared difference."""
    if form.kind == "numbers":
        return jnp.where(old[0], 1.0, 0.0) * jnp.mean(jnp.square(logits - taught).reshape(logits.shape[0], -1), -1)
    if form.kind == "binary":
        chance, warm = jax.nn.sigmoid(taught[:, 0] / temperature), logits[:, 0] / temperature
        return jnp.where(old[0], -1.0, 0.0) * (
            chance * jax.nn.log_sigmoid(warm) + (1 - chance) * jax.nn.log_sigmoid(-warm)
        )
    pairs = together(form, old)
    # New classes share no softmax: masked before the exponential, which would be infinite there and its gradient NaN.
    told = jnp.where(old, jnp.exp(jnp.where(old, log_probabilities(taught / temperature, pairs), 0.0)), 0.0)
    said = jnp.where(old, log_probabilities(logits / temperature, pairs), 0.0)
    return -jnp.sum(told * said, -1)
