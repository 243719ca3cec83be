"""A network as a chain of links: each a layer that learns, with the layers without parameters around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import jax

from ..errors import InvalidValue
from ..layers import Sequential
from ..layers.layer import Context, Layer, Params


class Chain(NamedTuple):
    """A network cut into links, for rules that give every learned layer an error, a target or a goodness of its own.

    Attributes:
        links: Networks of one learned layer each; the activity of one is the input of the next.
        places: Which layers of the network each link holds.
    """

    links: tuple[Sequential, ...]
    places: tuple[slice, ...]

    def split(self, tree: Sequence[Any]) -> tuple[Any, ...]:
        """Return each link's part of parameters, state, gradients or records of the network."""
        return tuple(tree[place] for place in self.places)

    def join(self, parts: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """Return what :meth:`split` took apart."""
        return tuple(entry for part in parts for entry in part)

    def contexts(self, context: Context) -> tuple[Context, ...]:
        """Return how each link is run, so that it draws (dropout, noise) what the network as a whole would."""
        return tuple(context._replace(first=context.first + place.start) for place in self.places)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.links)


def chain(network: Layer, params: Params) -> Chain:
    """Cut a network before each layer that has parameters, but the first.

    Args:
        network: A sequence of layers.
        params: Its parameters, or their shapes.

    Raises:
        InvalidValue: If the network is another composition.

    Example:
        >>> from plastica.layers import Activation, Dense, Flatten
        >>> import numpy as np
        >>> network = Sequential([Flatten(), Dense(3), Activation("tanh"), Dense(2)])
        >>> chain(network, network.init(np.random.default_rng(0), (2, 2)).params).places
        (slice(0, 3, None), slice(3, 4, None))
    """
    learned = learned_places(network, params)
    cuts = [0, *learned[1:], len(network.children)]
    places = tuple(slice(start, stop) for start, stop in pairwise(cuts))
    return Chain(tuple(Sequential(network.children[place]) for place in places), places)


def learned_places(network: Layer, params: Params) -> list[int]:
    """Return the places of the layers that have parameters, in a sequence of layers."""
    if not isinstance(network, Sequential):
        raise InvalidValue(f"{network!r}: this learning rule goes layer by layer; give it Sequential([...]).")
    return [place for place, own in enumerate(params) if jax.tree.leaves(own)]
