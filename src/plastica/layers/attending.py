"""The base of attention layers: what they read, the options of a call, and their weights."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax

from ..errors import InvalidValue, ShapeError
from ..typing import ArrayTree, Mask, PyTree
from .kernels.attention import allowed_steps, together
from .layer import Context, Layer, Params, Record, Shape, State
from .node import Node, NodeLike, NodeOrList, nodes_of

WEIGHTS = "attention weights"


class Sources(NamedTuple):
    """What an attention layer reads, each ``(batch, steps, features)``; or what belongs to it, such as its shape.

    Attributes:
        query: What attends.
        value: What is averaged.
        key: What queries are compared with.
        allowed: True where a step of the query may attend to one of the key, broadcast to ``(batch, heads, steps, other
            steps)``; None for everywhere.
    """

    query: PyTree
    value: PyTree
    key: PyTree
    allowed: jax.Array | None = None


class Attending(Layer):
    """Base of the attention layers, which read a query and, if it differs, a value, a key and a mask."""

    dropout: float | None
    use_causal_mask: bool
    inputs: int
    has_mask: bool
    return_attention_scores: bool

    def __call__(
        self,
        *nodes: NodeLike,
        query: NodeLike | None = None,
        value: NodeLike | None = None,
        key: NodeLike | None = None,
        attention_mask: NodeLike | None = None,
        use_causal_mask: bool = False,
        return_attention_scores: bool = False,
    ) -> NodeOrList:
        """Return the output as a node of a graph, as in Keras's functional API.

        Args:
            nodes: The query, the value and the key, or a list of them. Without a key it is the value; with one node, a
                sequence attends to itself.
            query, value, key: The same by name.
            attention_mask: A node of masks ``(batch, steps, other steps)``, or with an axis of heads before the steps;
                1 where a step may attend to another, else 0.
            use_causal_mask: Whether steps attend to none that are later.
            return_attention_scores: Whether to return the weights too, as a second node.

        Raises:
            InvalidValue: If something else is given, or the layer was called before with other options.
            ShapeError: If the inputs do not fit.
        """
        given = [*nodes, *(each for each in (query, value, key) if each is not None)]
        read = _without_repeats(nodes_of(self, tuple(given)))
        mask = () if attention_mask is None else nodes_of(self, (attention_mask,))
        layer = self._called_with(
            inputs=len(read),
            has_mask=bool(mask),
            use_causal_mask=self.use_causal_mask or use_causal_mask,
            return_attention_scores=return_attention_scores,
        )
        node = Node(layer, (*read, *mask))
        return node.parts(2) if return_attention_scores else node

    def _called_with(self, **options: object) -> Attending:
        """Return the layer with the options of a call; the same for every call, so that it has one set of weights."""
        layer = dataclasses.replace(self, **options)
        # Two calls must share one set of weights, and a graph finds shared weights by the identity of the layer.
        first = self.__dict__.setdefault("_called", layer)
        if first != layer:
            raise InvalidValue(
                f"{type(self).__name__} was called before with other options ({first!r}, now {layer!r}); a layer "
                "that is called twice has one set of weights and one way to compute. Make a second layer."
            )
        return first

    def check_attention(self) -> None:
        """Check what all attention layers have.

        Raises:
            InvalidValue: For a dropout outside of [0, 1), or another number of inputs.
        """
        owner = type(self).__name__
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise InvalidValue(f"{owner}(dropout={self.dropout}): dropout must be a fraction from 0 to below 1.")
        if not 1 <= self.inputs <= 3:
            raise InvalidValue(
                f"{owner} reads one to three inputs, the query, the value and the key; got {self.inputs}. A mask is "
                "given by name: attention_mask=."
            )

    @property
    def num_outputs(self) -> int:
        return 2 if self.return_attention_scores else 1

    @property
    def reads(self) -> int | None:
        return self.inputs + self.has_mask

    def sources(self, x: PyTree) -> Sources:
        """Return what arrives by its role; shapes likewise."""
        parts = [x] if self.reads == 1 else list(x)
        mask = parts.pop() if self.has_mask else None
        return Sources(parts[0], parts[min(1, len(parts) - 1)], parts[-1], mask)

    def source_shapes(self, shape: Shape) -> Sources:
        """Return the shapes of the inputs by their role.

        Raises:
            ShapeError: If they are no sequences, or the value and the key differ in their steps.
        """
        owner, found = type(self).__name__, self.sources(shape)
        for role in ("query", "value", "key"):
            if len(getattr(found, role)) != 2:
                raise ShapeError(
                    f"{owner}: got a {role} of shape {getattr(found, role)}; {owner} works on (steps, features). If "
                    "there are several axes of steps, put Reshape((-1, features)) before it."
                )
        if found.value[0] != found.key[0]:
            raise ShapeError(
                f"{owner}: got values of shape {found.value} and keys of shape {found.key}; each value has its key, so "
                "that their steps must be as many."
            )
        pairs = (found.query[0], found.key[0])
        mask: Mask = found.allowed
        fits = mask is None or (len(mask) in (2, 3) and all(a in (1, b) for a, b in zip(mask[-2:], pairs, strict=True)))
        if not fits:
            raise ShapeError(f"{owner}: got a mask of shape {mask}; it must be (steps, other steps), {pairs}.")
        return found

    def masked(self, x: ArrayTree, context: Context, reach: int | None = None) -> Sources:
        """Return what arrives by its role, with one mask of all that forbids attention: padding too, as in Keras."""
        found = self.sources(x)
        # What forbids attention comes from up to four sides; each mask has the axes (batch, heads, steps, other steps)
        # with size 1 where it says nothing.
        near = allowed_steps(found.query.shape[1], found.key.shape[1], self.use_causal_mask, reach)
        own = None
        if found.allowed is not None:
            own = found.allowed > 0.5
            own = own[:, None] if own.ndim == 3 else own  # (batch, heads or 1, steps, other steps)
        real = Sources(None, None, None) if context.steps is None else self.sources(context.steps)
        rows = None if real.query is None else real.query[:, None, :, None]
        columns = together(real.value, real.key)
        return found._replace(allowed=together(near, own, rows, None if columns is None else columns[:, None, None, :]))

    @property
    def loses_mask(self) -> bool:
        return False

    def mask_of(self, x: ArrayTree | None, mask: Mask) -> Mask:
        query = None if mask is None else self.sources(mask).query
        return (query, None) if self.return_attention_scores else query

    @property
    def keeps_time(self) -> bool:
        return True

    def weights(self, params: Params, x: ArrayTree, context: Context) -> jax.Array:
        """Return the attention weights, ``(batch, heads, steps, other steps)``."""
        raise NotImplementedError

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, state = super().forward(params, x, state, context, feedback)
        return record._replace(details=lambda: {WEIGHTS: self.weights(params, x, context)}), state


def _without_repeats(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a query, value and key without those at the end that repeat the one before."""
    if len(nodes) in (2, 3) and _same(nodes[-1], nodes[-2]):
        return _without_repeats(nodes[:-1])
    return nodes


def _same(one: Node, other: Node) -> bool:
    # An Input is a value and may be written down as a node several times.
    return one is other or (not one.reads and not other.reads and one.layer is other.layer)
