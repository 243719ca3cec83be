"""The perceptron: learning from mistakes only."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from .. import activations
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Layer
from ..losses import Objective
from ..optimizers import SGD, Optimizer
from ..typing import Float, Num
from .facts import LAST_LAYER_ALONE, Facts
from .last_layer import LastLayerRule

_DECIDE = (activations.Heaviside, activations.Sigmoid, activations.Softmax)


@declaration
class Perceptron(LastLayerRule):
    """The perceptron: after a mistake, add the input to the correct unit and subtract it from the wrong one.

    When to use: for linearly separable classes. It finds a separating plane after at most (R / gamma)^2 mistakes, if no
    input is longer than R and all have a distance of at least gamma from some separating plane through the origin. For
    other classes, such as XOR, it never converges, unless layers with fixed weights make them separable. Only the last
    layer with parameters learns; those before it keep their initial weights, like Rosenblatt's association units.

        binary outputs: w <- w + learning_rate (t - o) x, with t and o 0 or 1
        exclusive classes: w_true <- w_true + learning_rate x, w_rival <- w_rival - learning_rate x

    o is the decision of the unit: 1 if its potential w'x + b is above 0. The rival is the wrong class with the largest
    potential; a row is a mistake if it is not below that of the true class. A potential of exactly 0, or a tie, is a
    mistake, so weights may start at 0, as in Novikoff's theorem. With the default optimizer, SGD with a learning rate
    of 1, and ``batch_size=1``, steps are those of the textbook; larger batches take the mean over the rows.

    Targets have the format of the loss: 0 and 1, -1 and 1, or probabilities (above one half is yes); class numbers or
    one-hot.

    Raises:
        InvalidValue: For a loss of regression, or if the last layer with parameters does not have a single kernel.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(1, "heaviside")])
        >>> model.compile(rule="perceptron", loss="hinge")

    Reference:
        F. Rosenblatt, 1958, The perceptron: a probabilistic model for information storage and organization in the
        brain.
        A. B. J. Novikoff, 1962, On convergence proofs on perceptrons.
        R. O. Duda, P. E. Hart, 1973, Pattern classification and scene analysis, chapter 5 (Kesler's construction for
        several classes).
    """

    facts: ClassVar[Facts | None] = Facts(
        "Rosenblatt 1958",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={
            "local": "With several classes, all units know which wrong class has the highest potential.",
            "labels": LAST_LAYER_ALONE,
        },
    )
    usual_optimizer: ClassVar[Optimizer] = SGD(1.0)

    def check(self, network: Layer, objective: Objective | None) -> None:
        if objective is None or objective.loss.meaning.decides:
            return
        if not isinstance(network.output_activation, _DECIDE):
            raise InvalidValue(
                f"Perceptron: {type(objective.loss).__name__} over {network.output_activation!r} is for "
                'regression, and the perceptron is for classification. Use a loss for classes, such as "hinge" or '
                '"sparse_categorical_crossentropy"; a last layer with activation="heaviside"; or the rule "delta".'
            )

    def error(
        self,
        network: Layer,
        objective: Objective,
        y: Num[Array, "batch *targets"],
        potential: Float[Array, "batch *places units"],
    ) -> Float[Array, "batch *places units"]:
        meaning = objective.loss.meaning
        target = meaning.targets.spread(type(self).__name__, y, potential)
        if meaning.exclusive or isinstance(network.output_activation, activations.Softmax):
            return _rival_less_right(target, potential)
        yes = target > 0.5  # holds for 0 and 1, -1 and 1, and probabilities
        return jnp.where(yes, -1.0, 1.0) * jnp.where(yes, potential <= 0, potential >= 0)


def _rival_less_right(
    target: Float[Array, "batch *places units"], potential: Float[Array, "batch *places units"]
) -> Float[Array, "batch *places units"]:
    # Per row: 1 for the rival, -1 for the true class, 0 for correct rows.
    units = potential.shape[-1]
    right = jax.nn.one_hot(jnp.argmax(target, -1), units, dtype=potential.dtype)
    rival = jax.nn.one_hot(jnp.argmax(jnp.where(right > 0, -jnp.inf, potential), -1), units, dtype=potential.dtype)
    lead = jnp.sum((right - rival) * potential, -1, keepdims=True)
    return jnp.where(lead > 0, 0.0, rival - right)
