"""Backpropagation: the chain rule as a recursion over the layers."""

from __future__ import annotations

import warnings
from typing import ClassVar

import jax
from jax import Array

from ..activations import Heaviside
from ..declaration import declaration
from ..errors import PlasticaWarning
from ..layers.costs import costs_of
from ..layers.in_network import as_float
from ..layers.layer import Context, Errors, Layer, Params, Record, State
from ..layers.walk import walk
from ..losses import Objective
from ..typing import Float, Memory, PyTree
from .facts import Facts
from .rule import Batch, Rule, Signal


@declaration
class Backprop(Rule):
    """Backpropagation: the gradient of the loss, propagated back from layer to layer.

    When to use: as a first choice. It is exact, fast, and defined for every layer.

    With z^l = W^l a^(l-1) + b^l and a^l = f(z^l), the errors delta^l = dC/dz^l are

        delta^L = dC/da^L * f'(z^L)
        delta^l = (W^(l+1)' delta^(l+1)) * f'(z^l)
        dC/dW^l = delta^l a^(l-1)',  dC/db^l = delta^l

    If the loss is computed from the last potential (cross-entropy with softmax or sigmoid), delta^L is its derivative
    there, which is a^L - y for both.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(1)])
        >>> model.compile(rule="backprop", loss="mse")

    Reference:
        D. E. Rumelhart, G. E. Hinton, R. J. Williams, 1986, Learning representations by back-propagating errors,
        eq. 4 to 7.
    """

    takes_costs: ClassVar[bool] = True
    takes_rewards: ClassVar[bool] = True
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
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        # Written out layer by layer rather than as jax.grad of the loss: feedback alignment replaces the way back of
        # each layer, and traces show the error of each. Tests hold it equal to jax.grad.
        record, new_state = network.forward(params, batch.x, state, context, self.feedback(params, memory))
        loss, errors = send_back(network, record, batch, objective)
        return Signal(loss, errors.gradient, record.activity, new_state, memory, costs=costs_of(record))

    @property
    def suits_all_layers(self) -> bool:
        """Whether this is backpropagation, or a rule derived from it that suggests no layers of its own."""
        return type(self).layers_for is Rule.layers_for

    @property
    def follows_gradient(self) -> bool:
        """Whether this is backpropagation, without rules derived from it that send errors back in other ways."""
        own = type(self)
        return own.signal is Backprop.signal and own.feedback is Backprop.feedback

    def check(self, network: Layer, objective: Objective | None) -> None:
        warn_of_steps(network)

    def feedback(self, params: Params, memory: Memory) -> Params | None:
        """Return the parameters that propagate errors back; None for those of the network itself."""
        return None


def send_back(network: Layer, record: Record, batch: Batch, objective: Objective) -> tuple[Float[Array, ""], Errors]:
    """Return the loss of the batch, and the error and the gradient of every layer."""

    def loss_at(prediction: PyTree) -> Float[Array, ""]:
        # In float32 also where the network computed in bfloat16.
        return objective.mean(batch.y, jax.tree.map(as_float, prediction), batch.weight, batch.size, batch.within)

    # Where loss and last activation have a joint form, such as cross-entropy of a softmax, the error is taken at the
    # potential: through the activation it would be 0 / 0 for a saturated unit.
    loss, delta = jax.value_and_grad(loss_at)(objective.read(record.potential, record.activity))
    return loss, network.backward_potential(record, objective.at_last_potential(delta, record.pull_activation))


def warn_of_steps(network: Layer, below: bool = True) -> None:
    """Warn if units that learn are followed by a step function, which propagates no error back.

    Args:
        network: The network.
        below: Whether the layers below such units receive errors in no other way.
    """
    unreached = ""
    for path, layer, _ in walk(network):
        # The first layer that is cut off is named, since all between it and the step function are as well; rules whose
        # layers learn alone have only the last one to name.
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
