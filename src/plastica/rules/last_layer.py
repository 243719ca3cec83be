"""Rules of 1958 and 1960: only the last layer learns, from its own error."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array

from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, Record, State
from ..losses import Objective
from ..random import Key
from ..typing import Float, Memory, Num
from .chain import learned_places
from .local import require_no_penalty, require_units, row_shares
from .rule import Batch, Rule, Signal, loss_of


class LastLayerRule(Rule):
    """Base class of rules that train the last layer with parameters; all layers before it keep their initial weights.

    The direction is the input of the layer times an error. Layers without parameters may follow it if they keep the
    shape. A subclass implements ``error``.
    """

    def error(
        self,
        network: Layer,
        objective: Objective,
        y: Num[Array, "batch *targets"],
        potential: Float[Array, "batch *places units"],
    ) -> Float[Array, "batch *places units"]:
        """Return the error of each unit, output minus target, in the shape of ``potential``.

        Args:
            network: The network, for its last activation.
            objective: The loss, for the meaning of the targets.
            y: The targets.
            potential: The potential of the layer.
        """
        raise NotImplementedError

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return no memory.

        Raises:
            InvalidValue: If the last layer with parameters has no single kernel, or an earlier one has a regularizer,
                which would change weights that should stay as they are.
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
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        record, new_state = network.forward(params, batch.x, state, context)
        place = self.place(network, params)
        own = self.last(network, params, record)
        error = self.error(network, objective, batch.y, own.potential)
        if batch.within is not None:
            # Weights of steps or members of a row; those of rows are part of the shares below.
            error = error * batch.within[..., None]
        # Zeros and not None: the optimizer walks over the whole structure, and a step of 0 leaves weights as they are.
        direction = [jax.tree.map(jnp.zeros_like, each) for each in params]
        direction[place] = own.pull_synapse(row_shares(batch, error) * error)[0]
        loss = loss_of(objective, batch, record.potential, record.activity)
        return Signal(loss, tuple(direction), record.activity, new_state, memory)

    def place(self, network: Layer, params: Params) -> int:
        """Return the index of the layer that learns.

        Raises:
            InvalidValue: If there is none, or it does not have a single kernel.
        """
        learned = learned_places(network, params)
        if not learned:
            raise InvalidValue(
                f"{type(self).__name__}: no layer of this network has parameters; add a Dense layer at the end."
            )
        try:
            require_units(self, network.children[learned[-1]])
        except InvalidValue as error:
            raise InvalidValue(f"layer {learned[-1]}, {error}") from None
        return learned[-1]

    def last(self, network: Layer, params: Params, record: Record) -> Record:
        """Return the record of the layer that learns.

        Raises:
            InvalidValue: If layers after it change the shape.
        """
        place = self.place(network, params)
        own = record.children[place]
        if own.potential.shape != record.potential.shape:
            raise InvalidValue(
                f"{type(self).__name__}: the output of layer {place} has the shape {own.potential.shape[1:]} and that "
                f"of the network {record.potential.shape[1:]}; each unit of the last layer with parameters needs its "
                "own target. Make it the last layer of the network."
            )
        return own

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return [last]
