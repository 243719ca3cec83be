"""Statements: the lines of a program as they are written, with the buffers that they use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod

import numpy as np

from ..program import ELEMENTWISE, ArrayProgram, ArrayValue, Operation, Sizes, with_rows
from .dialect import Dialect
from .memory import Buffer
from .places import ArrayPlace, broadcast, flat, shifted
from .sparse import SparseKernel

# Where the element of an operand of a shape stands, as its flat index.
Where = Callable[[tuple[int, ...]], str]


def sizes(shape: Sizes) -> tuple[int, ...]:
    """Return a shape of a program for a fixed number of rows."""
    return with_rows(shape, 1)


def width(value: ArrayValue) -> int:
    """Return the number of elements of an array."""
    return prod(sizes(value.shape))


class Statements:
    """Lines, and the arrays that they read and write.

    Args:
        dialect: The language.
        write: What writes each operation; those of :data:`~plastica.export.program.ELEMENTWISE` are written here.

    Attributes:
        lines: The lines so far.
        buffers: The buffers of results, by name.
        tables: The constants that are not numbers in formulas, by name.
    """

    def __init__(self, dialect: Dialect, write: Mapping[str, Callable[[Statements, Operation], None]]) -> None:
        self.dialect = dialect
        self._write = write
        self.lines: list[str] = []
        self.buffers: dict[str, Buffer] = {}
        self.tables: dict[str, np.ndarray] = {}
        self._depth = 1
        self._clock = 0
        self._numbered = 0
        self._places: dict[int, ArrayPlace] = {}
        self._constants: dict[int, np.ndarray] = {}
        self._inlined: dict[int, Operation] = {}
        self._walked: dict[int, tuple[int, str]] = {}  # the constant of which a value is a part, and the step

    # Lines.

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str = "{") -> Iterator[None]:
        """Write a block in braces."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1
        self.line("}")

    @contextmanager
    def loop(self, index: str, size: int, down: bool = False) -> Iterator[str]:
        """Write a loop over an index; none for a size of 1."""
        if size == 1:
            with self.block():
                yield "0"
        else:
            with self.block(self.dialect.loop(index, size, down)):
                yield index

    @contextmanager
    def loops(self, shape: Sequence[int], prefix: str = "i") -> Iterator[list[str]]:
        """Write a loop over each axis; none over axes of size 1."""
        indices = [f"{prefix}{axis}" if size > 1 else "0" for axis, size in enumerate(shape)]
        heads = [self.dialect.loop(index, size) for index, size in zip(indices, shape, strict=True) if size > 1]
        for head in heads or ["{"]:
            self.line(head)
            self._depth += 1
        yield indices
        for _ in heads or ["{"]:
            self._depth -= 1
            self.line("}")

    # Arrays.

    def bind(self, value: ArrayValue, place: ArrayPlace) -> None:
        """Say where an array lies."""
        self._places[value.number] = place

    def new(self, value: ArrayValue) -> ArrayPlace:
        """Return a buffer for an array."""
        place = self.scratch(value, f"v{value.number}")
        self.bind(value, place)
        return place

    def scratch(self, like: ArrayValue, name: str) -> ArrayPlace:
        """Return a buffer of the size of an array, with a name of its own."""
        self.buffers[name] = Buffer(name, width(like), like.dtype, self._clock, self._clock)
        return ArrayPlace(name)

    def place(self, value: ArrayValue) -> ArrayPlace:
        """Return where an array lies; it counts as read now."""
        place = self._places.get(value.number)
        if place is None:
            name = f"w{value.number}"
            self.tables[name] = self._constants[value.number]
            place = ArrayPlace(name)
            self.bind(value, place)
        self.touch(place)
        return place

    def sparse(self, value: ArrayValue) -> tuple[ArrayPlace, ArrayPlace, ArrayPlace] | None:
        """Return where the rows of a kernel begin, its columns and its weights, if it is stored without its zeros.

        Its last axis has the columns; the rows are those of all other axes.
        """
        number, step = self._walked.get(value.number, (value.number, "0"))
        kernel = self._constants.get(number)
        if not self.dialect.sparse or kernel is None or (number == value.number and number in self._places):
            return None
        found = SparseKernel.of(kernel.reshape(-1, kernel.shape[-1]))
        if found is None:
            return None
        tables = {f"w{number}_{name}": table for name, table in found._asdict().items()}
        self.tables |= tables
        begins, columns, weights = map(ArrayPlace, tables)
        return begins.further(shifted(step, prod(sizes(value.shape)[:-1]), 0)), columns, weights

    def walk(self, part: ArrayValue, whole: ArrayValue, step: str) -> None:
        """Say that a value is the part of a constant at a step of a loop; of other arrays nothing is kept."""
        if whole.number in self._constants:
            self._walked[part.number] = whole.number, step

    def touch(self, place: ArrayPlace) -> None:
        """Keep a buffer at least until now."""
        if place.name in self.buffers:
            self.buffers[place.name].last = self._clock

    def is_number(self, value: ArrayValue) -> bool:
        """Return whether an array is a constant number, to be written into formulas."""
        return not value.shape and value.number in self._constants

    def element(self, value: ArrayValue, where: Where) -> str:
        """Return an element of an array as an expression."""
        if value.number in self._inlined:
            return self.expression(self._inlined[value.number], where)
        if self.is_number(value):
            return self.dialect.number(self._constants[value.number].item(), value.dtype)
        return self.place(value).at(where(sizes(value.shape)))

    def at(self, value: ArrayValue, indices: Sequence[str]) -> str:
        """Return the element of an array at indices, one for each axis."""
        return self.element(value, lambda shape: flat(shape, indices))

    def expression(self, operation: Operation, where: Where) -> str:
        """Return an element of the result of an operation on elements."""
        operands = [self.element(each, where) for each in operation.inputs]
        kinds = [each.dtype for each in operation.inputs]
        match operation.name:
            case "where":
                return f"({operands[0]} ? {operands[1]} : {operands[2]})"
            case "convert":
                return self.dialect.convert(operands[0], kinds[0], operation.output.dtype)
            case name:
                return self.dialect.apply(name, operands, kinds[0])

    def leaves(self, operation: Operation) -> Iterator[ArrayValue]:
        """Yield the arrays that the expression of an operation reads."""
        for value in operation.inputs:
            if value.number in self._inlined:
                yield from self.leaves(self._inlined[value.number])
            elif not self.is_number(value):
                yield value

    def store(self, place: ArrayPlace, index: str, value: str) -> None:
        """Write an assignment to an element."""
        self.touch(place)
        self.line(f"{place.at(index)} = {value};")

    def copy(self, value: ArrayValue, place: ArrayPlace) -> None:
        """Write a copy of an array to a place."""
        with self.loop("i", width(value)) as index:
            self.store(place, index, self.element(value, lambda shape: index if shape else "0"))

    # Programs.

    def number(self) -> int:
        """Return a number for names that no other line has."""
        self._numbered += 1
        return self._numbered

    def program(self, program: ArrayProgram) -> None:
        """Write the operations of a program whose inputs have places."""
        self._constants |= {value.number: array for value, array in program.constants.items()}
        inlined = _read_once(program)
        layer = ""
        for operation in program.operations:
            if operation.name in ELEMENTWISE and operation.output.number in inlined:
                self._inlined[operation.output.number] = operation
                continue
            self._clock += 1
            if operation.layer != layer:
                layer = operation.layer
                self.line(f"/* {layer.replace('*/', '* /')} */")
            (_write_elements if operation.name in ELEMENTWISE else self._write[operation.name])(self, operation)

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Keep what the lines inside read from outside until they have run for the last time."""
        start = self._clock
        yield
        self._clock += 1
        for buffer in self.buffers.values():
            if buffer.first <= start and buffer.last > start:
                buffer.last = self._clock


def _write_elements(to: Statements, operation: Operation) -> None:
    """Write an operation element by element, as one loop where all operands have the shape of the result."""
    shape = sizes(operation.output.shape)
    leaves = list(to.leaves(operation))
    place = to.new(operation.output)
    if all(each.shape == operation.output.shape for each in leaves):
        with to.loop("i", prod(shape)) as index:
            to.store(place, index, to.expression(operation, lambda _: index))
    else:
        with to.loops(shape) as indices:
            to.store(place, flat(shape, indices), to.expression(operation, lambda of: broadcast(of, indices)))


def _read_once(program: ArrayProgram) -> set[int]:
    """Return the results that one operation on elements of the same shape reads: they need no array."""
    reads = Counter(each.number for step in program.operations for each in step.inputs)
    reads.update(each.number for each in program.outputs)
    return {
        value.number
        for step in program.operations
        if step.name in ELEMENTWISE
        for value in step.inputs
        if reads[value.number] == 1 and value.shape == step.output.shape
    }
