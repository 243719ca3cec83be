"""Loops of operations that move elements: shapes, parts, padding, lookups."""

from __future__ import annotations

from collections.abc import Callable

from ..program import ArrayValue, Operation
from .places import flat, shifted, strides, weighted
from .statements import Statements, sizes


def write_reshape(to: Statements, operation: Operation) -> None:
    """Write nothing: the array lies where it lay."""
    to.bind(operation.output, to.place(operation.inputs[0]))


def write_transpose(to: Statements, operation: Operation) -> None:
    """Write axes in another order."""
    (source,) = operation.inputs
    order = operation.entries("permutation")
    steps = strides(sizes(source.shape))
    read = to.place(source)
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    with to.loops(shape) as indices:
        to.store(place, flat(shape, indices), read.at(weighted(indices, [steps[axis] for axis in order])))


def write_broadcast(to: Statements, operation: Operation) -> None:
    """Write an array that repeats."""
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    with to.loops(shape) as indices:
        inner = indices[len(indices) - len(operation.inputs[0].shape) :]
        to.store(place, flat(shape, indices), to.at(operation.inputs[0], inner))


def write_reverse(to: Statements, operation: Operation) -> None:
    """Write an array from its end."""
    axes = operation.entries("axes")
    shape = sizes(operation.output.shape)
    _gather(to, operation, lambda axis, at: f"({shape[axis] - 1} - {at})" if axis in axes else at)


def write_slice(to: Statements, operation: Operation) -> None:
    """Write a part of an array."""
    start = operation.entries("start")
    step = operation.entries("step")
    _gather(to, operation, lambda axis, at: shifted(at, step[axis], start[axis]))


def write_dynamic_slice(to: Statements, operation: Operation) -> None:
    """Write a part of an array that begins at computed indices."""
    source, *start = operation.inputs
    wide = operation.entries("sizes")
    whole = to.dialect
    with to.block():
        for axis, (begin, size) in enumerate(zip(start, sizes(source.shape), strict=True)):
            least = whole.apply("max", [to.at(begin, []), whole.number(0, "int32")], "int32")
            most = whole.number(size - wide[axis], "int32")
            to.line(whole.local(f"at{axis}", "int32", whole.apply("min", [least, most], "int32")))
        _gather(to, operation, lambda axis, at: f"(at{axis} + {at})")


def write_concatenate(to: Statements, operation: Operation) -> None:
    """Write arrays behind one another."""
    axis = operation.whole("axis")
    whole, place = sizes(operation.output.shape), to.new(operation.output)
    start = 0
    for part in operation.inputs:
        shape = sizes(part.shape)
        with to.loops(shape) as indices:
            target = list(indices)
            target[axis] = shifted(indices[axis], 1, start)
            to.store(place, flat(whole, target), to.at(part, indices))
        start += shape[axis]


def write_pad(to: Statements, operation: Operation) -> None:
    """Write a value everywhere, and then the array inside."""
    source, value = operation.inputs
    low, interior = (operation.entries(name) for name in ("low", "interior"))
    whole, shape = sizes(operation.output.shape), sizes(source.shape)
    place = to.new(operation.output)
    with to.loops(whole) as indices:
        to.store(place, flat(whole, indices), to.at(value, []))
    with to.loops(shape) as indices:
        target = [shifted(at, gap + 1, first) for at, gap, first in zip(indices, interior, low, strict=True)]
        to.store(place, flat(whole, target), to.at(source, indices))


def write_take(to: Statements, operation: Operation) -> None:
    """Write the elements of an axis at indices."""
    source, places = operation.inputs
    axis = operation.whole("axis")
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    behind = axis + len(places.shape)
    with to.loops(shape) as indices:
        found = to.at(places, indices[axis:behind])
        to.store(place, flat(shape, indices), to.at(source, [*indices[:axis], found, *indices[behind:]]))


def write_iota(to: Statements, operation: Operation) -> None:
    """Write the index along an axis."""
    axis = operation.whole("axis")
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    with to.loops(shape) as indices:
        at = to.dialect.convert(indices[axis], "int32", operation.output.dtype)
        to.store(place, flat(shape, indices), at)


def write_scatter(to: Statements, operation: Operation) -> None:
    """Write an array with other values, or sums, at some indices of an axis."""
    source, places, updates = operation.inputs
    axis = operation.whole("axis")
    whole, place = sizes(operation.output.shape), to.new(operation.output)
    to.copy(source, place)
    with to.loops(sizes(updates.shape)) as indices:
        target = list(indices)
        # The axis may have size 1 and its index still count where updates are many.
        target[axis] = to.at(places, [indices[axis]])
        index = weighted(target, strides(whole))
        value = to.at(updates, indices)
        if operation.name == "scatter_add":
            dtype = source.dtype
            value = to.dialect.apply("add", [place.at(index), value], dtype)
        to.store(place, index, value)


def _gather(to: Statements, operation: Operation, move: Callable[[int, str], str]) -> None:
    """Write elements of the first operand at indices that ``move(axis, index)`` returns."""
    source: ArrayValue = operation.inputs[0]
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    steps = strides(sizes(source.shape))
    read = to.place(source)
    with to.loops(shape) as indices:
        moved = [move(axis, at) for axis, at in enumerate(indices)]
        to.store(place, flat(shape, indices), read.at(weighted(moved, steps)))
