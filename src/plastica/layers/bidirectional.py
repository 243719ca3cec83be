"""Bidirectional: a recurrent layer that reads the sequence in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..typing import AnyShape, ArrayTree, LayerOutputs, Mask
from .composition import applied, no_pull, same, within
from .graph_places import one_or_all
from .layer import Context, Errors, Layer, Params, Record, Shape, State
from .node import NodeLike, NodeOrList
from .records import Variables
from .recurrent_base import Recurrent

_MERGES: dict[str | None, Callable[[jax.Array, jax.Array], ArrayTree]] = {
    "concat": lambda one, other: jnp.concatenate([one, other], -1),
    "sum": jnp.add,
    "mul": jnp.multiply,
    "ave": lambda one, other: (one + other) / 2,
    None: lambda one, other: (one, other),
}
_SHARED = ("return_sequences", "return_state", "stateful")


@declaration
class Bidirectional(Layer):
    """Read a sequence forwards and backwards with two recurrent layers, and merge what they answer.

    For sequences that are known as a whole, where what comes later explains what came before, such as text.

    Args:
        layer: The recurrent layer that reads forwards.
        merge_mode: How the two outputs become one: "concat", "sum", "mul" or "ave"; None gives both.
        backward_layer: The layer that reads backwards; by default a copy of ``layer`` with weights of its own.

    Shapes:
        ``(batch, time, features)`` to the output shape of ``layer``, twice as wide for "concat"; the weights are those
        of the forward, then of the backward layer. With ``return_state`` the carried arrays of both follow.

    Raises:
        InvalidValue: If ``layer`` is not recurrent, for an unknown ``merge_mode``, or if the two layers do not read in
            opposite directions or differ in what they return.

    Example:
        >>> from plastica.layers import LSTM
        >>> Bidirectional(LSTM(8, return_sequences=True)).output_shape((50, 3))
        (50, 16)

    Reference:
        Schuster, Paliwal (1997), Bidirectional recurrent neural networks, section II.B.
    """

    layer: Recurrent
    merge_mode: str | None = "concat"
    backward_layer: Recurrent | None = None

    def __post_init__(self) -> None:
        for given in (self.layer, self.backwards):
            if not isinstance(given, Recurrent):
                raise InvalidValue(f"Bidirectional({given!r}): give a recurrent layer, such as LSTM(8).")
        if self.merge_mode not in _MERGES:
            known = ", ".join(map(repr, _MERGES))
            raise InvalidValue(f"Bidirectional(merge_mode={self.merge_mode!r}): known are {known}.")
        one, other = self.layer, self.backwards
        if one.go_backwards == other.go_backwards:
            raise InvalidValue("Bidirectional: one layer must have go_backwards=True and the other not.")
        if any(getattr(one, name) != getattr(other, name) for name in _SHARED):
            raise InvalidValue(f"Bidirectional: both layers must have the same {', '.join(_SHARED)}.")

    @property
    def backwards(self) -> Recurrent:
        """The layer that reads backwards."""
        if self.backward_layer is not None or not isinstance(self.layer, Recurrent):
            return self.backward_layer or self.layer
        return replace(self.layer, go_backwards=not self.layer.go_backwards)

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.layer, self.backwards

    @property
    def declared_shape(self) -> AnyShape:
        own = super().declared_shape
        return self.layer.declared_shape if own is None else own

    def accepts(self, inputs: int) -> bool:
        return inputs in (1, 1 + 2 * self._carried)

    @property
    def num_outputs(self) -> int:
        merged = 1 if self.merge_mode is not None else 2
        return merged + (2 * self._carried if self.layer.return_state else 0)

    def __call__(self, *nodes: NodeLike, initial_state: Sequence[NodeLike] | None = None) -> NodeOrList:
        """Return the output as a node of a graph; see :class:`~plastica.layers.LSTM`.

        Args:
            nodes: An ``Input`` or the output of another layer.
            initial_state: The initial states of the forward layer, then those of the backward layer, in a list.
        """
        return super().__call__(*nodes, *(initial_state or ()))

    def output_shape(self, shape: Shape) -> AnyShape:
        shapes = [child.output_shape(shape) for child in self.children]
        answers, states = zip(*map(self._parted, shapes), strict=True)
        if self.merge_mode is None:
            merged = tuple(map(tuple, answers))
        else:
            one, other = answers
            merged = ((*one[:-1], one[-1] + other[-1]) if self.merge_mode == "concat" else tuple(one),)
        return one_or_all([*merged, *(part for own in states for part in own)])

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return (shape, shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        drawn = [child.init(rng, shape) for child in self.children]
        return Variables(tuple(each.params for each in drawn), tuple(each.state for each in drawn))

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[LayerOutputs, State]:
        found = [
            applied(place, child, params[place], own, state[place], within(context, place, context.steps))
            for place, (child, own) in enumerate(zip(self.children, self._inputs(x), strict=True))
        ]
        return self._merge(*(activity for activity, _ in found)), tuple(own for _, own in found)

    def mask_of(self, x: ArrayTree | None, mask: Mask) -> Mask:
        own = (mask[0] if isinstance(mask, tuple) else mask) if self.layer.return_sequences else None
        if own is None or self.num_outputs == 1:
            return own
        merged = 1 if self.merge_mode is not None else 2
        return (own,) * merged + (None,) * (self.num_outputs - merged)

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(child.penalty(own) for child, own in zip(self.children, params, strict=True))

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        found = []
        for place, (child, own) in enumerate(zip(self.children, self._inputs(x), strict=True)):
            back = None if feedback is None else feedback[place]
            found.append(child.forward(params[place], own, state[place], within(context, place, context.steps), back))
        records = tuple(record for record, _ in found)
        merged = self._merge(*(record.activity for record in records))
        return Record(x, merged, merged, no_pull, same, records), tuple(own for _, own in found)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        _, pull = jax.vjp(self._merge, *(child.activity for child in record.children))
        errors = tuple(
            child.backward(own, error)
            for child, own, error in zip(self.children, record.children, pull(delta), strict=True)
        )
        one, other = (each.input_delta for each in errors)
        # Both layers read one sequence, whose errors add up; initial states belong to one layer each.
        below: LayerOutputs = (one[0] + other[0], *one[1:], *other[1:]) if isinstance(one, tuple) else one + other
        return Errors(delta, tuple(each.gradient for each in errors), below, errors)

    @property
    def _carried(self) -> int:
        return len(self.layer.carried_shapes)

    def _inputs(self, x: ArrayTree) -> tuple[LayerOutputs, LayerOutputs]:
        """Return what each of the layers reads: the sequence, and its own initial states."""
        if not isinstance(x, tuple):
            return x, x
        first = 1 + self._carried
        return x[:first], (x[0], *x[first:])

    def _parted(self, answer: LayerOutputs) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """Return the output of a layer, and what it carries at the end if it says so."""
        return (answer[0], tuple(answer[1:])) if self.layer.return_state else (answer, ())

    def _merge(self, forwards: LayerOutputs, backwards: LayerOutputs) -> LayerOutputs:
        (one, states), (other, other_states) = self._parted(forwards), self._parted(backwards)
        if self.layer.return_sequences:
            # Each answers in the order in which it reads; both become that of time.
            one = one[:, ::-1] if self.layer.go_backwards else one
            other = other[:, ::-1] if self.backwards.go_backwards else other
        merged = _MERGES[self.merge_mode](one, other)
        return one_or_all([*(merged if self.merge_mode is None else [merged]), *states, *other_states])
