"""A sequence of layers cut into links, each a layer itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .layer import Context, Layer, Record


class Chain(NamedTuple):
    """A network cut into links; the activity of one is the input of the next.

    Attributes:
        links: Each link as a layer.
        places: Which layers of the network each link holds.
    """

    links: tuple[Layer, ...]
    places: tuple[slice, ...]

    def split(self, tree: Sequence[Any]) -> tuple[Any, ...]:
        """Return each link's part of parameters, state or gradients of the network."""
        return tuple(tree[place] for place in self.places)

    def join(self, parts: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """Return what :meth:`split` took apart."""
        return tuple(entry for part in parts for entry in part)

    def contexts(self, context: Context) -> tuple[Context, ...]:
        """Return how each link is run, so that it draws (dropout, noise) what the network as a whole would."""
        return tuple(context._replace(first=context.first + place.start) for place in self.places)

    def records(self, record: Record) -> tuple[Record, ...]:
        """Return the record of each link, from that of the network."""
        parts = self.split(record.children)
        return tuple(part[-1]._replace(input=part[0].input, children=tuple(part)) for part in parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.links)


def cut(network: Layer, places: Sequence[slice]) -> Chain:
    """Cut a sequence of layers.

    Args:
        network: The sequence.
        places: The layers of each link, first to last.

    Example:
        >>> from plastica.layers import Activation, Dense, Sequential
        >>> network = Sequential([Dense(3), Activation("tanh"), Dense(2)])
        >>> [len(link.children) for link in cut(network, [slice(0, 2), slice(2, 3)])]
        [2, 1]
    """
    return Chain(tuple(network.span(place) for place in places), tuple(places))
