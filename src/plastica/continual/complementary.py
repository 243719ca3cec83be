"""Complementary learning systems: a network that learns, and two slow averages of it that remember."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer, Params, State
from ..random import Key
from ..rules import Batch
from ..typing import Float, Memory, Num
from .buffers import ReservoirBuffer
from .objectives import StepObjective
from .strategy import BufferStore, ContinualStrategy, OutputForm, RowStore, class_numbers


@declaration
class ComplementaryLearning(ContinualStrategy):
    r"""Complementary learning systems (CLS-ER): fast weights learn, two slow memories of them teach, one answers.

    When to use: with a small buffer of rows; the averages make up for what a small buffer does not show. The answers
    are those of the stable memory.

    As hippocampus and neocortex, the network learns fast with replayed rows, while a plastic and a stable memory follow
    it as moving averages :math:`\theta_m \leftarrow \alpha \theta_m + (1 - \alpha) \theta`, each updated in a step with
    a probability :math:`r`. For replayed rows the logits of whichever memory gives the true class the higher
    probability are kept:

    .. math:: L = L_{CE}(\theta) + \lambda \, \mathrm{mean} (f_\theta(x) - f_{chosen}(x))^2

    Args:
        size: The number of rows in the buffer, a reservoir sample.
        strength: The constant :math:`\lambda`. All defaults are those of the authors' code for split MNIST and 500
            rows, except that the batch has as many old rows as new ones.
        plastic_rate: The probability :math:`r_P` of updating the plastic memory in a step.
        stable_rate: The probability :math:`r_S` of updating the stable memory; lower, so that it is the slower one.
        plastic_decay: The constant :math:`\alpha_P`.
        stable_decay: The constant :math:`\alpha_S`.

    Raises:
        InvalidValue: If a number is out of range.

    Reference:
        E. Arani, F. Sarfraz, B. Zonooz (2022), Learning fast, learning slow: a general continual learning method based
        on complementary learning system, algorithm 1. J. L. McClelland, B. L. McNaughton, R. C. O'Reilly (1995), Why
        there are complementary learning systems in the hippocampus and neocortex.
    """

    size: int = 500
    strength: float = 2.0
    plastic_rate: float = 1.0
    stable_rate: float = 0.9
    plastic_decay: float = 0.99
    stable_decay: float = 0.99
    label: ClassVar[str] = "cls"
    rehearses: ClassVar[str] = "batch"

    def __post_init__(self) -> None:
        shares = (self.plastic_rate, self.stable_rate, self.plastic_decay, self.stable_decay)
        if self.size < 1 or self.strength < 0 or not all(0 <= each <= 1 for each in shares):
            raise InvalidValue(
                f"{self!r}: expected at least 1 row, a strength of at least 0, and rates and decays from 0 to 1."
            )

    def begin(self, params: Params, form: OutputForm) -> Memory:
        return {"plastic": params, "stable": params, "steps": jnp.zeros((), jnp.int32)}

    def observe(self, memory: Memory, params: Params, key: Key) -> Memory:
        steps, chances = memory["steps"], random.uniform(key, (2,))
        told = (("plastic", self.plastic_rate, self.plastic_decay), ("stable", self.stable_rate, self.stable_decay))
        made = {"steps": steps + 1}
        for place, (name, rate, decay) in enumerate(told):
            # As in the authors' code, the average begins as that of all parameters so far.
            share = jnp.minimum(1 - 1 / (steps + 1), decay)
            share = jnp.where(chances[place] < rate, share, 1.0)
            made[name] = jax.tree.map(lambda m, w, share=share: share * m + (1 - share) * w, memory[name], params)
        return made

    def objective(
        self,
        objective: StepObjective,
        memory: Memory,
        network: Layer,
        params: Params,
        state: State,
        batch: Batch,
    ) -> StepObjective:
        count, form = objective.replayed, objective.form
        if not count:
            return objective
        old, labels = batch.x[:count], batch.y[:count]
        plastic, stable = (network.synapse(memory[each], old, state, INFERENCE)[0] for each in ("plastic", "stable"))
        # The memory that knows better, row by row.
        better = _error(form, stable, labels) < _error(form, plastic, labels)
        chosen = jnp.where(better[:, None], stable, plastic)

        def consistency(
            logits: Float[Array, "batch *outputs"], weight: Float[Array, "batch"], size: Num[Array, ""]
        ) -> Float[Array, ""]:
            return self.strength * jnp.mean(jnp.square(logits[:count] - chosen))

        return objective.adding(consistency)

    def answering(self, memory: Memory, params: Params) -> Params:
        return memory["stable"]

    def store(self, seed: int) -> RowStore:
        return BufferStore(ReservoirBuffer(self.size, seed))


def _error(
    form: OutputForm, logits: Float[Array, "rows *outputs"], target: Num[Array, "rows *targets"]
) -> Float[Array, "rows"]:
    """Return how wrong an answer is, row by row: the probability missing to the true class, or the squared error."""
    if form.kind == "numbers":
        return jnp.mean(jnp.square(logits - target.reshape(logits.shape)).reshape(logits.shape[0], -1), -1)
    labels = class_numbers(target)
    if form.kind == "binary":
        return jnp.abs(labels - jax.nn.sigmoid(logits[:, 0]))
    return 1 - jnp.take_along_axis(jax.nn.softmax(logits), labels[:, None], 1)[:, 0]
