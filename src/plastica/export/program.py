"""Program: the inference of a network as a list of simple operations on arrays; what every writer reads.

A writer turns an :class:`ArrayProgram` into a file for one target (NumPy, ONNX, C, ...). It needs no knowledge of
layers: the set of operations is finite and listed here. :mod:`.reference` computes each of them in NumPy; it is the
definition where words leave a question open.

**Arrays.** Every array is an :class:`ArrayValue` with a shape and a dtype (``float32``, ``int32``, ``uint32`` or
``bool``). A shape has integers and :class:`RowCount`, the number of rows times a factor; a program for a fixed number
of rows has integers only. Constants, weights among them, are the entries of :attr:`ArrayProgram.constants`, in C order;
numbers in formulas are constants of shape ``()``. A program may return an input or a constant.

**Element by element** (:data:`ELEMENTWISE`). Operands have one dtype (but for ``where``, whose first is ``bool``) and
broadcast as in NumPy, so that a constant of shape ``()`` or ``(units,)`` needs no copies.

=========================================================== ========================================================
``neg abs sign exp log log1p expm1 sqrt tanh sin cos erf``  one operand, floats
``floor ceil round is_finite``                              one operand; ``round`` takes halves to the even number
``add sub mul div max min pow rem atan2``                   two operands; ``div`` and ``rem`` of integers truncate
``eq ne lt le gt ge``                                       two operands, result ``bool``
``and or xor not``                                          ``bool`` or integers, bit by bit
``shift_left shift_right_logical``                          ``uint32``
``where``                                                   condition, value if true, value if false
``convert(dtype)``                                          to another dtype; floats to integers truncate
=========================================================== ========================================================

**Shapes.**

* ``reshape(shape)``, ``transpose(permutation)``, ``broadcast(shape)`` as ``numpy.broadcast_to``, ``reverse(axes)``;
* ``slice(start, stop, step)``: a tuple of each, with an entry for each axis; steps are positive;
* ``concatenate(axis)`` of any number of operands;
* ``pad(low, high, interior)``: the second operand around the first, and ``interior`` times between neighbours;
* ``take(axis)``: elements of the first operand at the integer indices of the second, of any shape, always in bounds;
* ``iota(shape, axis, dtype)``, without operands: the index along an axis;
* ``dynamic_slice(sizes)``: an operand, and for each axis an integer index of shape ``()`` where the slice begins, moved
  so that it is inside;
* ``scatter(axis)``, ``scatter_add(axis)``: an operand, indices ``(n,)`` in bounds, and updates with ``n`` along the
  axis, which replace or are added.

**Along axes.** ``reduce_sum reduce_max reduce_min reduce_prod reduce_and reduce_or`` (axes) drop the axes;
``argmax argmin`` (axis, dtype) give the first of equal ones; ``cumsum cumprod cummax cummin`` (axis, reverse);
``sort(axis, keys)`` of one or several operands by the first ``keys`` of them, stable, with as many results.

**Products.** Where the second operand of ``matmul`` or ``convolution`` is in ``constants``, it is a kernel.

* ``matmul`` as ``numpy.matmul``: ``(..., m, k)`` and ``(..., k, n)``, of at least two axes each;
* ``convolution(strides, padding, dilation, groups)``: images ``(batch, *places, channels)`` and a kernel ``(*places,
  channels / groups, filters)``, one or more places; ``padding`` has a pair for each place; filters are in the order of
  their groups;
* ``window_max`` and ``window_sum`` (size, strides, padding, dilation), an entry for each axis of the operand; padding
  never wins or counts.

**Loops.** Programs inside do not read values of the program around them: all they need are inputs or own constants.

* ``scan(body, length, reverse, fixed, carried)``: operands are ``fixed`` values that stay, ``carried`` initial values,
  and sequences with ``length`` along the first axis. ``body`` takes these with one step of each sequence, and returns
  the carried values and one step of each result. Results: the last carried values, and the sequences. With
  ``reverse``, steps run from last to first; results are in the order of the sequences.
* ``while(condition, body, condition_fixed, body_fixed)``: operands are the fixed values of ``condition``, those of
  ``body``, and initial values. Both programs take their fixed values and the current ones; ``condition`` returns a
  ``bool`` of shape ``()``.
* ``choose(branches)``: the first operand is an ``int32`` of shape ``()``, the number of the program in ``branches``
  that takes the other operands; it is moved into range.

**Names.** :attr:`Operation.layer` is the place of the layer that an operation comes from, such as ``layer 0.1, Dense``,
for comments. :attr:`ArrayValue.number` is unique in a program with all programs inside.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

import numpy as np

UNARY = ("neg", "abs", "sign", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "sin", "cos", "erf", "floor", "ceil")
UNARY += ("round", "is_finite", "not")
BINARY = ("add", "sub", "mul", "div", "max", "min", "pow", "rem", "atan2", "eq", "ne", "lt", "le", "gt", "ge")
BINARY += ("and", "or", "xor", "shift_left", "shift_right_logical")
ELEMENTWISE = frozenset((*UNARY, *BINARY, "where", "convert"))
LOOPS = frozenset(("scan", "while", "choose"))


@dataclass(frozen=True, slots=True)
class RowCount:
    """A size that is the number of rows times ``factor``."""

    factor: int = 1

    def __repr__(self) -> str:
        return "rows" if self.factor == 1 else f"{self.factor} * rows"

    def __mul__(self, other: int) -> RowCount:
        return RowCount(self.factor * other)


Size = int | RowCount
Sizes = tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class ArrayValue:
    """An array of a program.

    Attributes:
        number: A number that no other value has.
        shape: The size of each axis.
        dtype: ``float32``, ``int32``, ``uint32`` or ``bool``.
    """

    number: int
    shape: Sizes
    dtype: str

    def __repr__(self) -> str:
        return f"v{self.number}"


Values = tuple[ArrayValue, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One step of a program.

    Attributes:
        name: What is done; see the module.
        inputs: The operands.
        outputs: The results; one, but for loops and ``sort``.
        parameters: What is not an array: axes, shapes, programs inside.
        layer: The place of the layer that it comes from.
    """

    name: str
    inputs: tuple[ArrayValue, ...]
    outputs: tuple[ArrayValue, ...]
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    layer: str = ""

    @property
    def output(self) -> ArrayValue:
        """The only result."""
        (only,) = self.outputs
        return only

    def whole(self, name: str) -> int:
        """Return a parameter that is a whole number: an axis, a count, 1 for True."""
        return int(cast(int, self.parameters[name]))

    def entries(self, name: str) -> tuple[int, ...]:
        """Return a parameter with an entry for each axis; sizes among them may be :class:`RowCount`."""
        return cast("tuple[int, ...]", self.parameters[name])

    def inner(self, name: str) -> ArrayProgram:
        """Return a parameter that is a program."""
        return cast(ArrayProgram, self.parameters[name])

    def streams(self, constants: Container[ArrayValue]) -> dict[ArrayValue, ArrayValue]:
        """Return the inputs of the body of a loop that have one part of a constant at each step, and the constant.

        Args:
            constants: The constants of the program that the loop is in.
        """
        if self.name != "scan":
            return {}
        first = self.whole("fixed") + self.whole("carried")
        pairs = zip(self.inner("body").inputs[first:], self.inputs[first:], strict=True)
        return {value: operand for value, operand in pairs if operand in constants}

    @property
    def programs(self) -> tuple[ArrayProgram, ...]:
        """The programs inside."""
        found: list[ArrayProgram] = []
        for value in self.parameters.values():
            found += [
                each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, ArrayProgram)
            ]
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayProgram:
    """Operations in an order in which they can be computed.

    Attributes:
        inputs: What is given.
        constants: Weights and other numbers.
        operations: The operations.
        outputs: What is returned.
        input_names: The name of each input; empty for a program inside another.
        output_names: The name of each output, likewise.
    """

    inputs: tuple[ArrayValue, ...]
    constants: Mapping[ArrayValue, np.ndarray]
    operations: tuple[Operation, ...]
    outputs: tuple[ArrayValue, ...]
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()

    def walk(self) -> Iterator[ArrayProgram]:
        """Yield this program and all programs inside."""
        yield self
        for operation in self.operations:
            for inner in operation.programs:
                yield from inner.walk()

    @property
    def names(self) -> frozenset[str]:
        """The names of all operations, also of programs inside."""
        return frozenset(operation.name for program in self.walk() for operation in program.operations)

    @property
    def numbers(self) -> int:
        """How many numbers the constants have, weights among them."""
        return sum(array.size for program in self.walk() for array in program.constants.values())

    def __repr__(self) -> str:
        return f"ArrayProgram({len(self.operations)} operations, {self.numbers} constant numbers)"


