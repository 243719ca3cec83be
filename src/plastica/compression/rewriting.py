"""Write programs again: with other constants, values of other shapes, or more operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ..export.program import ArrayProgram, ArrayValue, Operation, Sizes

Renamed = Mapping[ArrayValue, ArrayValue]
_OF_SHAPE = ("reshape", "broadcast", "iota")


def with_arrays(program: ArrayProgram, arrays: Mapping[ArrayValue, np.ndarray]) -> ArrayProgram:
    """Return a program with other constants of the same shapes, also in programs inside."""
    operations = tuple(with_programs(each, lambda inner: with_arrays(inner, arrays)) for each in program.operations)
    constants = {value: arrays.get(value, array) for value, array in program.constants.items()}
    return replace(program, constants=constants, operations=operations)


def with_shapes(program: ArrayProgram, renamed: Renamed, arrays: Mapping[ArrayValue, np.ndarray]) -> ArrayProgram:
    """Return a program in which values have other shapes.

    Args:
        program: The program.
        renamed: The value of another shape for each that has one, of programs inside too.
        arrays: The new array of each constant that has one, by the value before.
    """

    def of(values: tuple[ArrayValue, ...]) -> tuple[ArrayValue, ...]:
        return tuple(renamed.get(each, each) for each in values)

    operations: list[Operation] = []
    for operation in program.operations:
        made = with_programs(operation, lambda inner: with_shapes(inner, renamed, arrays))
        made = replace(made, inputs=of(made.inputs), outputs=of(made.outputs))
        if made.name in _OF_SHAPE:
            made = with_parameters(made, shape=made.output.shape)
        operations.append(made)
    constants = {renamed.get(value, value): arrays.get(value, array) for value, array in program.constants.items()}
    return replace(
        program,
        inputs=of(program.inputs),
        constants=constants,
        operations=tuple(operations),
        outputs=of(program.outputs),
    )


def with_programs(operation: Operation, change: object) -> Operation:
    """Return an operation with its programs changed by a function."""
    if not operation.programs:
        return operation

    def changed(value: object) -> object:
        if isinstance(value, ArrayProgram):
            return change(value)  # pyright: ignore[reportCallIssue]
        return tuple(map(changed, value)) if isinstance(value, tuple) else value

    return with_parameters(operation, **{name: changed(value) for name, value in operation.parameters.items()})


def with_parameters(operation: Operation, **parameters: object) -> Operation:
    """Return an operation with some parameters replaced."""
    return replace(operation, parameters=MappingProxyType({**operation.parameters, **parameters}))


def resized(value: ArrayValue, last: int) -> ArrayValue:
    """Return a value with another size of the last axis."""
    shape: Sizes = (*value.shape[:-1], last)
    return replace(value, shape=shape)
