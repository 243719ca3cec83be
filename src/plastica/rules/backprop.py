"""Backprop: the chain rule, written out as the recursion of the textbook."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import jax

from ..activations import Heaviside
from ..declaration import declaration
from ..errors import PlasticaWarning
from ..layers.layer import Context, Errors, Layer, Params, Record, State
from ..layers.walk import walk
from ..losses import Objective
from .facts import Facts
from .rule import Batch, Rule, Signal


@declaration
class Backprop(Rule):
    """Follow the gradient of the loss, sent back from layer to layer.

    The rule to begin with: exact, fast, and defined for every layer.

    With z^l = W^l a^(l-1) + b^l and a^l = f(z^l), the errors delta^l = dC/dz^l obey

        delta^L = dC/da^L * f'(z^L)
        delta^l = (W^(l+1)' delta^(l+1)) * f'(z^l)
        dC/dW^l = delta^l a^(l-1)',  dC/db^l = delta^l

    Where the loss is computed from the last potential (softmax or sigmoid with cross-entropy), delta^L is
    its derivative there, which for both is simply a^L - y.

    Reference:
        Rumelhart, Hinton, Williams (1986), Learning representations by back-propagating errors, equations
        4 to 7.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Rumelhart, Hinton, Williams 1986",
        local=False,
        symmetric_weights=True,
        phases=2,
        global_error=False,
        notes={
            "local": "A change is the product of values at the two ends of a connection, but the error there was "
            "propagated through copies of the forward weights."
        },
    )

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        record, new_state = network.forward(params, batch.x, state, context, self.feedback(params, memory))
        loss, errors = send_back(network, record, batch, objective)
        return Signal(loss, errors.gradient, record.activity, new_state, memory)

    @property
    def suits_all_layers(self) -> bool:
        """Whether this is backpropagation, or a rule derived from it that suggests no layers of its own."""
        return type(self).layers_for is Rule.layers_for

    def check(self, network: Layer, objective: Objective | None) -> None:
        warn_of_steps(network)

    def feedback(self, params: Params, memory: Any) -> Params:
        """Return the parameters through which errors travel back; None for the network's own."""
        return None


def send_back(network: Layer, record: Record, batch: Batch, objective: Objective) -> tuple[jax.Array, Errors]:
    """Return the batch's loss, and every layer's error and gradient."""

    def loss_at(prediction: jax.Array) -> jax.Array:
        return objective.mean(batch.y, prediction, batch.weight, batch.size, batch.within)

    loss, delta = jax.value_and_grad(loss_at)(objective.read(record.potential, record.activity))
    return loss, network.backward_potential(record, objective.at_last_potential(delta, record.pull_activation))


def warn_of_steps(network: Layer, below: bool = True) -> None:
    """Warn where units that learn stand at or before a step: no error comes back through it.

    Args:
        network: The network.
        below: Whether layers below such units hear of errors from nowhere else.
    """
    unreached = ""
    for path, layer, _ in walk(network):
        if layer.linear_units and not (below and unreached):
            unreached = path
        if unreached and isinstance(layer.output_activation, Heaviside):
            what = f"there or before it, from {unreached} on," if below else f"by it, {unreached},"
            warnings.warn(
                f"{path}: a step function has gradient 0, so no error is propagated back through it, and what learns "
                f'{what} keeps its initial weights. Use sigmoid or tanh, or the rule "perceptron".',
                PlasticaWarning,
                stacklevel=2,
            )
            return
