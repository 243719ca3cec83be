"""Run a program in NumPy, one operation after another: what an exported file has to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .program import ArrayProgram, ArrayValue, Operation, RowCount, parameters_for
from .reference import FUNCTIONS

OperandArrays = list[np.ndarray]
Watch = Callable[[Operation, OperandArrays], None]


def run(program: ArrayProgram, inputs: Sequence[np.ndarray], watch: Watch | None = None) -> OperandArrays:
    """Return the outputs of a program.

    Args:
        program: The program.
        inputs: An array for each input.
        watch: Called with each operation, also of programs inside, and its operands.
    """
    with np.errstate(all="ignore"):
        return _run(program, inputs, _rows(program, inputs), watch)


def _rows(program: ArrayProgram, inputs: Sequence[np.ndarray]) -> int:
    for value, array in zip(program.inputs, inputs, strict=True):
        for size, given in zip(value.shape, np.shape(array), strict=True):
            if isinstance(size, RowCount):
                return given // size.factor
    return 1


def _run(program: ArrayProgram, inputs: Sequence[np.ndarray], rows: int, watch: Watch | None) -> OperandArrays:
    known: dict[ArrayValue, np.ndarray] = dict(program.constants)
    known.update(
        zip(program.inputs, (np.asarray(x, v.dtype) for x, v in zip(inputs, program.inputs, strict=True)), strict=True)
    )
    for operation in program.operations:
        operands = [known[each] for each in operation.inputs]
        if watch is not None:
            watch(operation, operands)
        known.update(zip(operation.outputs, _computed(operation, operands, rows, watch), strict=True))
    return [known[each] for each in program.outputs]


def _computed(operation: Operation, operands: OperandArrays, rows: int, watch: Watch | None) -> Sequence[np.ndarray]:
    if operation.name == "scan":
        return _scan(operation, operands, rows, watch)
    if operation.name == "while":
        return _while(operation, operands, rows, watch)
    if operation.name == "choose":
        branches = operation.programs
        return _run(branches[min(max(int(operands[0]), 0), len(branches) - 1)], operands[1:], rows, watch)
    found = FUNCTIONS[operation.name](*operands, **parameters_for(operation, rows))
    return found if isinstance(found, tuple) else (found,)


def _scan(operation: Operation, operands: OperandArrays, rows: int, watch: Watch | None) -> OperandArrays:
    body, length = operation.inner("body"), operation.whole("length")
    fixed, carried = operation.whole("fixed"), operation.whole("carried")
    stay, state, sequences = operands[:fixed], operands[fixed : fixed + carried], operands[fixed + carried :]
    results: list[OperandArrays] = [[] for _ in operation.outputs[carried:]]
    for step in reversed(range(length)) if operation.parameters["reverse"] else range(length):
        found = _run(body, [*stay, *state, *(each[step] for each in sequences)], rows, watch)
        state = found[:carried]
        for result, own in zip(results, found[carried:], strict=True):
            result.append(own)
    if operation.parameters["reverse"]:
        results = [result[::-1] for result in results]
    return [*state, *map(np.stack, results)]


def _while(operation: Operation, operands: OperandArrays, rows: int, watch: Watch | None) -> OperandArrays:
    condition, body = operation.inner("condition"), operation.inner("body")
    first = operation.whole("condition_fixed")
    second = first + operation.whole("body_fixed")
    state = operands[second:]
    while _run(condition, [*operands[:first], *state], rows, watch)[0]:
        state = _run(body, [*operands[first:second], *state], rows, watch)
    return state
