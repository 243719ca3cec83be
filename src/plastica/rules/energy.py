"""Links with their parameters, for rules whose activities relax to a minimum of an energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.chain import Chain, cut
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from ..typing import Float
from .chain import chain
from .rule import Batch


class BoundLink(NamedTuple):
    """A link of a network with everything that it needs besides its inputs.

    Attributes:
        link: The link, a network with one learned layer.
        params: Its parameters.
        state: The state of its layers.
        context: The options of the pass.
    """

    link: Layer
    params: Params
    state: State
    context: Context

    @property
    def matrix(self) -> Float[Array, "inputs units"] | None:
        """W, if the link computes z = x W + b; else None."""
        if len(self.link.children) != 1:
            return None
        return self.link.children[0].matrix(self.params[0], self.state[0])

    def forward(self, x: Array) -> tuple[Record, State]:
        """Return the record of the link for inputs ``(batch, ...)``, and its new state."""
        return self.link.forward(self.params, x, self.state, self.context)

    def record(self, x: Array) -> Record:
        """Return the record of the link for inputs ``(batch, ...)``."""
        return self.forward(x)[0]

    def pull(self, record: Record, delta: Float[Array, "batch *outputs"]) -> Float[Array, "batch *inputs"]:
        """Propagate an error at the activity back to the input."""
        return self.link.backward(record, delta).input_delta

    def pull_potential(self, record: Record, delta: Float[Array, "batch *outputs"]) -> Float[Array, "batch *inputs"]:
        """Propagate an error at the potential back to the input; for a Dense layer W' delta."""
        return self.link.backward_potential(record, delta).input_delta


def bind(links: Chain, params: Params, state: State, context: Context) -> tuple[BoundLink, ...]:
    """Return each link with its parameters, its state and the options of the pass."""
    together = zip(links.links, links.split(params), links.split(state), links.contexts(context), strict=True)
    return tuple(BoundLink(*own) for own in together)


def run(parts: Sequence[BoundLink], x: Array) -> tuple[list[Record], list[State]]:
    """Return the record and the new state of each link in a forward pass."""
    records, states = [], []
    for part in parts:
        record, new_state = part.forward(x)
        records.append(record)
        states.append(new_state)
        x = record.activity
    return records, states


def row_losses(
    part: BoundLink, x: Float[Array, "batch *shape"], batch: Batch, objective: Objective
) -> tuple[Float[Array, "batch"], Float[Array, "batch *shape"]]:
    """Return the loss C of each row, and its derivative dC/dx with respect to the inputs x of the last link.

    The activities of a row relax in the energy of that row alone: its weight and the number of other rows do not
    matter. Padding rows have no loss.
    """
    potential, pull = jax.vjp(lambda x: part.record(x).potential, x)
    values, delta = potential_losses(part, potential, batch, objective)
    return values, pull(delta)[0]


def potential_losses(
    part: BoundLink, potential: Float[Array, "batch *outputs"], batch: Batch, objective: Objective
) -> tuple[Float[Array, "batch"], Float[Array, "batch *outputs"]]:
    """Return the loss C of each row, and its derivative dC/dz with respect to the potential of the last link."""

    def losses(potential: Array) -> Array:
        output = potential if objective.at_potential else part.link.activate(potential)
        return output_losses(output, batch, objective)

    # One pullback of ones: the rows do not depend on each other, so that their derivatives do not mix.
    values, pull = jax.vjp(losses, potential)
    return values, pull(jnp.ones_like(values))[0]


def output_losses(output: Float[Array, "batch *outputs"], batch: Batch, objective: Objective) -> Float[Array, "batch"]:
    """Return the loss of each row for the output of the network; 0 for padding rows."""
    return jnp.where(batch.weight == 0, 0, objective.rows(batch.y, output, batch.within))


def cut_at_activities(network: Layer, params: Params) -> Chain:
    """Cut a network into links that each end with their nonlinearity.

    As :func:`~plastica.rules.chain.chain`, but layers after the last nonlinearity of a link (pooling, flattening) begin
    the next link, so that the potential of every link is followed only by its nonlinearity.

    Example:
        >>> from plastica.layers import Activation, Dense, Flatten, Sequential
        >>> import numpy as np
        >>> network = Sequential([Dense(3), Activation("tanh"), Flatten(), Dense(2)])
        >>> cut_at_activities(network, network.init(np.random.default_rng(0), (2,)).params).places
        (slice(0, 2, None), slice(2, 4, None))
    """
    places = list(chain(network, params).places)
    for number in range(len(places) - 1):
        own = range(places[number].start, places[number].stop)
        # The last nonlinearity ends the link: with another layer behind it the potential would not be what the
        # nonlinearity turns into the node.
        bent = [place for place in own if not _is_straight(network.children[place])]
        end = bent[-1] + 1 if bent else places[number].stop
        places[number] = slice(places[number].start, end)
        places[number + 1] = slice(end, places[number + 1].stop)
    return cut(network, places)


def _is_straight(layer: Layer) -> bool:
    activation = layer.output_activation
    return activation is None or activation.name == "linear"


def unchanging(value: float, like: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Return a number of a declaration in the precision of an array, so that loops keep their types."""
    return jnp.asarray(value, like.dtype)
