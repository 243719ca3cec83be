"""Nodes of ONNX for operations element by element, on shapes, along axes, and for products."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np

from .onnx_graph import OnnxGraph, in_bits, rule
from .program import ArrayValue, Operation, RowCount

SAME = {
    "neg": "Neg",
    "abs": "Abs",
    "sign": "Sign",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "tanh": "Tanh",
    "sin": "Sin",
    "cos": "Cos",
    "erf": "Erf",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "max": "Max",
    "min": "Min",
    "pow": "Pow",
    "matmul": "MatMul",
    "eq": "Equal",
    "lt": "Less",
    "le": "LessOrEqual",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
}


@rule(*SAME)
def _same(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    if operation.name == "div" and own[0] == graph.number(1, "float32"):
        # onnxruntime would fuse 1 / x with a product that reads it, also where the body of a loop returns it.
        return graph.node("Reciprocal", own[1])
    return in_bits(graph, graph.node(SAME[operation.name], *own), operation.output.dtype)


@rule("ne")
def _ne(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Not", graph.node("Equal", *own))


@rule("log1p")
def _log1p(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Log", graph.node("Add", own[0], graph.number(1, "float32")))


@rule("expm1")
def _expm1(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Sub", graph.node("Exp", own[0]), graph.number(1, "float32"))


@rule("is_finite")
def _is_finite(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Not", graph.node("Or", graph.node("IsInf", own[0]), graph.node("IsNaN", own[0])))


@rule("rem")
def _rem(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Mod", *own, fmod=1)


@rule("and", "or", "xor", "not")
def _logic(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    word = operation.name.capitalize()
    dtype = operation.output.dtype
    return in_bits(graph, graph.node(word if dtype == "bool" else f"Bitwise{word}", *own), dtype)


@rule("shift_left", "shift_right_logical")
def _shift(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    direction = "LEFT" if operation.name == "shift_left" else "RIGHT"
    shifted = graph.node("BitShift", *(graph.cast(each, "uint64") for each in own), direction=direction)
    return in_bits(graph, graph.cast(shifted, "int64"), "uint32")


@rule("where")
def _where(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    if operation.output.dtype != "bool":
        return graph.node("Where", *own)
    test, yes, no = own
    return graph.node("Or", graph.node("And", test, yes), graph.node("And", graph.node("Not", test), no))


@rule("convert")
def _convert(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return in_bits(graph, graph.cast(own[0], operation.output.dtype), operation.output.dtype)


@rule("reshape")
def _reshape(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Reshape", own[0], graph.integers(_open(operation.output.shape)))


def _open(shape: tuple[int | RowCount, ...]) -> list[int]:
    """Return a shape with -1 for the rows, of which ONNX finds the number."""
    return [-1 if isinstance(size, RowCount) else size for size in shape]


@rule("transpose")
def _transpose(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Transpose", own[0], perm=list(operation.entries("permutation")))


@rule("broadcast")
def _broadcast(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return expanded(graph, own[0], operation.inputs[0].shape, operation.output.shape)


def expanded(graph: OnnxGraph, name: str, given: tuple[int | RowCount, ...], shape: tuple[int | RowCount, ...]) -> str:
    """Broadcast to a shape; axes that have their size already need none."""
    padded = (1,) * (len(shape) - len(given)) + given
    wanted = [1 if size == own else size for size, own in zip(shape, padded, strict=True)]
    return graph.node("Expand", name, graph.sizes(wanted))


@rule("slice")
def _slice(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    starts, stops, steps = (operation.entries(name) for name in ("start", "stop", "step"))
    sizes = operation.inputs[0].shape
    cut = [
        axis
        for axis, each in enumerate(zip(starts, stops, steps, sizes, strict=True))
        if each != (0, sizes[axis], 1, sizes[axis])
    ]
    chosen = ([part[axis] for axis in cut] for part in (starts, stops))
    return graph.node(
        "Slice",
        own[0],
        *map(graph.integers, chosen),
        graph.integers(cut),
        graph.integers([steps[axis] for axis in cut]),
    )


@rule("reverse")
def _reverse(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return reversed_along(graph, own[0], operation.entries("axes"))


def reversed_along(graph: OnnxGraph, name: str, axes: tuple[int, ...]) -> str:
    """Reverse along axes."""
    count = len(axes)
    lists = ([-1] * count, [np.iinfo(np.int64).min] * count, list(axes), [-1] * count)
    return graph.node("Slice", name, *map(graph.integers, lists))


@rule("concatenate")
def _concatenate(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Concat", *own, axis=operation.parameters["axis"])


@rule("pad")
def _pad(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    x, value = own
    low, high, interior = (operation.entries(name) for name in ("low", "high", "interior"))
    shape = list(operation.inputs[0].shape)
    for axis, gap in enumerate(interior):
        size = shape[axis]
        if not gap or isinstance(size, RowCount):
            continue
        # (size,) to (size, 1), (size, 1 + gap), (size (1 + gap),), without the last gap.
        x = graph.node("Unsqueeze", x, graph.integers([axis + 1]))
        edges = [0] * (2 * len(shape) + 2)
        edges[len(shape) + 1 + axis + 1] = gap
        x = graph.node("Pad", x, graph.integers(edges), value)
        shape[axis] = size * (gap + 1)
        x = graph.node("Reshape", x, graph.integers(_open(tuple(shape))))
        shape[axis] = wide = size + (size - 1) * gap
        x = graph.node("Slice", x, *map(graph.integers, ([0], [wide], [axis])))
    return graph.node("Pad", x, graph.integers([*low, *high]), value) if any(low) or any(high) else x


@rule("take")
def _take(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    return graph.node("Gather", *own, axis=operation.parameters["axis"])


@rule("iota")
def _iota(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    shape, axis = operation.output.shape, operation.whole("axis")
    count = graph.node("Squeeze", graph.sizes((shape[axis],)))
    line = graph.cast(graph.node("Range", graph.integers(0), count, graph.integers(1)), operation.output.dtype)
    aligned = tuple(size if place == axis else 1 for place, size in enumerate(shape))
    return expanded(graph, graph.node("Reshape", line, graph.integers(_open(aligned))), aligned, shape)


@rule("dynamic_slice")
def _dynamic_slice(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    x, *starts = own
    sizes = operation.inputs[0].shape
    wide = operation.entries("sizes")
    cut = [axis for axis, (size, part) in enumerate(zip(sizes, wide, strict=True)) if size != part]
    begins = []
    for axis in cut:
        begin = graph.node("Reshape", graph.cast(starts[axis], "int64"), graph.integers([1]))
        most = graph.integers([int(sizes[axis]) - wide[axis]])  # pyright: ignore
        begins.append(graph.node("Min", graph.node("Max", begin, graph.integers([0])), most))
    begin = graph.node("Concat", *begins, axis=0)
    end = graph.node("Add", begin, graph.integers([wide[axis] for axis in cut]))
    return graph.node("Slice", x, begin, end, graph.integers(cut))


@rule("scatter", "scatter_add")
def _scatter(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    x, indices, updates = own
    axis = operation.whole("axis")
    order = [axis, *(place for place in range(len(operation.output.shape)) if place != axis)]
    back = [order.index(place) for place in range(len(order))]
    x, updates = (graph.node("Transpose", each, perm=order) for each in (x, updates))
    places = graph.node("Unsqueeze", graph.cast(indices, "int64"), graph.integers([1]))
    reduction = "add" if operation.name == "scatter_add" else "none"
    return graph.node("Transpose", graph.node("ScatterND", x, places, updates, reduction=reduction), perm=back)


@rule("reduce_sum", "reduce_max", "reduce_min", "reduce_prod")
def _reduce(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    kind = {"sum": "Sum", "max": "Max", "min": "Min", "prod": "Prod"}[operation.name.removeprefix("reduce_")]
    found = graph.node(f"Reduce{kind}", own[0], graph.integers(operation.entries("axes")), keepdims=0)
    return in_bits(graph, found, operation.output.dtype)


@rule("reduce_and", "reduce_or")
def _reduce_truth(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    kind = "ReduceMin" if operation.name == "reduce_and" else "ReduceMax"
    found = graph.node(kind, graph.cast(own[0], "int32"), graph.integers(operation.entries("axes")), keepdims=0)
    return graph.cast(found, "bool")


@rule("argmax", "argmin")
def _argmax(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    kind = "ArgMax" if operation.name == "argmax" else "ArgMin"
    found = graph.node(kind, own[0], axis=operation.parameters["axis"], keepdims=0)
    return graph.cast(found, operation.output.dtype)


@rule("cumsum")
def _cumsum(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    axis = operation.whole("axis")
    return graph.node("CumSum", own[0], graph.integers(axis), reverse=operation.whole("reverse"))


@rule("cumprod", "cummax", "cummin")
def _cumulated(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    kind = {"cumprod": "Mul", "cummax": "Max", "cummin": "Min"}[operation.name]
    axis = operation.whole("axis")
    length = operation.output.shape[axis]
    assert isinstance(length, int)
    places = list(range(length))[:: -1 if operation.parameters["reverse"] else 1]
    found: dict[int, str] = {}
    last = ""
    for place in places:
        part = graph.node("Slice", own[0], *map(graph.integers, ([place], [place + 1], [axis])))
        last = graph.node(kind, last, part) if last else part
        found[place] = last
    return graph.node("Concat", *(found[place] for place in range(length)), axis=axis)


@rule("sort")
def _sort(graph: OnnxGraph, operation: Operation, own: list[str]) -> list[str]:
    axis = operation.whole("axis")
    size = graph.sizes((operation.inputs[0].shape[axis],))
    _, order = graph.nodes_of("TopK", [own[0], size], 2, axis=axis, largest=0, sorted=1)
    return [graph.node("GatherElements", each, order, axis=axis) for each in own]


@rule("convolution")
def _convolution(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    images, kernel = operation.inputs
    places = len(images.shape) - 2
    padding: Any = operation.parameters["padding"]
    found = graph.node(
        "Conv",
        _channels_first(graph, images, own[0]),
        graph.node("Transpose", own[1], perm=[places + 1, places, *range(places)]),
        strides=list(operation.entries("strides")),
        dilations=list(operation.entries("dilation")),
        pads=[*(low for low, _ in padding), *(high for _, high in padding)],
        group=operation.parameters["groups"],
        kernel_shape=[int(size) for size in kernel.shape[:places]],  # pyright: ignore
    )
    return _channels_last(graph, found, places)


def _channels_first(graph: OnnxGraph, images: ArrayValue, name: str) -> str:
    places = len(images.shape) - 2
    return graph.node("Transpose", name, perm=[0, places + 1, *range(1, places + 1)])


def _channels_last(graph: OnnxGraph, name: str, places: int) -> str:
    return graph.node("Transpose", name, perm=[0, *range(2, places + 2), 1])


@rule("window_max", "window_sum")
def _window(graph: OnnxGraph, operation: Operation, own: list[str]) -> str:
    size, strides, dilation = (operation.entries(name)[1:-1] for name in ("size", "strides", "dilation"))
    padding: Any = operation.parameters["padding"]
    shared = {
        "kernel_shape": list(size),
        "strides": list(strides),
        "dilations": list(dilation),
        "pads": [*(low for low, _ in padding[1:-1]), *(high for _, high in padding[1:-1])],
    }
    images = _channels_first(graph, operation.inputs[0], own[0])
    if operation.name == "window_max":
        found = graph.node("MaxPool", images, **shared)
    else:
        mean = graph.node("AveragePool", images, count_include_pad=1, **shared)
        found = graph.node("Mul", mean, graph.number(float(np.prod(size)), "float32"))
    return _channels_last(graph, found, len(size))
