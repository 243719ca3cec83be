"""What the recurrent layers share: shapes, initial states, masks, and the two ways through time."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeAlias, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np

from ..activations import Activation
from ..errors import InvalidValue, ShapeError
from ..typing import AnyShape, ArrayTree, LayerOutputs, Mask, Tree, by_name
from . import memory
from .cell import Cell
from .in_time import Carry, whole_sequence
from .layer import INFERENCE, Context, Layer, Params, Record, Shape, State
from .node import NodeLike, NodeOrList
from .records import Variables

_WRONG_RANK = (
    "{layer}: got inputs of shape {shape}; {kind} wants (batch, time, features), so (time, features) "
    "for each input. {advice}"
)
_ADVICE = {
    1: "For a series of single values use x.reshape(n, time, 1); for rows of features, x.reshape(n, 1, features).",
    3: "Put Reshape((time, features)) before it.",
}


# The arrays that a cell carries, in the order of its ``carried_shapes``.
Carried: TypeAlias = tuple[jax.Array, ...]


T = TypeVar("T")
CellType = TypeVar("CellType", bound=Cell)

# Fields that every layer has; those of a layer are not those of its cell.
_OF_EVERY_LAYER = frozenset(field.name for field in fields(Layer))


def cell_of(layer: Layer, cell_type: type[CellType]) -> CellType:
    """Return the cell of a layer, which has the layer's fields of the same names.

    It is not validated again: the fields may hold traced numbers.

    Args:
        layer: The layer.
        cell_type: The class of its cell; the layer has all its fields.
    """
    made = object.__new__(cell_type)
    for field in fields(cell_type):  # pyright: ignore[reportArgumentType]
        own = field.default if field.name in _OF_EVERY_LAYER else getattr(layer, field.name)
        object.__setattr__(made, field.name, own)
    return made


class Recurrent(Layer):
    """Base of the layers that run a cell through a sequence; a subclass says which cell, as ``_cell``.

    A layer may also read initial states beside the sequence, one for each array that the cell carries.
    """

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool

    @property
    def _cell(self) -> Cell:
        raise NotImplementedError

    @property
    def _called(self) -> str:
        """The layer in messages."""
        return type(self).__name__

    @property
    def keeps_time(self) -> bool:
        return self.return_sequences and not self.go_backwards

    def __call__(self, *nodes: NodeLike, initial_state: NodeLike | None = None) -> NodeOrList:
        """Return the output as a node of a graph; with ``return_state`` a list of it and of what is carried at the end.

        Args:
            nodes: An ``Input`` or the output of another layer.
            initial_state: What is carried before the first step: a node for each array, in a list. Zeros by default.

        Raises:
            InvalidValue: If something else is given.
            ShapeError: If the layer cannot read outputs of these shapes, or does not carry so many arrays.
        """
        if initial_state is None:
            return super().__call__(*nodes)
        return super().__call__(
            *nodes, *(initial_state if isinstance(initial_state, list | tuple) else [initial_state])
        )

    def accepts(self, inputs: int) -> bool:
        """Whether the layer may read so many inputs: a sequence, or a sequence and all initial states."""
        return inputs in (1, 1 + len(self.carried_shapes))

    @property
    def num_outputs(self) -> int:
        return 1 + len(self.carried_shapes) if self.return_state else 1

    def output_shape(self, shape: Shape) -> AnyShape:
        """Return ``(time, units)`` or ``(units,)`` for inputs ``(time, features)``; a tuple with ``return_state``."""
        shape = self._sequence_shape(shape)
        answer = (shape[0], *self._cell.width) if self.return_sequences else self._cell.width
        return (answer, *self.carried_shapes) if self.return_state else answer

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        """Draw the weights of the cell for inputs ``(time, features)``."""
        return self._cell.init(rng, self._sequence_shape(shape)[1:])

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[LayerOutputs, State]:
        """Run through time; ``(batch, time, features)`` to ``(batch, time, units)`` or ``(batch, units)``."""
        context = INFERENCE if context is None else context
        sequence, given = _sequence_and_states(x)
        params, steps = self._prepared(params, sequence)
        real = self._real_steps(context)
        if self.stateful:
            held = memory.recalled(self, state, steps.shape[1])
            given = held if given is None else given
        if self._is_fast(given, real) and not context.cut:
            answer, last = self._run_fast(params, steps, given, real, context)
        else:
            last, answers = self._run(params, steps, self._begin(params, steps, given), real, context)
            answer = answers if self.return_sequences else answers[-1]
        answer = jnp.swapaxes(answer, 0, 1) if self.return_sequences else answer  # (batch, time, units)
        state = memory.remembered(state, last) if self.stateful else state
        if not self.return_state:
            return answer, state
        # A composition activates a potential once; states are no potentials and must pass through untouched.
        # With its states beside it, the answer is what the layer activates itself.
        return (self._cell.activate(answer), *jax.tree.leaves(last)), state

    def activate(self, potential: jax.Array) -> LayerOutputs:
        return potential if self.return_state else self._cell.activate(potential)

    @property
    def output_activation(self) -> Activation | None:
        return None if self.return_state else self._cell.output_activation

    @property
    def loses_mask(self) -> bool:
        return False

    @property
    def remembers(self) -> bool:
        return self.stateful

    def with_memory(self, rng: np.random.Generator, params: Params, state: State, batch: int) -> State:
        return {**by_name(state), **memory.blank(rng, self._cell, params, batch)} if self.stateful else state

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        own = (mask[0] if isinstance(mask, tuple) else mask) if self.return_sequences else None
        return (own, *(None for _ in self.carried_shapes)) if self.return_state and own is not None else own

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, state = super().forward(params, x, state, context, feedback)
        return record._replace(trajectory=lambda: self.trajectory(params, x, context)), state

    def trajectory(self, params: Params, x: ArrayTree, context: Context = INFERENCE) -> dict[str, jax.Array]:
        """Return what the cell does at every step, by name: ``pre``, ``potential``, ``post`` and its gates.

        Computed by a plain loop over the equations, apart from the fast one that training takes.

        Args:
            params: The parameters of the layer.
            x: Inputs, ``(batch, time, features)``, or a tuple of them and the initial states.
            context: The options of the pass.

        Shapes:
            Each ``(batch, time, ...)``, in the order in which the steps were taken: from the last one with
            ``go_backwards``. ``potential`` has a block for each gate, in the order of the kernel.
        """
        sequence, given = _sequence_and_states(x)
        params, steps = self._prepared(params, sequence)
        cell, real = self._cell, self._real_steps(context)

        def step(carry: Carry, now: Tree) -> tuple[Carry, Any]:
            new, named = cell.observe(params, carry, now[0], context)
            answer = cell.advance(params, carry, now[0], context)[1]
            return _kept(now[1], new, carry), {**named, "post": cell.activate(answer)}

        projected = cell.project(params, steps, context)
        found = jax.lax.scan(step, self._begin(params, steps, given), (projected, real))[1]
        return {name: jnp.swapaxes(values, 0, 1) for name, values in {"pre": steps, **found}.items()}

    def start(self, params: Params, batch: int) -> Carry:
        params = _in_one_type(params)
        dtype = jnp.result_type(*jax.tree.leaves(params)) if jax.tree.leaves(params) else jnp.float32
        return self._cell.start(params, batch), jnp.zeros((batch, *self._cell.width), dtype)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        if self.go_backwards:
            raise InvalidValue(whole_sequence(self))
        params, cell, (inner, last) = _in_one_type(params, x_t), self._cell, carry
        new, potential = cell.advance(params, inner, cell.project(params, x_t, context), context)
        real = None if context.steps is None else context.steps[:, 0]
        # Step by step the last answer is carried beside the cell, so that padding repeats it, as in _run.
        new, potential = _kept(real, (new, potential), (inner, last))
        answer: Any = (cell.activate(potential), *jax.tree.leaves(new)) if self.return_state else potential
        return (new, potential), answer

    def _is_fast(self, given: Carried | None, real: jax.Array | None) -> bool:
        """Return whether there is a kernel for the whole sequence, with these initial states and this mask."""
        return False

    def _run_fast(
        self, params: Params, steps: jax.Array, given: Carried | None, real: jax.Array | None, context: Context
    ) -> tuple[jax.Array, Carried]:
        """Return the same as the cell in a loop, time-major, and what is carried after the last step."""
        raise NotImplementedError

    @property
    def carried_shapes(self) -> tuple[Shape, ...]:
        """The shape of each array that the cell carries, without the batch axis."""
        return self._cell.carried_shapes

    def _sequence_shape(self, shape: AnyShape) -> Shape:
        shape = tuple(shape[0]) if shape and isinstance(shape[0], tuple) else tuple(shape)
        if len(shape) != 2:
            advice = _ADVICE.get(len(shape), "Reshape the inputs to two axes each, time and features.")
            kind = type(self).__name__
            raise ShapeError(_WRONG_RANK.format(layer=self._called, kind=kind, shape=shape, advice=advice))
        if shape[0] == 0:
            raise ShapeError(f"{self._called}: got inputs of shape {shape}, without a time step.")
        return shape

    def _prepared(self, params: Params, x: jax.Array) -> tuple[Params, jax.Array]:
        """Return everything in one dtype, and the inputs time-major in the order in which they are read."""
        dtype = jnp.result_type(x, *jax.tree.leaves(params))
        steps = jnp.swapaxes(jnp.asarray(x, dtype), 0, 1)  # (time, batch, features)
        return _in_one_type(params, x), (steps[::-1] if self.go_backwards else steps)

    def _real_steps(self, context: Context) -> jax.Array | None:
        """Return which steps are real, ``(time, batch)``, in the order in which they are read; None for all."""
        mask = context.steps[0] if isinstance(context.steps, tuple) else context.steps
        if mask is None:
            return None
        return jnp.swapaxes(mask, 0, 1)[:: -1 if self.go_backwards else 1]

    def _begin(self, params: Params, steps: jax.Array, given: Carried | None) -> Carry:
        blank = self._cell.start(params, steps.shape[1])
        if given is None:
            # What was drawn in another type than the inputs' is carried in theirs.
            return jax.tree.map(lambda part: part.astype(jnp.result_type(part, steps)), blank)
        return jax.tree.unflatten(jax.tree.structure(blank), [jnp.asarray(part, steps.dtype) for part in given])

    def _run(
        self, params: Params, steps: jax.Array, start: Carry, real: jax.Array | None, context: Context
    ) -> tuple[Carry, jax.Array]:
        """Return what is carried after the last step, and the potential of every step, time-major."""
        cell = self._cell
        projected = cell.project(params, steps, context)
        if real is None:
            return jax.lax.scan(lambda carry, now: cell.advance(params, carry, now, context), start, projected)

        def step(carry: Carry, now: Tree) -> tuple[Carry, Any]:
            # The answer is carried too: at a step of padding the layer repeats its last one, as in Keras.
            kept = _kept(now[1], cell.advance(params, carry[0], now[0], context), carry)
            return kept, kept[1]

        blank = jnp.zeros((steps.shape[1], *cell.width), steps.dtype)
        (last, _), answers = jax.lax.scan(step, (start, blank), (projected, real))
        return last, answers


def _sequence_and_states(x: ArrayTree) -> tuple[jax.Array, Carried | None]:
    """Return what a layer reads as the sequence and the initial states; None for those of the cell."""
    if not isinstance(x, tuple):
        return x, None
    sequence, *given = cast("Carried", x)
    return sequence, tuple(given)


def _kept(real: jax.Array | None, new: T, old: T) -> T:
    """Return ``new`` for rows whose step is real, ``(batch,)``, and ``old`` for the others."""
    if real is None:
        return new
    return jax.tree.map(
        lambda one, other: jnp.where(real.reshape(-1, *[1] * (one.ndim - 1)), one, other.astype(one.dtype)), new, old
    )


def _in_one_type(params: Params, *inputs: jax.Array) -> Params:
    leaves = [*jax.tree.leaves(params), *inputs]
    if not leaves:
        return params
    dtype = jnp.result_type(*leaves)
    return jax.tree.map(lambda value: jnp.asarray(value, dtype), params)
