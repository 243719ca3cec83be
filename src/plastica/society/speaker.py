"""Speaker: what a member answers, and how far answers are from those of others."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer, Params, Shape, State
from ..losses import OutputLosses
from ..model import Model
from ..typing import Float, PyTree

# Probabilities of classes that exclude each other, probabilities of yes, or amounts.
AnswerKind = Literal["classes", "labels", "values"]
LEAST = 1e-7  # probability


@declaration
class Speaker(Declaration):
    """What members say when they are asked: the network, and what its outputs mean.

    Args:
        network: The network.
        kind: What it answers.
        logits: Whether its outputs are logits.
    """

    network: Layer
    kind: AnswerKind
    logits: bool = False

    def answer(self, params: Params, state: State, x: PyTree) -> Float[Array, "rows outputs"]:
        """Return the answers of one member: probabilities, or amounts."""
        potential, _ = self.network.synapse(params, self.network.cast_inputs(x), state, INFERENCE)
        found = self.network.activate(potential)
        found = found.reshape(found.shape[0], -1)
        if not self.logits or self.kind == "values":
            return found
        return jax.nn.softmax(found) if self.kind == "classes" else jax.nn.sigmoid(found)

    def difference(
        self, answers: Float[Array, "rows outputs"], wanted: Float[Array, "rows outputs"]
    ) -> Float[Array, "rows"]:
        """Return how far answers are from those wanted: the cross-entropy, or half the squared error."""
        if self.kind == "values":
            return 0.5 * jnp.square(answers - wanted).sum(-1)
        found = jnp.clip(answers, LEAST, 1 - LEAST)
        if self.kind == "classes":
            return -(wanted * jnp.log(found)).sum(-1)
        return -(wanted * jnp.log(found) + (1 - wanted) * jnp.log1p(-found)).sum(-1)

    def confidence(self, answers: Float[Array, "*members rows outputs"]) -> Float[Array, "*members rows"]:
        """Return how sure answers are: the probability of the likeliest class; 1 for amounts."""
        if self.kind == "values":
            return jnp.ones(answers.shape[:-1])
        if self.kind == "classes":
            return answers.max(-1)
        return jnp.maximum(answers, 1 - answers).mean(-1)

    def score(
        self, answers: Float[Array, "*members rows outputs"], truth: Float[Array, "rows outputs"]
    ) -> Float[Array, "*members"]:
        """Return the accuracy of answers; of amounts the share of the variance that they explain (R²)."""
        if self.kind == "classes":
            return (answers.argmax(-1) == truth.argmax(-1)).mean(-1)
        if self.kind == "labels":
            return ((answers > 0.5) == (truth > 0.5)).mean((-2, -1))
        error = jnp.square(answers - truth).sum((-2, -1))
        return 1 - error / jnp.maximum(jnp.square(truth - truth.mean(0)).sum(), LEAST)

    def opposite(self, answers: Float[Array, "*members rows outputs"]) -> Float[Array, "*members rows outputs"]:
        """Return a lie: the likeliest class is said to be the least likely, and amounts have the other sign."""
        if self.kind == "values":
            return -answers
        if self.kind == "labels":
            return 1 - answers
        lie = answers.max(-1, keepdims=True) + answers.min(-1, keepdims=True) - answers
        return lie / lie.sum(-1, keepdims=True)

    def sharpened(self, answers: Float[Array, "*members rows outputs"], power: Array | float) -> Array:
        """Return answers in which the majority counts more than its share, for a power above 1."""
        if self.kind == "values":
            return answers
        found = jnp.clip(answers, LEAST, 1.0) ** power
        if self.kind == "classes":
            return found / found.sum(-1, keepdims=True)
        return found / (found + jnp.clip(1 - answers, LEAST, 1.0) ** power)


def speaker_of(model: Model, shape: Shape) -> Speaker:
    """Return what a compiled model says, from its loss.

    Args:
        model: The model.
        shape: The shape of its output for one row.

    Raises:
        InvalidValue: If it has several outputs, or its outputs are margins.
    """
    loss = model.compiled.loss
    if loss is None or isinstance(loss, OutputLosses):
        raise InvalidValue(
            "Society: members exchange the answers of one output with one loss; compile the model with a loss such as "
            '"sparse_categorical_crossentropy" or "mse".'
        )
    meaning = loss.for_one_answer(shape)[0].meaning
    if meaning.outputs == "margins":
        raise InvalidValue("Society: the outputs of this loss are margins; use a loss of probabilities, or mse.")
    if meaning.outputs == "values" or not meaning.decides:
        return Speaker(model.network, "values")
    return Speaker(model.network, "classes" if meaning.exclusive else "labels", meaning.outputs == "potentials")
