"""Statements in Python for the operations of a program."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

import numpy as np

from . import reference
from .numpy_expressions import function_of, number, plain, typed, whole, written
from .program import LOOPS, ArrayProgram, ArrayValue, Operation, RowCount

# Constants of up to so many numbers are written where they are used.
_SHORT = 8


class Code:
    """Writes operations as statements, one for each.

    Attributes:
        names: The expression of each value.
        stored: The constants that are too long to be written where they are used.
        functions: The functions of :mod:`.reference` that are called.
    """

    def __init__(self, program: ArrayProgram) -> None:
        self.names: dict[ArrayValue, str] = {}
        self.stored: list[tuple[ArrayValue, np.ndarray]] = []
        self.functions: dict[str, None] = {}
        self._number = 0
        self._layer = ""
        for part in program.walk():
            for value, array in part.constants.items():
                self._constant(value, array)

    def function(self, program: ArrayProgram) -> str:
        """Return the function that computes a program."""
        for value, name in zip(program.inputs, program.input_names, strict=True):
            self.names[value] = _identifier(name)
        arguments = ", ".join(self.names[each] for each in program.inputs)
        lines = [f"def compute({arguments}):", f'    """{_signature(program)}"""']
        statements = list(self._statements(program, "    "))
        if any("rows" in each for each in statements):
            lines += self._rows(program)
        lines += statements
        lines.append(f"    return {', '.join(whole(self.names, each) for each in program.outputs)}")
        return "\n".join(lines)

    def _rows(self, program: ArrayProgram) -> Iterator[str]:
        for value in program.inputs:
            for axis, size in enumerate(value.shape):
                if isinstance(size, RowCount):
                    yield f"    rows = {self.names[value]}.shape[{axis}]"
                    return

    def _statements(self, program: ArrayProgram, indent: str) -> Iterator[str]:
        for operation in program.operations:
            if operation.layer != self._layer:
                self._layer = operation.layer
                yield f"{indent}# {operation.layer}"
            if operation.name in LOOPS:
                yield from getattr(self, f"_{operation.name}")(operation, indent)
                continue
            expression = written(operation, self.names)
            if (called := function_of(operation)) is not None:
                self.functions[called] = None
            yield f"{indent}{', '.join(map(self._new, operation.outputs))} = {expression}"

    def _new(self, value: ArrayValue) -> str:
        self._number += 1
        self.names[value] = f"a{self._number}"
        return self.names[value]

    def _constant(self, value: ArrayValue, array: np.ndarray) -> None:
        if array.ndim == 0:
            self.names[value] = number(array)
        elif array.size <= _SHORT:
            self.names[value] = f'np.array({plain(array)}, "{array.dtype}")'
        else:
            self.names[value] = f"w{len(self.stored) + 1}"
            self.stored.append((value, array))

    def _scan(self, operation: Operation, indent: str) -> Iterator[str]:
        body = operation.inner("body")
        fixed, carried = operation.whole("fixed"), operation.whole("carried")
        length, inner = operation.parameters["length"], indent + "    "
        for own, outside in zip(body.inputs[:fixed], operation.inputs[:fixed], strict=True):
            self.names[own] = self.names[outside]
        state, sequences = body.inputs[fixed : fixed + carried], body.inputs[fixed + carried :]
        starts = operation.inputs[fixed : fixed + carried]
        for own, start in zip(state, starts, strict=True):
            yield f"{indent}{self._new(own)} = {typed(self.names, start)}"
        results = [self._new(each) for each in operation.outputs[carried:]]
        for result in results:
            yield f"{indent}{result} = [None] * {length}"
        self._number += 1
        step = f"step{self._number}"
        steps = f"range({length})"
        yield f"{indent}for {step} in {f'reversed({steps})' if operation.parameters['reverse'] else steps}:"
        for own, sequence in zip(sequences, operation.inputs[fixed + carried :], strict=True):
            yield f"{inner}{self._new(own)} = {self.names[sequence]}[{step}]"
        yield from self._statements(body, inner)
        for result, own in zip(results, body.outputs[carried:], strict=True):
            yield f"{inner}{result}[{step}] = {typed(self.names, own)}"
        if carried:
            yield f"{inner}{self._listed(state)} = {self._all(body.outputs[:carried])}"
        for result, own in zip(operation.outputs[:carried], state, strict=True):
            self.names[result] = self.names[own]
        for result in results:
            yield f"{indent}{result} = np.stack({result})"

    def _while(self, operation: Operation, indent: str) -> Iterator[str]:
        condition = operation.inner("condition")
        body = operation.inner("body")
        first = operation.whole("condition_fixed")
        second = first + operation.whole("body_fixed")
        inner, starts = indent + "    ", operation.inputs[second:]
        count = len(starts)
        for own, outside in zip(condition.inputs[:first], operation.inputs[:first], strict=True):
            self.names[own] = self.names[outside]
        for own, outside in zip(body.inputs[: second - first], operation.inputs[first:second], strict=True):
            self.names[own] = self.names[outside]
        state = body.inputs[second - first :]
        for own, asked, start in zip(state, condition.inputs[first:], starts, strict=True):
            yield f"{indent}{self._new(own)} = {typed(self.names, start)}"
            self.names[asked] = self.names[own]
        yield f"{indent}while True:"
        yield from self._statements(condition, inner)
        yield f"{inner}if not {self.names[condition.outputs[0]]}:"
        yield f"{inner}    break"
        yield from self._statements(body, inner)
        yield f"{inner}{self._listed(state)} = {self._all(body.outputs[:count])}"
        for result, own in zip(operation.outputs, state, strict=True):
            self.names[result] = self.names[own]

    def _choose(self, operation: Operation, indent: str) -> Iterator[str]:
        branches = operation.programs
        which, *operands = operation.inputs
        results = ", ".join(map(self._new, operation.outputs))
        for place, branch in enumerate(branches):
            for own, outside in zip(branch.inputs, operands, strict=True):
                self.names[own] = self.names[outside]
            last = place == len(branches) - 1
            test = f"if {self.names[which]} <= {place}:" if place == 0 else f"elif {self.names[which]} == {place}:"
            yield f"{indent}{'else:' if last else test}"
            yield from self._statements(branch, indent + "    ")
            yield f"{indent}    {results} = {self._all(branch.outputs)}"

    def _all(self, values: Iterable[ArrayValue]) -> str:
        return ", ".join(typed(self.names, each) for each in values)

    def _listed(self, values: Iterable[ArrayValue]) -> str:
        return ", ".join(self.names[each] for each in values)


def _signature(program: ArrayProgram) -> str:
    taken = ", ".join(f"{value.dtype} {plain(value.shape)}" for value in program.inputs)
    given = ", ".join(f"{value.dtype} {plain(value.shape)}" for value in program.outputs)
    return f"Return {given} for {taken}."


def _identifier(name: str) -> str:
    """Return a name for an argument that no other name in the file has."""
    plainest = re.sub(r"\W", "_", name, flags=re.ASCII)
    own = re.fullmatch(r"[aw]\d+|step\d+|rows|np|\d.*|", plainest) or hasattr(reference, plainest)
    return f"x_{plainest}" if own or keyword.iskeyword(plainest) else plainest
