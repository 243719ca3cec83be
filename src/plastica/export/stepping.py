"""One step in time as a program: what a network remembers goes in beside the inputs, and comes out beside the answers.

A device can then answer step by step, as the inputs come, with the memory of one step and for sequences of any length.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InvalidValue
from ..layers.in_time import Carry
from ..layers.layer import INFERENCE
from ..model.base import BaseModel
from ..model.outputs import outputs_of
from ..model.shapes import is_several
from ..model.stepping import stream
from ..typing import AnyShape
from .program import ArrayProgram
from .tracing import traced
from .wording import SAY

# From what is remembered and the inputs of one step to answers and what is remembered then.
StepFunction = Callable[[Carry, Sequence[jax.Array]], "tuple[list[jax.Array], Carry]"]


class StepProgram(NamedTuple):
    """One step of a network.

    Attributes:
        program: Its inputs are those of one step and then ``state_0, state_1, ...``; its outputs are the answers and
            then ``next_state_0, next_state_1, ...``.
        start: What each state is before the first step, for one sequence: ``(1, ...)``.
        step: What plastica answers, from an array for each input to one for each output.
    """

    program: ArrayProgram
    start: tuple[np.ndarray, ...]
    step: jax.stages.Wrapped


def step_program_of(model: BaseModel, rows: int | None = None) -> StepProgram:
    """Return one step of a network as a program.

    Args:
        model: A model with weights that answers step by step, see :meth:`Model.stream`.
        rows: The number of sequences side by side; None for any number.

    Raises:
        InvalidValue: If a layer cannot walk in time, or its memory is not one for each sequence.
        ShapeError: If the inputs have no axis for time.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.GRU(4, input_shape=(None, 2)), pl.Dense(1)])
        >>> model.build()
        >>> found = step_program_of(model)
        >>> found.program.input_names[0], found.program.output_names[0], found.start[0].shape
        ('x', 'y', (1, 4))
    """
    stream(model, 1)  # refuses what cannot walk in time
    network = model.network
    answering, params, state, _ = model.answering()
    declared: AnyShape = model.declared_shape
    several = is_several(declared)
    shapes = [each[1:] for each in declared] if several else [declared[1:]]
    integers = network.takes_integers
    of_each = integers if isinstance(integers, tuple) else (integers,) * len(shapes)
    kinds = ["int32" if each else "float32" for each in of_each]
    names = [each.name or f"input_{place}" for place, each in enumerate(network.begins)] if several else ["x"]
    inputs = list(zip(names, shapes, kinds, strict=True))

    def begin(batch: Any) -> Carry:
        return network.start(params, batch)

    def advance(carry: Carry, parts: Sequence[jax.Array]) -> tuple[list[jax.Array], Carry]:
        x_t = answering.cast_inputs(tuple(parts) if several else parts[0])
        carry, potential = network.step(params, carry, x_t, state, INFERENCE)
        return jax.tree.leaves(network.activate(potential)), carry

    memory = _memory(begin, advance, [(shape, kind) for _, shape, kind in inputs], model.name)

    def step(*arrays: jax.Array) -> tuple[jax.Array, ...]:
        parts, states = arrays[: len(shapes)], arrays[len(shapes) :]
        count = parts[0].shape[0]
        answers, carry = advance(memory.carry(states), parts)
        states_after = memory.states(carry, count)
        if memory.late:
            blank, first = advance(begin(count), parts)
            begun = states[-1] > 0
            answers = [_where(begun, *each) for each in zip(answers, blank, strict=True)]
            pairs = zip(states_after, memory.states(first, count), strict=True)
            states_after = [*(_where(begun, *each) for each in pairs), jnp.ones_like(states[-1])]
        return (*answers, *states_after)

    inputs += [(f"state_{place}", each.shape[1:], each.dtype.name) for place, each in enumerate(memory.start)]
    outputs = [each.name for each in outputs_of(network, declared)] or ["y"]
    outputs += [f"next_{name}" for name, _, _ in inputs[len(shapes) :]]
    program = traced(step, inputs, outputs, rows=rows, name=type(network).__name__)
    return StepProgram(program, memory.start, jax.jit(step))


class _Memory(NamedTuple):
    """What a network remembers.

    Attributes:
        structure: Its structure.
        axes: The axis of the sequences in each of its arrays, the first in each state; None for what all share, such
            as the number of the step.
        start: What each state is before the first step, for one sequence.
        late: Whether it is known with the first inputs only. The last state then says whether there were any.
    """

    structure: Any
    axes: tuple[int | None, ...]
    start: tuple[np.ndarray, ...]
    late: bool

    def carry(self, states: Sequence[jax.Array]) -> Carry:
        """Return what is remembered, from states."""
        pairs = zip(states[: len(self.axes)], self.axes, strict=True)
        # Largest of equal ones: programs have no first row.
        return self.structure.unflatten(
            [each.max(0) if axis is None else jnp.moveaxis(each, 0, axis) for each, axis in pairs]
        )

    def states(self, carry: Carry, rows: Any) -> list[jax.Array]:
        """Return states, from what is remembered of so many sequences."""
        pairs = zip(jax.tree.leaves(carry), self.axes, strict=True)
        return [
            jnp.broadcast_to(each, (rows, *each.shape)) if axis is None else jnp.moveaxis(each, axis, 0)
            for each, axis in pairs
        ]


def _memory(
    begin: Callable[[Any], Carry], advance: StepFunction, inputs: Sequence[tuple[tuple[int, ...], str]], name: str
) -> _Memory:
    def after(batch: int) -> Carry:
        parts = [jax.ShapeDtypeStruct((batch, *shape), np.dtype(kind)) for shape, kind in inputs]
        return jax.eval_shape(lambda *each: advance(begin(batch), each)[1], *parts)

    two, structure = jax.tree.flatten(after(2))
    three = jax.tree.leaves(after(3))
    axes: list[int | None] = []
    for one, other in zip(two, three, strict=True):
        differing = [axis for axis, sizes in enumerate(zip(one.shape, other.shape, strict=True)) if len({*sizes}) > 1]
        if len(differing) > 1:
            raise InvalidValue(SAY("shared_memory", name=name))
        axes.append(differing[0] if differing else None)
    late = jax.tree.structure(begin(1)) != structure
    known = [np.zeros(each.shape, each.dtype) for each in two] if late else jax.tree.leaves(begin(2))
    start = [
        np.array(each)[None] if axis is None else np.moveaxis(np.array(each), axis, 0)[:1]
        for each, axis in zip(known, axes, strict=True)
    ]
    return _Memory(structure, tuple(axes), (*start, *([np.zeros(1, np.int32)] if late else [])), late)


def _where(begun: jax.Array, later: jax.Array, first: jax.Array) -> jax.Array:
    return jnp.where(begun.reshape(-1, *[1] * (later.ndim - 1)), later, first)
