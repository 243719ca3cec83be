"""Rules of 1958 and 1960: only the last layer learns, by an error that it sees itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from .chain import learned_places
from .local import require_no_penalty, require_units, row_shares
from .rule import Batch, Rule, Signal, loss_of


class LastLayerRule(Rule):
    """A rule that moves the last layer with parameters along its inputs times an error; all before it stay as drawn.

    Layers without parameters may stand behind it, if they keep the shape. A subclass writes ``error``.
    """

    def error(self, network: Layer, objective: Objective, y: jax.Array, potential: jax.Array) -> jax.Array:
        """Return how far each unit is off, answer less target, in the shape of ``potential``, ``(batch, ..., units)``.

        Args:
            network: The network, for its last activation.
            objective: For what the targets mean.
            y: The targets as a person gave them.
            potential: What the layer's units answer.
        """
        raise NotImplementedError

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Keep nothing.

        Raises:
            InvalidValue: If the last layer that learns is not units with one kernel, or one before it has a
                regularizer, which would move what is to stay as drawn.
        """
        self.place(network, params)
        for place in learned_places(network, params)[:-1]:
            require_no_penalty(self, network, params, place)
        return ()

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
        place = self.place(network, params)
        own = self.last(network, params, record)
        error = self.error(network, objective, batch.y, own.potential)
        if batch.within is not None:
            error = error * batch.within[..., None]
        direction = [jax.tree.map(jnp.zeros_like, each) for each in params]
        direction[place] = own.pull_synapse(row_shares(batch, error) * error)[0]
        loss = loss_of(objective, batch, record.potential, record.activity)
        return Signal(loss, tuple(direction), record.activity, new_state, memory)

    def place(self, network: Layer, params: Params) -> int:
        """Return the place of the layer that learns.

        Raises:
            InvalidValue: If there is none, or it is not units with one kernel.
        """
        learned = learned_places(network, params)
        if not learned:
            raise InvalidValue(f"{type(self).__name__}: no layer of this network has parameters; end it with Dense.")
        try:
            require_units(self, network.children[learned[-1]])
        except InvalidValue as error:
            raise InvalidValue(f"layer {learned[-1]}, {error}") from None
        return learned[-1]

    def last(self, network: Layer, params: Params, record: Record) -> Record:
        """Return what the layer that learns did.

        Raises:
            InvalidValue: If layers behind it change the shape.
        """
        place = self.place(network, params)
        own = record.children[place]
        if own.potential.shape != record.potential.shape:
            raise InvalidValue(
                f"{type(self).__name__}: layer {place} answers in the shape {own.potential.shape[1:]} and the network "
                f"in {record.potential.shape[1:]}; each unit of the last layer that learns needs a target of its own. "
                "End the network with that layer."
            )
        return own

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return [last]
