"""Rules for products, convolutions and windows."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jax.extend.core import JaxprEqn

from .primitives import padded
from .program import ArrayValue, RowCount, Size
from .reading import Reader, form, rule


@rule("dot_general")
def _dot_general(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    (summed_left, summed_right), (batch_left, batch_right) = equation.params["dimension_numbers"]
    left, right = inputs
    free_left = _others(left, summed_left, batch_left)
    free_right = _others(right, summed_right, batch_right)
    shape, dtype = form(equation.outvars[0])
    batch = [left.shape[axis] for axis in batch_left]
    wide = [left.shape[axis] for axis in free_left]
    tall = [right.shape[axis] for axis in free_right]
    depth = product(left.shape[axis] for axis in summed_left)
    # A product with a matrix keeps all axes of the left side; otherwise each side has one free axis.
    rows = wide if not batch and wide else [product(wide)]
    columns = product(tall)
    first = reader.reshape(reader.transpose(left, [*batch_left, *free_left, *summed_left]), [*batch, *rows, depth])
    second = reader.reshape(
        reader.transpose(right, [*batch_right, *summed_right, *free_right]), [*batch, depth, columns]
    )
    made = reader.add("matmul", (first, second), [*batch, *rows, columns], dtype)
    return reader.reshape(made, shape)


def _others(value: ArrayValue, *used: Sequence[int]) -> list[int]:
    taken = {axis for axes in used for axis in axes}
    return [axis for axis in range(len(value.shape)) if axis not in taken]


def product(sizes: Iterable[Size]) -> Size:
    """Return the product of sizes, of which one at most is a number of rows."""
    found: Size = 1
    for size in sizes:
        if isinstance(size, RowCount):
            assert isinstance(found, int)
            found = size * found
        else:
            found = found * size
    return found


@rule("conv_general_dilated")
def _convolution(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue | Sequence[ArrayValue]:
    params, (images, kernel) = equation.params, inputs
    numbers = params["dimension_numbers"]
    if params["batch_group_count"] != 1:
        return reader.unsupported(equation, inputs, "conv_general_dilated with batch groups")
    # Specs name (batch, channels, *places), (filters, channels, *places) and (batch, channels, *places).
    images = reader.transpose(images, _places_between(numbers.lhs_spec))
    filters, channels, *places = numbers.rhs_spec
    kernel = reader.transpose(kernel, [*places, channels, filters])
    padding = [tuple(map(int, each)) for each in params["padding"]]
    spread = [step - 1 for step in params["lhs_dilation"]]
    if any(spread) or any(side < 0 for each in padding for side in each):
        zero = reader.constant(np.zeros((), images.dtype))
        around = [(*each, gap) for each, gap in zip(padding, spread, strict=True)]
        images = padded(reader, images, zero, [(0, 0, 0), *around, (0, 0, 0)])
        padding = [(0, 0)] * len(padding)
    shape, dtype = form(equation.outvars[0])
    order = _places_between(numbers.out_spec)
    made = reader.add(
        "convolution",
        (images, kernel),
        [shape[axis] for axis in order],
        dtype,
        strides=tuple(map(int, params["window_strides"])),
        padding=tuple(padding),
        dilation=tuple(map(int, params["rhs_dilation"])),
        groups=int(params["feature_group_count"]),
    )
    return reader.transpose(made, [order.index(axis) for axis in range(len(order))])


def _places_between(spec: Sequence[int]) -> list[int]:
    batch, channels, *places = spec
    return [batch, *places, channels]


@rule("reduce_window_max", "reduce_window_sum")
def _window(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue | Sequence[ArrayValue]:
    params = equation.params
    name = "window_max" if equation.primitive.name.endswith("max") else "window_sum"
    if any(step != 1 for step in params["base_dilation"]):
        return reader.unsupported(equation, inputs, f"{equation.primitive.name} with base_dilation")
    return reader.add(
        name,
        inputs,
        *form(equation.outvars[0]),
        size=tuple(map(int, params["window_dimensions"])),
        strides=tuple(map(int, params["window_strides"])),
        padding=tuple(tuple(map(int, each)) for each in params["padding"]),
        dilation=tuple(map(int, params["window_dilation"])),
    )
