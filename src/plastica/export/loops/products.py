"""Loops of matrix products, convolutions and windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from ..program import Operation
from .places import ArrayPlace, broadcast, flat, weighted
from .statements import Statements, sizes


def write_matmul(to: Statements, operation: Operation) -> None:
    """Write a matrix product; the innermost loop runs along rows of the second operand, as they lie in memory."""
    left, right = operation.inputs
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    inner = sizes(left.shape)[-1]
    zero = to.dialect.number(0, left.dtype)
    sparse = to.sparse(right)
    with to.loops(shape[:-1]) as outer:
        with to.loop("j", shape[-1]) as j:
            to.store(place, flat(shape, [*outer, j]), zero)
        with to.loop("k", inner) as k:
            read = to.element(left, lambda of: broadcast(of, [*outer, k]))
            to.line(to.dialect.local("value", left.dtype, read))
            if sparse is not None:
                row = f"({broadcast(sizes(right.shape)[:-1], [*outer[:-1], k])})"
                _add_row(to, sparse, row, lambda column: place.at(flat(shape, [*outer, column])), left.dtype)
            else:
                with to.loop("j", shape[-1]) as j:
                    weight = to.element(right, lambda of: broadcast(of, [*outer[:-1], k, j]))
                    _accumulate(to, place.at(flat(shape, [*outer, j])), "value", weight, left.dtype)


def write_convolution(to: Statements, operation: Operation) -> None:
    """Write a convolution; what is outside the image counts as 0."""
    images, kernel = operation.inputs
    groups = operation.whole("groups")
    *window, channels, filters = sizes(kernel.shape)
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    own = filters // groups
    sparse = to.sparse(kernel) if groups == 1 else None
    with to.loops(shape[:-1]) as outer:
        with to.loop("f", filters) as f:
            to.store(place, flat(shape, [*outer, f]), to.dialect.number(0, images.dtype))
        with to.loops(window, "k") as inner:
            at = _positions(to, operation, outer[1:], inner, sizes(images.shape)[1:-1])
            with to.loops([groups, channels], "c") as (group, channel):
                read = weighted([group, channel], [channels, 1])
                to.line(to.dialect.local("value", images.dtype, to.at(images, [outer[0], *at, f"({read})"])))
                if sparse is not None:
                    row = f"({flat([*window, channels], [*inner, channel])})"
                    _add_row(to, sparse, row, lambda column: place.at(flat(shape, [*outer, column])), images.dtype)
                else:
                    with to.loop("f", own) as f:
                        target = f"({weighted([group, f], [own, 1])})"
                        weight = to.at(kernel, [*inner, channel, target])
                        _accumulate(to, place.at(flat(shape, [*outer, target])), "value", weight, images.dtype)


def write_window(to: Statements, operation: Operation) -> None:
    """Write the largest number, or the sum, of what each position of a window sees."""
    (source,) = operation.inputs
    shape, place = sizes(operation.output.shape), to.new(operation.output)
    largest = operation.name == "window_max"
    start = to.dialect.lowest(source.dtype) if largest else to.dialect.number(0, source.dtype)
    size = operation.entries("size")
    with to.loops(shape) as outer:
        to.line(to.dialect.local("total", source.dtype, start))
        with to.loops(size, "k") as inner:
            at = _positions(to, operation, outer, inner, sizes(source.shape))
            joined = to.dialect.apply("max" if largest else "add", ["total", to.at(source, at)], source.dtype)
            to.line(f"total = {joined};")
        to.store(place, flat(shape, outer), "total")


def _positions(
    to: Statements, operation: Operation, outer: Sequence[str], inner: Sequence[str], size: Sequence[int]
) -> list[str]:
    """Write where a window reads along each axis, and go on where that is outside; return the indices."""
    strides, dilation = (operation.entries(name) for name in ("strides", "dilation"))
    padding = cast("Sequence[tuple[int, int]]", operation.parameters["padding"])
    found: list[str] = []
    tests: list[str] = []
    for axis, (low, high) in enumerate(padding):
        if outer[axis] == inner[axis] == "0" and not low:
            found.append("0")
            continue
        name = f"p{axis}"
        begin = weighted([outer[axis], inner[axis]], [strides[axis], dilation[axis]])
        to.line(to.dialect.local(name, "int32", f"{begin} - {low}" if low else begin))
        found.append(name)
        if low:
            tests.append(f"{name} < 0")
        if high:
            tests.append(f"{name} >= {size[axis]}")
    if tests:
        to.line(f"if ({' || '.join(tests)}) {{ continue; }}")
    return found


def _add_row(
    to: Statements,
    kernel: tuple[ArrayPlace, ArrayPlace, ArrayPlace],
    row: str,
    target: Callable[[str], str],
    dtype: str,
) -> None:
    """Write the products of ``value`` and the weights of a row that are not 0, as they lie in memory."""
    begins, columns, weights = kernel
    with to.block(to.dialect.span("j", begins.at(row), begins.at(f"{row} + 1"))):
        _accumulate(to, target(columns.at("j")), "value", weights.at("j"), dtype)


def _accumulate(to: Statements, target: str, value: str, weight: str, dtype: str) -> None:
    product = to.dialect.apply("mul", [value, weight], dtype)
    to.line(f"{target} = {to.dialect.apply('add', [target, product], dtype)};")
