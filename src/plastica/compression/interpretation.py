"""Run a program in JAX, with other numbers in the place of some constants: what training differentiates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..export.program import ArrayProgram, ArrayValue, Operation, parameters_for
from .jax_functions import FUNCTIONS
from .wording import SAY

Operands = list[Array]
# What a product is in the place of the exact one; None for the exact one.
InexactProduct = Callable[[Operation, Operands], "Array | None"]


class ProgramRun(NamedTuple):
    """What a program runs with.

    Attributes:
        learned: Arrays in the place of constants, also of those of programs inside.
        rows: The number of rows.
        product: Computes products; see :data:`InexactProduct`.
    """

    learned: Mapping[ArrayValue, Array]
    rows: int
    product: InexactProduct = lambda _, __: None


def computed(program: ArrayProgram, inputs: Sequence[Array], given: ProgramRun) -> Operands:
    """Return the outputs of a program.

    Args:
        program: The program.
        inputs: An array for each input.
        given: What it runs with.

    Raises:
        InvalidValue: If it has a loop without a fixed number of steps, through which there is no gradient.
    """
    known: dict[ArrayValue, Array] = {value: jnp.asarray(array) for value, array in program.constants.items()}
    known.update({value: given.learned[value] for value in program.constants if value in given.learned})
    known.update(zip(program.inputs, inputs, strict=True))
    for operation in program.operations:
        found = _computed(operation, [known[each] for each in operation.inputs], given)
        known.update(zip(operation.outputs, found, strict=True))
    return [known[each] for each in program.outputs]


def _computed(operation: Operation, operands: Operands, given: ProgramRun) -> Sequence[Array]:
    if operation.name == "scan":
        return _scan(operation, operands, given)
    if operation.name == "while":
        raise InvalidValue(SAY("no_gradient", layer=operation.layer))
    if operation.name == "choose":
        branches = [lambda *x, own=each: tuple(computed(own, x, given)) for each in operation.programs]
        return jax.lax.switch(operands[0], branches, *operands[1:])
    if operation.name in ("matmul", "convolution") and (found := given.product(operation, operands)) is not None:
        return (found,)
    found = FUNCTIONS[operation.name](*operands, **parameters_for(operation, given.rows))
    return found if isinstance(found, tuple) else (found,)


def _scan(operation: Operation, operands: Operands, given: ProgramRun) -> Operands:
    body, fixed, carried = operation.inner("body"), operation.whole("fixed"), operation.whole("carried")
    stay, first, sequences = operands[:fixed], operands[fixed : fixed + carried], operands[fixed + carried :]

    def step(state: Operands, now: Operands) -> tuple[Operands, Operands]:
        found = computed(body, [*stay, *state, *now], given)
        return found[:carried], found[carried:]

    last, results = jax.lax.scan(
        step, first, sequences, length=operation.whole("length"), reverse=bool(operation.parameters["reverse"])
    )
    return [*last, *results]


def answers(program: ArrayProgram, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the outputs of a program for arrays, compiled."""
    rows = len(inputs[0])
    given = ProgramRun({}, rows)
    run = jax.jit(lambda x: computed(program, x, given))
    return [
        np.asarray(each) for each in run([jnp.asarray(x, v.dtype) for x, v in zip(inputs, program.inputs, strict=True)])
    ]
