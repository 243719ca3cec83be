"""The initial memory of stateful networks."""

from __future__ import annotations

import numpy as np

from ..errors import InvalidValue
from ..layers.layer import Layer, Params, State


def with_memory(network: Layer, params: Params, state: State, rng: np.random.Generator) -> State:
    """Return the initial state of a network with a blank memory in each stateful layer.

    Raises:
        InvalidValue: If there is one and the network does not declare the number of rows of a batch.
    """
    if not network.remembers:
        return state
    if network.declared_batch is None:
        raise InvalidValue(
            "stateful=True: the layer remembers a sequence for each row of a batch and needs their number; begin the "
            "network with Input(shape, batch_size=4) or Input(batch_shape=(4, None, 8))."
        )
    return network.with_memory(rng, params, state, network.declared_batch)
