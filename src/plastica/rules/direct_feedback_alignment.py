"""Direct feedback alignment: the output's error goes to every layer at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any, ClassVar

import jax

from .. import random
from ..declaration import declaration
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .backprop import send_back, warn_of_steps
from .chain import chain
from .facts import RECURRENT, Facts
from .feedback_alignment import tanh_layers
from .rule import Batch, Rule, Signal


@declaration
class DirectFeedbackAlignment(Rule):
    """Send the error of the output straight to every layer, each by random weights of its own.

    No error passes from layer to layer, so all layers could learn at the same time. As good as feedback alignment in
    dense networks, and better in very deep ones; convolutions learn less well.

        delta^L = e = dC/dz^L
        delta^l = (B_l e) * f'(z^l)
        delta W^l = - learning_rate delta^l a^(l-1)'

    A network is cut into links of one learned layer each; B_l e is the error at the activity of link l (all its
    numbers in one row, whatever their shape), and within the link, through its activation or pooling, it goes back by
    the chain rule. B_l is normal around 0. It is not kept: the same key draws the same weights in every step.

    Args:
        scale: How large B_l is, in units of Glorot's initial weights between the link and the output: 1 sends errors
            about as large as backprop does from the last layer to the one below before anything is learned.

    Raises:
        InvalidValue: For a scale that is not above 0, and for a network that is no sequence of layers.

    Example:
        >>> DirectFeedbackAlignment()
        DirectFeedbackAlignment()

    Reference:
        Nøkland (2016), Direct feedback alignment provides learning in deep neural networks, equation 7.
    """

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

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return the key that draws the random weights."""
        chain(network, params)  # says so where the network is no sequence
        return {"key": key}

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
        record, new_state = network.forward(params, batch.x, state, context)
        links = chain(network, params)
        records = links.records(record)
        loss, last = send_back(links.links[-1], records[-1], batch, objective)
        gradients = [
            link.backward(own, self.sent(place, last.delta, own.activity.shape, memory)).gradient
            for place, (link, own) in enumerate(zip(links.links[:-1], records[:-1], strict=True))
        ]
        return Signal(loss, links.join([*gradients, last.gradient]), record.activity, new_state, memory)

    def sent(self, place: int, error: jax.Array, shape: Sequence[int], memory: Any) -> jax.Array:
        """Return the output's error as it arrives at the activity of a link, ``shape``."""
        flat = error.reshape(shape[0], -1)  # (batch, outputs)
        weights = self.weights_to(place, flat.shape[1], prod(shape[1:]), memory)
        return (flat @ weights.astype(flat.dtype)).reshape(shape)

    def weights_to(self, place: int, outputs: int, units: int, memory: Any) -> jax.Array:
        """Return the transposed B_l of a link, ``(outputs, units)``; always the same."""
        size = self.scale * sqrt(2 / (outputs + units))
        return size * random.normal(random.fold(memory["key"], place), (outputs, units))

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return tanh_layers(units, last)
