"""Loops of operations along axes: sums, maxima, the place of the largest, running sums, sorting."""

from __future__ import annotations

from collections.abc import Sequence

from ..program import Operation
from .places import flat
from .statements import Statements, sizes

# The operation that joins two numbers.
_JOINED = {"sum": "add", "prod": "mul", "max": "max", "min": "min", "and": "and", "or": "or"}


def write_reduce(to: Statements, operation: Operation) -> None:
    """Write a sum, product, maximum, minimum, "all" or "any" over axes."""
    (source,) = operation.inputs
    axes = operation.entries("axes")
    kind = operation.name.removeprefix("reduce_")
    shape, place = sizes(source.shape), to.new(operation.output)
    kept = [size for axis, size in enumerate(shape) if axis not in axes]
    with to.loops(kept) as outer:
        to.line(to.dialect.local("total", source.dtype, _start(to, kind, source.dtype)))
        with to.loops([shape[axis] for axis in axes], "k") as inner:
            reduced, others = iter(inner), iter(outer)
            indices = [next(reduced if axis in axes else others) for axis in range(len(shape))]
            to.line(f"total = {_join(to, kind, source.dtype, to.at(source, indices))};")
        to.store(place, flat(kept, outer), "total")


def write_place_of_largest(to: Statements, operation: Operation) -> None:
    """Write the index of the largest or smallest element along an axis."""
    (source,) = operation.inputs
    axis = operation.whole("axis")
    shape, place = sizes(source.shape), to.new(operation.output)
    kept = shape[:axis] + shape[axis + 1 :]
    better = "gt" if operation.name == "argmax" else "lt"
    with to.loops(kept) as outer:
        to.line(to.dialect.local("best", "int32", "0"))
        with to.loop("k", shape[axis]) as k:
            rival, best = (to.at(source, [*outer[:axis], at, *outer[axis:]]) for at in (k, "best"))
            to.line(f"if ({to.dialect.apply(better, [rival, best], source.dtype)}) {{ best = {k}; }}")
        to.store(place, flat(kept, outer), to.dialect.convert("best", "int32", operation.output.dtype))


def write_running(to: Statements, operation: Operation) -> None:
    """Write running sums, products, maxima or minima along an axis."""
    (source,) = operation.inputs
    axis = operation.whole("axis")
    kind = operation.name.removeprefix("cum")
    shape, place = sizes(source.shape), to.new(operation.output)
    with to.loops(shape[:axis] + shape[axis + 1 :]) as outer:
        to.line(to.dialect.local("total", source.dtype, _start(to, kind, source.dtype)))
        with to.loop("k", shape[axis], down=bool(operation.parameters["reverse"])) as k:
            indices = [*outer[:axis], k, *outer[axis:]]
            to.line(f"total = {_join(to, kind, source.dtype, to.at(source, indices))};")
            to.store(place, flat(shape, indices), "total")


def write_sort(to: Statements, operation: Operation) -> None:
    """Write arrays in the order of the first ones along an axis: insertion sort, which is stable."""
    axis, keys = (operation.whole(name) for name in ("axis", "keys"))
    shape = sizes(operation.inputs[0].shape)
    places = [to.new(value) for value in operation.outputs]
    for value, place in zip(operation.inputs, places, strict=True):
        to.copy(value, place)
    if shape[axis] == 1:
        return
    kinds = [value.dtype for value in operation.inputs]
    with to.loops(shape[:axis] + shape[axis + 1 :]) as outer:

        def at(index: str) -> list[str]:
            return [place.at(flat(shape, [*outer[:axis], index, *outer[axis:]])) for place in places]

        with to.loop("k", shape[axis]):
            moved = [f"moved{number}" for number in range(len(places))]
            for name, kind, value in zip(moved, kinds, at("k"), strict=True):
                to.line(to.dialect.local(name, kind, value))
            to.line(to.dialect.local("free", "int32", "k"))
            with to.block(f"while (free > 0 && {_before(moved[:keys], at('(free - 1)')[:keys])}) {{"):
                for target, value in zip(at("free"), at("(free - 1)"), strict=True):
                    to.line(f"{target} = {value};")
                to.line("free -= 1;")
            for target, name in zip(at("free"), moved, strict=True):
                to.line(f"{target} = {name};")


def _before(left: Sequence[str], right: Sequence[str]) -> str:
    """Return the condition that keys are before others."""
    first = f"{left[0]} < {right[0]}"
    if len(left) == 1:
        return first
    return f"({first} || ({left[0]} == {right[0]} && {_before(left[1:], right[1:])}))"


def _start(to: Statements, kind: str, dtype: str) -> str:
    match kind:
        case "max":
            return to.dialect.lowest(dtype)
        case "min":
            return to.dialect.largest(dtype)
        case "and":
            return to.dialect.number(True if dtype == "bool" else -1, dtype)
        case _:
            return to.dialect.number(kind == "prod", dtype)


def _join(to: Statements, kind: str, dtype: str, value: str) -> str:
    return to.dialect.apply(_JOINED[kind], ["total", value], dtype)
