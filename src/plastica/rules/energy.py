"""What rules share that let activities settle: links with their parameters, and rows that settle each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..layers.chain import Chain, cut
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from .chain import chain
from .rule import Batch


class BoundLink(NamedTuple):
    """A link of a network with all that it needs beside its inputs.

    Attributes:
        link: The link, a network of one learned layer.
        params: Its parameters.
        state: Its layers' state.
        context: How it is run.
    """

    link: Layer
    params: Params
    state: State
    context: Context

    def forward(self, x: jax.Array) -> tuple[Record, State]:
        """Return what the link does with inputs ``(batch, ...)``, and its new state."""
        return self.link.forward(self.params, x, self.state, self.context)

    def record(self, x: jax.Array) -> Record:
        """Return what the link does with inputs ``(batch, ...)``."""
        return self.forward(x)[0]

    def pull(self, record: Record, delta: jax.Array) -> jax.Array:
        """Return what an error at the activity is at the input."""
        return self.link.backward(record, delta).input_delta

    def pull_potential(self, record: Record, delta: jax.Array) -> jax.Array:
        """Return what an error at the potential is at the input; for a Dense layer W' delta."""
        return self.link.backward_potential(record, delta).input_delta


def bind(links: Chain, params: Params, state: State, context: Context) -> tuple[BoundLink, ...]:
    """Return each link with its parameters, its state and how it is run."""
    together = zip(links.links, links.split(params), links.split(state), links.contexts(context), strict=True)
    return tuple(BoundLink(*own) for own in together)


def run(parts: Sequence[BoundLink], x: jax.Array) -> tuple[list[Record], list[State]]:
    """Return what each link does in one forward pass, and its new state."""
    records, states = [], []
    for part in parts:
        record, new_state = part.forward(x)
        records.append(record)
        states.append(new_state)
        x = record.activity
    return records, states


def row_losses(part: BoundLink, x: jax.Array, batch: Batch, objective: Objective) -> tuple[jax.Array, jax.Array]:
    """Return each row's loss C, ``(batch,)``, and its slope dC/dx, where x is what arrives at the last link.

    An activity settles by its own row's energy: how much the row counts, and how many others there are, is nothing to
    it. Rows that only fill up a batch have none.
    """

    def losses(x: jax.Array) -> jax.Array:
        record = part.record(x)
        return answer_losses(record.potential if objective.at_potential else record.activity, batch, objective)

    values, pull = jax.vjp(losses, x)
    return values, pull(jnp.ones_like(values))[0]


def answer_losses(answer: jax.Array, batch: Batch, objective: Objective) -> jax.Array:
    """Return each row's loss for what the network answers; 0 for rows that only fill up a batch."""
    return jnp.where(batch.weight == 0, 0, objective.rows(batch.y, answer, batch.within))


def cut_at_activities(network: Layer, params: Params) -> Chain:
    """Cut a network into links that each end in their non-linearity.

    As :func:`~plastica.rules.chain.chain`, but layers that come after a link's last non-linearity (pooling, flattening)
    begin the next link, so that every link's potential is followed by its non-linearity alone.

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
        bent = [place for place in own if not _is_straight(network.children[place])]
        end = bent[-1] + 1 if bent else places[number].stop
        places[number] = slice(places[number].start, end)
        places[number + 1] = slice(end, places[number + 1].stop)
    return cut(network, places)


def _is_straight(layer: Layer) -> bool:
    activation = layer.output_activation
    return activation is None or activation.name == "linear"


def unchanging(value: Any, like: jax.Array) -> jax.Array:
    """Return a declared number in an array's precision, so that a loop carries what it began with."""
    return jnp.asarray(value, like.dtype)
