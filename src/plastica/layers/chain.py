"""A sequence of layers that is cut into links, each a layer itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..typing import PyTree, Tree
from .layer import Context, Layer, Record


class Chain(NamedTuple):
    """A network that is cut into links; the activity of one is the input of the next.

    Attributes:
        links: The links, each a layer.
        places: The indices of the layers of the network in each link.
    """

    links: tuple[Layer, ...]
    places: tuple[slice, ...]

    def split(self, tree: Tree) -> tuple[PyTree, ...]:
        """Return the part of each link in parameters, state or gradients of the network."""
        return tuple(tree[place] for place in self.places)

    def join(self, parts: Sequence[Tree]) -> Tree:
        """Undo :meth:`split`."""
        return tuple(entry for part in parts for entry in part)

    def contexts(self, context: Context) -> tuple[Context, ...]:
        """Return the context of each link, in which it draws the same random numbers as in the whole network."""
        return tuple(context._replace(first=context.first + place.start) for place in self.places)

    def records(self, record: Record) -> tuple[Record, ...]:
        """Return the record of each link, from that of the network."""
        parts = self.split(record.children)
        return tuple(part[-1]._replace(input=part[0].input, children=tuple(part)) for part in parts)

    def __iter__(self) -> Iterator[Any]:  # of layers, though a pair for type checkers
        return iter(self.links)


def cut(network: Layer, places: Sequence[slice]) -> Chain:
    """Cut a sequence of layers.

    Args:
        network: The sequence.
        places: The indices of the layers of each link, from first to last.

    Example:
        >>> from plastica.layers import Activation, Dense, Sequential
        >>> network = Sequential([Dense(3), Activation("tanh"), Dense(2)])
        >>> [len(link.children) for link in cut(network, [slice(0, 2), slice(2, 3)])]
        [2, 1]
    """
    return Chain(tuple(network.span(place) for place in places), tuple(places))
