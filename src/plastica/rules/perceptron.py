"""The perceptron: learn from mistakes alone."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from .. import activations
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Layer
from ..losses import Objective
from ..optimizers import SGD, Optimizer
from .facts import LAST_LAYER_ALONE, Facts
from .last_layer import LastLayerRule

_DECIDE = (activations.Heaviside, activations.Sigmoid, activations.Softmax)


@declaration
class Perceptron(LastLayerRule):
    """Where the decision is wrong, add the input to the unit that should have spoken and take it from the one that did.

    For classes that a plane can tell apart: it finds one after at most (R / gamma)^2 mistakes, for inputs no longer
    than R and classes gamma away from some plane through the origin. It never ends on others, such as XOR, unless
    fixed units before it make them separable. Only the last layer that learns moves; those before it stay as they
    were drawn, as Rosenblatt's association units do.

        one unit, or a yes or no for each: w <- w + learning_rate (t - o) x, with t and o 0 or 1
        one class out of several: w_right <- w_right + learning_rate x, w_rival <- w_rival - learning_rate x

    o is the unit's decision, 1 where its potential w'x + b is above 0. The rival is the strongest of the wrong classes;
    the row counts where it is not below the right class. A potential of exactly 0, or a tie, counts as a mistake, so
    that weights may start at 0, as Novikoff's theorem has it. The usual step is SGD with the rate 1 and, with
    ``batch_size=1``, the textbook's; larger batches take the mean over the rows.

    Targets are 0 and 1, -1 and 1 or shares (a yes is above one half), class numbers or one-hot, as the loss has them.

    Raises:
        InvalidValue: For a loss of numbers, where nothing decides; for a last layer that is not units with one kernel.

    Reference:
        Rosenblatt (1958), The perceptron: a probabilistic model for information storage and organization in the brain;
        Novikoff (1962), On convergence proofs on perceptrons; Duda, Hart (1973), Pattern classification and
        scene analysis, chapter 5, for several classes (Kesler's construction).
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
                f"Perceptron: {type(objective.loss).__name__} over {network.output_activation!r} is for numbers, "
                'and the perceptron decides between classes. Take a loss for classes, such as "hinge" or '
                '"sparse_categorical_crossentropy"; a last layer with activation="heaviside"; or the rule "delta".'
            )

    def error(self, network: Layer, objective: Objective, y: jax.Array, potential: jax.Array) -> jax.Array:
        meaning = objective.loss.meaning
        target = meaning.targets.spread(type(self).__name__, y, potential)
        if meaning.exclusive or isinstance(network.output_activation, activations.Softmax):
            return _rival_less_right(target, potential)
        yes = target > 0.5  # so for 0 and 1, for -1 and 1, and for shares
        return jnp.where(yes, -1.0, 1.0) * jnp.where(yes, potential <= 0, potential >= 0)


def _rival_less_right(target: jax.Array, potential: jax.Array) -> jax.Array:
    units = potential.shape[-1]
    right = jax.nn.one_hot(jnp.argmax(target, -1), units, dtype=potential.dtype)
    rival = jax.nn.one_hot(jnp.argmax(jnp.where(right > 0, -jnp.inf, potential), -1), units, dtype=potential.dtype)
    lead = jnp.sum((right - rival) * potential, -1, keepdims=True)
    return jnp.where(lead > 0, 0.0, rival - right)
