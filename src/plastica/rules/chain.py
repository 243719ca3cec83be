"""A network as a chain of links: each a layer with parameters and the layers without parameters around it."""

from __future__ import annotations

from itertools import pairwise

import jax

from ..errors import InvalidValue
from ..layers.chain import Chain, cut
from ..layers.layer import Layer, Params


def chain(network: Layer, params: Params) -> Chain:
    """Cut a network before each layer that has parameters, except the first.

    Args:
        network: A sequence of layers.
        params: Its parameters, or their shapes.

    Raises:
        InvalidValue: If the network is another composition.

    Example:
        >>> from plastica.layers import Activation, Dense, Flatten, Sequential
        >>> import numpy as np
        >>> network = Sequential([Flatten(), Dense(3), Activation("tanh"), Dense(2)])
        >>> chain(network, network.init(np.random.default_rng(0), (2, 2)).params).places
        (slice(0, 3, None), slice(3, 4, None))
    """
    learned = learned_places(network, params)
    cuts = [0, *learned[1:], len(network.children)]
    return cut(network, [slice(start, stop) for start, stop in pairwise(cuts)])


def learned_places(network: Layer, params: Params) -> list[int]:
    """Return the indices of the layers that have parameters, in a sequence of layers.

    Raises:
        InvalidValue: If the network is another composition.
    """
    if network.flow != "chain":
        raise InvalidValue(f"{network!r}: this learning rule goes layer by layer; use Sequential([...]).")
    return [place for place, own in enumerate(params) if jax.tree.leaves(own)]
