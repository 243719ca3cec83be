"""Direct feedback alignment: the error of the output is sent to every layer at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import ClassVar

from jax import Array

from .. import random
from ..declaration import declaration
from ..layers.costs import costs_of
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
from .backprop import send_back, warn_of_steps
from .chain import chain
from .facts import RECURRENT, Facts
from .feedback_alignment import tanh_layers
from .rule import Batch, Rule, Signal


@declaration
class DirectFeedbackAlignment(Rule):
    """Direct feedback alignment: send the error of the output to every layer directly, through fixed random weights.

    When to use: to study learning without errors that pass from layer to layer; all layers could learn at the same
    time. It is as good as feedback alignment in dense networks and better in very deep ones. Convolutions learn less
    well.

        delta^L = e = dC/dz^L
        delta^l = (B_l e) * f'(z^l)
        delta W^l = - learning_rate delta^l a^(l-1)'

    The network is cut into links with one learned layer each. B_l e is the error at the activity of link l, whose axes
    except the batch are flattened for the product. Within the link, through its activation or pooling, the error is
    propagated by the chain rule. B_l is normally distributed. It is not stored: the same key gives the same weights in
    every step.

    Args:
        scale: The standard deviation of B_l, in units of that of Glorot's initial weights between the link and the
            output. With 1, errors are about as large as those that backprop sends from the last layer to the one below
            before training.

    Raises:
        InvalidValue: If the scale is not above 0, or the network is not a sequence of layers.

    Example:
        >>> DirectFeedbackAlignment()
        DirectFeedbackAlignment()

    Reference:
        A. Nøkland, 2016, Direct feedback alignment provides learning in deep neural networks, eq. 7.
    """

    takes_costs: ClassVar[bool] = True
    facts: ClassVar[Facts | None] = Facts(
        "Nøkland 2016",
        local=True,
        symmetric_weights=False,
        phases=2,
        global_error=True,
        notes={"local": RECURRENT},
    )

    scale: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"scale": ABOVE_ZERO})

    def check(self, network: Layer, objective: Objective | None) -> None:
        warn_of_steps(network, below=False)

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the key of the random weights."""
        chain(network, params)  # raises if the network is not a sequence
        return {"key": key}

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
        record, new_state = network.forward(params, batch.x, state, context)
        links = chain(network, params)
        records = links.records(record)
        loss, last = send_back(links.links[-1], records[-1], batch, objective)
        gradients = [
            link.backward(own, self.sent(place, last.delta, own.activity.shape, memory)).gradient
            for place, (link, own) in enumerate(zip(links.links[:-1], records[:-1], strict=True))
        ]
        return Signal(
            loss, links.join([*gradients, last.gradient]), record.activity, new_state, memory, costs=costs_of(record)
        )

    def sent(
        self, place: int, error: Float[Array, "batch *outputs"], shape: Sequence[int], memory: Memory
    ) -> Float[Array, "batch *shape"]:
        """Return the error of the output as it arrives at the activity of a link."""
        flat = error.reshape(shape[0], -1)  # (batch, outputs)
        weights = self.weights_to(place, flat.shape[1], prod(shape[1:]), memory)
        return (flat @ weights.astype(flat.dtype)).reshape(shape)

    def weights_to(self, place: int, outputs: int, units: int, memory: Memory) -> Float[Array, "outputs units"]:
        """Return the transposed B_l of a link; the same in every step."""
        size = self.scale * sqrt(2 / (outputs + units))
        return size * random.normal(random.fold(memory["key"], place), (outputs, units))

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return tanh_layers(units, last)
