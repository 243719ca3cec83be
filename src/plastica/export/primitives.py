"""Rules for primitives of JAX that compute element by element, change shapes, or reduce axes."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jax.extend.core import JaxprEqn

from .program import BINARY, UNARY, ArrayValue, RowCount
from .reading import Reader, form, rule, sizes


@rule(*(set(UNARY + BINARY) - {"round"}))
def _same(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    shape, dtype = form(equation.outvars[0])
    return reader.add(equation.primitive.name, inputs, shape, dtype)


@rule("add_any")
def _add_any(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    return reader.elementwise("add", *inputs)


@rule("round")
def _round(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    if int(equation.params["rounding_method"]) == 0:  # away from zero
        (x,) = inputs
        half = reader.constant(np.asarray(0.5, x.dtype))
        up = reader.elementwise("floor", reader.elementwise("add", reader.elementwise("abs", x), half))
        return reader.elementwise("mul", reader.elementwise("sign", x), up)
    return reader.elementwise("round", *inputs)


@rule("stop_gradient", "copy", "copy_p", "optimization_barrier", "reduce_precision", "pvary", "sharding_constraint")
def _alias(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> list[ArrayValue]:
    return inputs


@rule("square")
def _square(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    return reader.elementwise("mul", inputs[0], inputs[0])


@rule("integer_pow")
def _integer_pow(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    (x,), power = inputs, int(equation.params["y"])
    one = reader.constant(np.ones((), x.dtype))
    made = x if power else one
    for _ in range(abs(power) - 1):
        made = reader.elementwise("mul", made, x)
    return reader.elementwise("div", one, made) if power < 0 else made


@rule("rsqrt")
def _rsqrt(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    root = reader.elementwise("sqrt", inputs[0])
    return reader.elementwise("div", reader.constant(np.ones((), root.dtype)), root)


@rule("exp2")
def _exp2(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    log_two = reader.constant(np.asarray(np.log(2), inputs[0].dtype))
    return reader.elementwise("exp", reader.elementwise("mul", inputs[0], log_two))


@rule("logistic")
def _logistic(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    # 1 / (1 + exp(-x)) without overflow.
    (x,) = inputs
    half = reader.constant(np.asarray(0.5, x.dtype))
    bent = reader.elementwise("tanh", reader.elementwise("mul", half, x))
    return reader.elementwise("add", reader.elementwise("mul", half, bent), half)


@rule("erfc")
def _erfc(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    one = reader.constant(np.ones((), inputs[0].dtype))
    return reader.elementwise("sub", one, reader.elementwise("erf", inputs[0]))


@rule("clamp")
def _clamp(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    low, x, high = inputs
    return reader.elementwise("min", reader.elementwise("max", x, low), high)


@rule("lt_to", "le_to")
def _in_total_order(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    # They differ from lt and le for NaN and for -0 only; searchsorted uses them on sorted numbers.
    return reader.elementwise(equation.primitive.name[:2], *inputs, dtype="bool")


@rule("select_n")
def _select(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    which, *cases = inputs
    if which.dtype == "bool":
        return reader.elementwise("where", which, cases[1], cases[0])
    made = cases[-1]
    for number in reversed(range(len(cases) - 1)):
        here = reader.elementwise("eq", which, reader.constant(np.asarray(number, which.dtype)), dtype="bool")
        made = reader.elementwise("where", here, cases[number], made)
    return made


@rule("convert_element_type")
def _convert(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    return reader.convert(inputs[0], equation.params["new_dtype"])


@rule("real", "imag", "complex", "conj")
def _complex(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue | Sequence[ArrayValue]:
    # Complex numbers are carried as far as they are constants.
    arrays = [reader.constants.get(each) for each in inputs]
    if any(array is None for array in arrays):
        return reader.unsupported(equation, inputs, f"{equation.primitive.name} numbers")
    compute = {"real": np.real, "imag": np.imag, "conj": np.conj, "complex": lambda a, b: a + 1j * b}
    found = compute[equation.primitive.name](*arrays)
    return reader.constant(np.asarray(found, form(equation.outvars[0])[1]))


@rule("reshape", "squeeze", "expand_dims")
def _reshape(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    return reader.reshape(inputs[0], form(equation.outvars[0])[0])


@rule("transpose")
def _transpose(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    return reader.transpose(inputs[0], equation.params["permutation"])


@rule("broadcast_in_dim")
def _broadcast_in_dim(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    x, shape = inputs[0], form(equation.outvars[0])[0]
    if not x.shape:
        return reader.broadcast(x, shape)
    aligned: list[int | RowCount] = [1] * len(shape)
    for own, axis in enumerate(equation.params["broadcast_dimensions"]):
        aligned[axis] = x.shape[own]
    return reader.broadcast(reader.reshape(x, aligned), shape)


@rule("tile")
def _tile(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    (x,), times = inputs, equation.params["reps"]
    apart = [part for size in x.shape for part in (1, size)]
    copied = [part for size, count in zip(x.shape, times, strict=True) for part in (int(count), size)]
    return reader.reshape(reader.broadcast(reader.reshape(x, apart), copied), form(equation.outvars[0])[0])


@rule("slice")
def _slice(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue | Sequence[ArrayValue]:
    (x,), params = inputs, equation.params
    if any(
        isinstance(size, RowCount) and size != own
        for size, own in zip(x.shape, form(equation.outvars[0])[0], strict=True)
    ):
        return reader.unsupported(equation, inputs, "a slice of the rows")
    return reader.slice(x, params["start_indices"], sizes(params["limit_indices"]), params["strides"])


@rule("split")
def _split(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> list[ArrayValue]:
    (x,), axis = inputs, equation.params["axis"]
    ends = np.cumsum(equation.params["sizes"])
    found = []
    for end, size in zip(map(int, ends), equation.params["sizes"], strict=True):
        start, stop = [0] * len(x.shape), list(x.shape)
        start[axis], stop[axis] = end - int(size), end
        found.append(reader.slice(x, start, stop))
    return found


@rule("unstack")
def _unstack(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> list[ArrayValue]:
    (x,), axis = inputs, equation.params["axis"]
    found = []
    for place, variable in enumerate(equation.outvars):
        start, stop = [0] * len(x.shape), list(x.shape)
        start[axis], stop[axis] = place, place + 1
        found.append(reader.reshape(reader.slice(x, start, stop), form(variable)[0]))
    return found


@rule("rev")
def _reverse(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    axes = tuple(axis for axis in equation.params["dimensions"] if inputs[0].shape[axis] != 1)
    if not axes:
        return inputs[0]
    return reader.add("reverse", inputs, inputs[0].shape, inputs[0].dtype, axes=axes)


@rule("concatenate")
def _concatenate(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    axis = equation.params["dimension"]
    parts = [each for each in inputs if each.shape[axis] != 0]
    if len(parts) == 1:
        return parts[0]
    return reader.add("concatenate", parts, *form(equation.outvars[0]), axis=axis)


@rule("stack")
def _stack(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    shape, dtype = form(equation.outvars[0])
    axis = next(iter(equation.params.values())) if len(equation.params) == 1 else equation.params["axis"]
    parts = [reader.reshape(each, (*each.shape[:axis], 1, *each.shape[axis:])) for each in inputs]
    return reader.add("concatenate", parts, shape, dtype, axis=axis)


@rule("pad")
def _pad(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    x, value = inputs
    return padded(reader, x, value, [tuple(map(int, each)) for each in equation.params["padding_config"]])


def padded(reader: Reader, x: ArrayValue, value: ArrayValue, config: list[tuple[int, ...]]) -> ArrayValue:
    """Pad each axis by (low, high, interior); where low or high is negative, cut."""
    low, high = (tuple(max(each[side], 0) for each in config) for side in (0, 1))
    interior = tuple(each[2] for each in config)
    made = x
    if any(low) or any(high) or any(interior):
        shape = tuple(
            size if isinstance(size, RowCount) else size + max(size - 1, 0) * gap + a + b
            for size, a, b, gap in zip(x.shape, low, high, interior, strict=True)
        )
        made = reader.add("pad", (x, value), shape, x.dtype, low=low, high=high, interior=interior)
    start = tuple(max(-each[0], 0) for each in config)
    stop = tuple(
        size if isinstance(size, RowCount) else size - max(-each[1], 0)
        for size, each in zip(made.shape, config, strict=True)
    )
    return reader.slice(made, start, stop)


@rule("iota")
def _iota(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    shape, dtype = form(equation.outvars[0])
    axis = equation.params["dimension"]
    if isinstance(shape[axis], RowCount):
        along: list[int | RowCount] = [1] * len(shape)
        line = reader.add("iota", (), (shape[axis],), dtype, shape=(shape[axis],), axis=0, dtype=dtype)
        return reader.broadcast(reader.reshape(line, [*along[:axis], shape[axis], *along[axis + 1 :]]), shape)
    line = reader.constant(np.arange(shape[axis], dtype=dtype))
    aligned = [size if place == axis else 1 for place, size in enumerate(shape)]
    return reader.broadcast(reader.reshape(line, aligned), shape)


@rule("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or")
def _reduce(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    shape, dtype = form(equation.outvars[0])
    axes = tuple(map(int, equation.params["axes"]))
    if all(inputs[0].shape[axis] == 1 for axis in axes):
        return reader.reshape(inputs[0], shape)
    return reader.add(equation.primitive.name, inputs[:1], shape, dtype, axes=axes)


@rule("argmax", "argmin")
def _argmax(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    shape, dtype = form(equation.outvars[0])
    (axis,) = equation.params["axes"]
    return reader.add(equation.primitive.name, inputs, shape, dtype, axis=int(axis), dtype=dtype)


@rule("cumsum", "cumprod", "cummax", "cummin")
def _cumulated(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    (x,), params = inputs, equation.params
    return reader.add(equation.primitive.name, inputs, x.shape, x.dtype, axis=params["axis"], reverse=params["reverse"])


@rule("sort")
def _sort(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> tuple[ArrayValue, ...]:
    parameters = {"axis": equation.params["dimension"], "keys": equation.params["num_keys"]}
    return reader.add_several("sort", tuple(inputs), list(map(form, equation.outvars)), parameters)
