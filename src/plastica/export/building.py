"""Builder: collects the operations of a program and simplifies them as they come."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .program import ELEMENTWISE, ArrayProgram, ArrayValue, Operation, RowCount, Size, Sizes, with_rows
from .reference import FUNCTIONS

# Constants are computed beforehand unless that makes them larger by more than this many numbers.
_MOST_GROWTH = 4096
# x + 0, 1 x, max(x, -inf) and min(x, inf) are x.
_NEUTRAL = {"add": 0.0, "mul": 1.0, "max": -math.inf, "min": math.inf}


class ProgramBuilder:
    """Collects operations; computes what depends on constants only, and drops what changes nothing.

    Args:
        numbers: Gives each value its number; shared with the builders of programs inside.
    """

    def __init__(self, numbers: Iterator[int] | None = None) -> None:
        self.numbers = itertools.count() if numbers is None else numbers
        self.constants: dict[ArrayValue, np.ndarray] = {}
        self.operations: list[Operation] = []
        self.layer = ""
        self._made_by: dict[ArrayValue, Operation] = {}
        self._known: dict[object, tuple[ArrayValue, ...]] = {}

    def value(self, shape: Iterable[Size], dtype: DTypeLike) -> ArrayValue:
        """Return a new value."""
        return ArrayValue(next(self.numbers), tuple(shape), np.dtype(dtype).name)

    def constant(self, array: ArrayLike) -> ArrayValue:
        """Return a constant; equal scalars are one."""
        own = np.asarray(array, order="C")
        key = ("constant", own.dtype.name, own.shape, own.tobytes()) if own.size <= 16 else None
        if key is not None and key in self._known:
            return self._known[key][0]
        made = self.value(own.shape, own.dtype)
        self.constants[made] = own
        if key is not None:
            self._known[key] = (made,)
        return made

    def maker(self, value: ArrayValue) -> Operation | None:
        """Return the operation that made a value; None for inputs and constants."""
        return self._made_by.get(value)

    def add(
        self, name: str, inputs: Iterable[ArrayValue], shape: Iterable[Size], dtype: DTypeLike, /, **parameters: object
    ) -> ArrayValue:
        """Add an operation with one result of a shape and a dtype."""
        return self.add_several(name, tuple(inputs), [(tuple(shape), dtype)], parameters)[0]

    def add_several(
        self,
        name: str,
        inputs: tuple[ArrayValue, ...],
        outputs: list[tuple[Sizes, DTypeLike]],
        parameters: Mapping[str, object],
    ) -> tuple[ArrayValue, ...]:
        """Add an operation with several results, each of a shape and a dtype."""
        if name in ELEMENTWISE:
            inputs = self._narrow(inputs, outputs[0][0])
            if name in _NEUTRAL and (same := self._other_than(_NEUTRAL[name], inputs, outputs[0][0])) is not None:
                return (same,)
        if (folded := self._folded(name, inputs, outputs, parameters)) is not None:
            return folded
        key = (name, inputs, tuple(sorted(parameters.items(), key=str)))
        if key in self._known:
            return self._known[key]
        made = tuple(self.value(shape, dtype) for shape, dtype in outputs)
        operation = Operation(name, inputs, made, MappingProxyType(dict(parameters)), self.layer)
        self.operations.append(operation)
        self._made_by.update(dict.fromkeys(made, operation))
        self._known[key] = made
        return made

    def reshape(self, x: ArrayValue, shape: Iterable[Size]) -> ArrayValue:
        """Reshape; a reshape of a reshape is one."""
        shape = tuple(shape)
        while (maker := self.maker(x)) is not None and maker.name == "reshape":
            x = maker.inputs[0]
        return x if x.shape == shape else self.add("reshape", (x,), shape, x.dtype, shape=shape)

    def transpose(self, x: ArrayValue, permutation: Iterable[int]) -> ArrayValue:
        """Exchange axes; where only axes of size 1 move, a reshape."""
        order = tuple(permutation)
        if order == tuple(range(len(order))):
            return x
        shape = tuple(x.shape[axis] for axis in order)
        wide = [axis for axis in order if x.shape[axis] != 1]
        if wide == sorted(wide):
            return self.reshape(x, shape)
        return self.add("transpose", (x,), shape, x.dtype, permutation=order)

    def broadcast(self, x: ArrayValue, shape: Iterable[Size]) -> ArrayValue:
        """Broadcast to a shape."""
        shape = tuple(shape)
        return x if x.shape == shape else self.add("broadcast", (x,), shape, x.dtype, shape=shape)

    def elementwise(self, name: str, *inputs: ArrayValue, dtype: DTypeLike | None = None) -> ArrayValue:
        """Add an operation element by element."""
        shape = broadcast_shape(each.shape for each in inputs)
        return self.add(name, inputs, shape, inputs[-1].dtype if dtype is None else dtype)

    def convert(self, x: ArrayValue, dtype: DTypeLike) -> ArrayValue:
        """Convert to another dtype."""
        name = np.dtype(dtype).name
        return x if x.dtype == name else self.add("convert", (x,), x.shape, name, dtype=name)

    def slice(
        self, x: ArrayValue, start: Iterable[int], stop: Iterable[Size], step: Iterable[int] | None = None
    ) -> ArrayValue:
        """Take a part; axes of a size that varies with the rows must be whole."""
        begin, end = tuple(start), tuple(stop)
        by = (1,) * len(begin) if step is None else tuple(step)
        if not any(begin) and end == x.shape and set(by) <= {1}:
            return x
        shape = tuple(
            size if isinstance(size, RowCount) else len(range(a, b if isinstance(b, int) else size, s))
            for size, a, b, s in zip(x.shape, begin, end, by, strict=True)
        )
        return self.add("slice", (x,), shape, x.dtype, start=begin, stop=end, step=by)

    def finish(
        self,
        inputs: tuple[ArrayValue, ...],
        outputs: tuple[ArrayValue, ...],
        names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    ) -> ArrayProgram:
        """Return the program of the operations that the outputs need."""
        needed, kept = set(outputs), []
        for operation in reversed(self.operations):
            if needed.intersection(operation.outputs):
                kept.append(operation)
                needed.update(operation.inputs)
        constants = {value: array for value, array in self.constants.items() if value in needed}
        return ArrayProgram(inputs, MappingProxyType(constants), tuple(reversed(kept)), outputs, *names)

    def _folded(
        self,
        name: str,
        inputs: tuple[ArrayValue, ...],
        outputs: list[tuple[Sizes, DTypeLike]],
        parameters: Mapping[str, object],
    ) -> tuple[ArrayValue, ...] | None:
        """Return constants where all operands are constants."""
        if name not in FUNCTIONS or not all(each in self.constants for each in inputs):
            return None
        shapes = [shape for shape, _ in outputs]
        if not all(isinstance(size, int) for shape in shapes for size in shape):
            return None
        given = sum(math.prod(self.constants[each].shape) for each in inputs)
        if sum(math.prod(with_rows(shape, 1)) for shape in shapes) > given + _MOST_GROWTH:
            return None
        with np.errstate(all="ignore"):
            found = FUNCTIONS[name](*(self.constants[each] for each in inputs), **parameters)
        parts = found if isinstance(found, tuple) else (found,)
        return tuple(
            self.constant(np.asarray(part, dtype).reshape(shape))  # pyright: ignore
            for part, (shape, dtype) in zip(parts, outputs, strict=True)
        )

    def _narrow(self, inputs: tuple[ArrayValue, ...], shape: Sizes) -> tuple[ArrayValue, ...]:
        """Return the operands without broadcasts that the operation does itself."""
        found = list(inputs)
        for place, each in enumerate(inputs):
            source = self._source(each)
            if source is None:
                continue
            trial = [*found[:place], source, *found[place + 1 :]]
            if broadcast_shape(part.shape for part in trial) == shape:
                found = trial
        return tuple(found)

    def _source(self, value: ArrayValue) -> ArrayValue | None:
        """Return what a value is a broadcast of, if it is one."""
        array = self.constants.get(value)
        if array is not None:
            first = array.ravel()[:1]
            return self.constant(first[0]) if array.ndim and array.size and (array == first).all() else None
        maker = self._made_by.get(value)
        return maker.inputs[0] if maker is not None and maker.name == "broadcast" else None

    def _other_than(self, neutral: float, inputs: tuple[ArrayValue, ...], shape: Sizes) -> ArrayValue | None:
        """Return the other operand where one is a number that changes nothing."""
        for one, other in (inputs, inputs[::-1]):
            array = self.constants.get(one)
            if array is not None and array.ndim == 0 and array == neutral and other.shape == shape:
                return other
        return None


def broadcast_shape(shapes: Iterable[Sizes]) -> Sizes:
    """Return the shape that shapes broadcast to, as in NumPy."""
    sides = [shape[::-1] for shape in shapes]
    found: list[Size] = []
    for sizes in itertools.zip_longest(*sides, fillvalue=1):
        found.append(next((size for size in sizes if size != 1), 1))
    return tuple(reversed(found))
