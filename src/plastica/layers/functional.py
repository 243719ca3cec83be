"""From nodes to the graph between them, as in Keras's functional API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from ..errors import InvalidValue
from .graph import Graph
from .input import Input
from .layer import Layer
from .node import Node


class GraphOfNodes(NamedTuple):
    """A graph that was read back from nodes.

    Attributes:
        graph: The graph.
        owners: For each layer the model whose weights it begins with; None for new weights.
    """

    graph: Graph
    owners: tuple[object, ...]


def graph_between(inputs: Sequence[Node], outputs: Sequence[Node], names: Sequence[str] = ()) -> GraphOfNodes:
    """Return the graph that computes some nodes from others.

    Args:
        inputs: Where the graph begins.
        outputs: Where it ends.
        names: The names of the outputs.

    Raises:
        InvalidValue: If an output depends on an Input that is not among ``inputs``, or an Input stands there twice.
    """
    places = {_identity(node): place for place, node in enumerate(inputs)}
    if len(places) < len(inputs):
        raise InvalidValue("Model(inputs=...): the same Input stands there twice.")
    layers: dict[int, int] = {}
    calls: list[tuple[int, tuple[int, ...]]] = []
    found, owners = [], []
    for node in _in_order(outputs, set(places)):
        if id(node.layer) not in layers:
            layers[id(node.layer)] = len(found)
            found.append(cast(Layer, node.layer))  # nodes know of layers only what they read and give
            owners.append(node.owner)
        calls.append((layers[id(node.layer)], tuple(places[_identity(read)] for read in node.reads)))
        places[_identity(node)] = len(places)
    begins = tuple(_as_input(node) for node in inputs)
    ends = tuple(places[_identity(node)] for node in outputs)
    return GraphOfNodes(Graph(begins, tuple(found), tuple(calls), ends, tuple(names)), tuple(owners))


def _in_order(outputs: Sequence[Node], known: set[int]) -> list[Node]:
    """Return the nodes that outputs are computed from, each behind those that it reads.

    Raises:
        InvalidValue: If the walk ends at an Input that the model was not given.
    """
    found: list[Node] = []
    done = set(known)
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if _identity(node) in done:
            continue
        if not node.reads:
            raise InvalidValue(
                f"Model(inputs, outputs): an output is computed from {node.layer!r}, which is not among the inputs; "
                "add it to inputs=."
            )
        if ready:
            done.add(_identity(node))
            found.append(node)
        else:
            stack.append((node, True))
            stack += [(read, False) for read in reversed(node.reads)]
    return found


def _identity(node: Node) -> int:
    # An Input is a value and may be written down as a node several times; it is itself that counts.
    return id(node) if node.reads else id(node.layer)


def _as_input(node: Node) -> Input:
    """Return the input of a graph that begins at a node, which may lie inside of another graph."""
    return node.layer if isinstance(node.layer, Input) and not node.reads else Input(node.shape[1:])  # pyright: ignore