def with_rows(shape: Sizes, rows: int) -> tuple[int, ...]:
    """Return a shape for a number of rows."""
    return tuple(size.factor * rows if isinstance(size, RowCount) else size for size in shape)


def parameters_for(operation: Operation, rows: int) -> dict[str, object]:
    """Return the parameters of an operation, with its shapes for a number of rows."""

    def sized(parameter: object) -> object:
        if isinstance(parameter, tuple) and any(isinstance(each, RowCount) for each in parameter):
            return with_rows(parameter, rows)
        return parameter

    return {name: sized(each) for name, each in operation.parameters.items()}


def for_rows(program: ArrayProgram, rows: int) -> ArrayProgram:
    """Return a program for any number of rows as one for a fixed number."""

    def fixed(part: object) -> object:
        if isinstance(part, RowCount):
            return part.factor * rows
        if isinstance(part, ArrayValue):
            return replace(part, shape=fixed(part.shape))
        if isinstance(part, ArrayProgram):
            return for_rows(part, rows)
        return tuple(map(fixed, part)) if isinstance(part, tuple) else part

    def each(operation: Operation) -> Operation:
        parameters = {name: fixed(value) for name, value in operation.parameters.items()}
        inputs, outputs = cast("tuple[Values, Values]", (fixed(operation.inputs), fixed(operation.outputs)))
        return replace(operation, inputs=inputs, outputs=outputs, parameters=MappingProxyType(parameters))

    inputs, outputs = cast("tuple[Values, Values]", (fixed(program.inputs), fixed(program.outputs)))
    return replace(program, inputs=inputs, operations=tuple(map(each, program.operations)), outputs=outputs)
