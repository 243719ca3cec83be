"""Nodes: outputs of layers while a graph of layers is being written, in the words of Keras's functional API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ..errors import InvalidValue, ShapeError
from ..typing import AnyShape
from . import lengths
from .in_network import InNetwork

# What a layer may be called with: nodes, or an ``Input`` in the place of its node; several also in lists.
NodeLike: TypeAlias = "Node | InNetwork | Sequence[NodeLike]"

# What a layer called with nodes gives: a Node, or a list of them where the layer has several outputs, as only it knows.
NodeOrList: TypeAlias = Any

# The layers that nodes write by themselves: "+", "-", "*" and "parts". They are layers and so stand above this file;
# Input enters them, at which every graph begins.
OPERATIONS: dict[str, Callable[..., Callable[..., Node]]] = {}


class Node:
    """The output of a layer, which other layers can read.

    ``Dense(3)(node)`` makes a node, ``Model(inputs, outputs)`` reads the graph back from its ends. Nodes are compared
    by identity: two nodes of equal layers are two places of the graph, and a layer called twice is one layer with
    one set of weights.

    Attributes:
        layer: The layer, or the ``Input`` at which the graph begins.
        reads: The nodes that the layer reads, in order; none for an input.
        owner: The model that a layer's weights are copied from; None for new weights.
    """

    def __init__(self, layer: InNetwork, reads: tuple[Node, ...] = (), owner: object = None) -> None:
        self.layer, self.reads, self.owner = layer, reads, owner
        self._shape: tuple[int | None, ...] = (
            arriving(layer, tuple(node._shape for node in reads)) if reads else tuple(layer.declared_shape or ())
        )

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of the output, with None for the batch axis."""
        return (None, *self._shape)

    def __repr__(self) -> str:
        return f"<output of {type(self.layer).__name__}, shape {self.shape}>"

    def __add__(self, other: Node) -> Node:
        """Return the elementwise sum of two nodes."""
        return OPERATIONS["+"]()([self, other])

    def __sub__(self, other: Node) -> Node:
        """Return the elementwise difference of two nodes."""
        return OPERATIONS["-"]()([self, other])

    def __mul__(self, other: Node) -> Node:
        """Return the elementwise product of two nodes."""
        return OPERATIONS["*"]()([self, other])

    def __radd__(self, other: NodeLike) -> Node:
        """Return the elementwise sum of an ``Input`` and this node."""
        return OPERATIONS["+"]()([other, self])

    def __rsub__(self, other: NodeLike) -> Node:
        """Return the elementwise difference of an ``Input`` and this node."""
        return OPERATIONS["-"]()([other, self])

    def __rmul__(self, other: NodeLike) -> Node:
        """Return the elementwise product of an ``Input`` and this node."""
        return OPERATIONS["*"]()([other, self])

    def parts(self, number: int) -> list[Node]:
        """Return the first outputs of a layer that has several, each as a node."""
        return [OPERATIONS["parts"](place)(self) for place in range(number)]

    def __bool__(self) -> bool:
        """Refuse to be a truth value.

        Raises:
            InvalidValue: Always; a node has no value before data is there.
        """
        raise InvalidValue(f"{self!r} has no value yet: a node stands for an output, so that `if` cannot ask for it.")


def nodes_of(layer: InNetwork, given: tuple[object, ...]) -> tuple[Node, ...]:
    """Return what a layer was called with as nodes.

    Raises:
        InvalidValue: If something is neither a node nor an Input.
    """
    flat = tuple(part for each in given for part in (each if isinstance(each, list | tuple) else (each,)))
    found = tuple(part if isinstance(part, Node) else getattr(part, "node", None) for part in flat)
    for part, node in zip(flat, found, strict=True):
        if not isinstance(node, Node):
            raise InvalidValue(
                f"{type(layer).__name__}(...) was called with {type(part).__name__}; call a layer with an Input or "
                "with the output of another layer. To compute with arrays, put the layer into a model: "
                "Model(layer).predict(x)."
            )
    if not found:
        raise InvalidValue(f"{type(layer).__name__}() was called with nothing; give it a node to read.")
    return found  # pyright: ignore[reportReturnType]


def arriving(layer: InNetwork, shapes: tuple[AnyShape, ...]) -> AnyShape:
    """Return the output shape of a layer that reads outputs of these shapes.

    Raises:
        ShapeError: If the layer cannot read them.
    """
    wanted = layer.reads
    if not layer.accepts(len(shapes)):
        told = "two inputs or more" if wanted is None else "one input" if wanted == 1 else f"{wanted} inputs"
        hint = " Merge them first: Concatenate()([a, b])." if wanted == 1 else ""
        raise ShapeError(f"{type(layer).__name__} reads {told}; got {len(shapes)}.{hint}")
    (whole,) = shapes if len(shapes) == 1 else (shapes,)
    return lengths.output_shape(layer, whole)
