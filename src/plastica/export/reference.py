"""The operations of programs in NumPy: their definition, and the functions of exported Python files.

Each function takes the operands and then the parameters of the operation by name. Files for NumPy contain the source of
the functions that they use, so that these use nothing but NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .program import LOOPS
from .reference_windows import Array, convolution, window_max, window_sum


def erf(x: Array) -> Array:
    """Return the error function, to 1.5e-7 (Abramowitz and Stegun 1964, equation 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x, dtype=np.float64))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return (np.sign(x) * (1 - series * np.exp(-np.square(x, dtype=np.float64)))).astype(x.dtype)


def divide(x: Array, y: Array) -> Array:
    """Return x / y; whole numbers are rounded towards 0."""
    if x.dtype.kind == "f":
        return x / y
    return np.trunc(x / y).astype(x.dtype)


def convert(x: Array, dtype: str) -> Array:
    """Return an array in another dtype."""
    return np.asarray(x).astype(dtype)


def reshape(x: Array, shape: Sequence[int]) -> Array:
    """Return an array in another shape."""
    return np.reshape(x, shape)


def transpose(x: Array, permutation: Sequence[int]) -> Array:
    """Return an array with its axes in another order."""
    return np.transpose(x, permutation)


def broadcast(x: Array, shape: Sequence[int]) -> Array:
    """Return an array that repeats along axes of size 1 and in front."""
    return np.broadcast_to(x, shape)


def reverse(x: Array, axes: tuple[int, ...]) -> Array:
    """Return an array that is reversed along axes."""
    return np.flip(x, axes)


def cut(x: Array, start: Sequence[int], stop: Sequence[int | None], step: Sequence[int]) -> Array:
    """Return a part of an array."""
    return x[tuple(map(slice, start, stop, step))]


def concatenate(*parts: Array, axis: int) -> Array:
    """Return arrays behind one another along an axis."""
    return np.concatenate(parts, axis)


def pad(x: Array, value: Array, low: Sequence[int], high: Sequence[int], interior: Sequence[int]) -> Array:
    """Return an array with a value around it, and ``interior`` times between neighbours."""
    spread = [size + max(size - 1, 0) * gap for size, gap in zip(x.shape, interior, strict=True)]
    padded = np.full([size + a + b for size, a, b in zip(spread, low, high, strict=True)], value, x.dtype)
    places = zip(low, spread, interior, strict=True)
    padded[tuple(slice(a, a + size, gap + 1) for a, size, gap in places)] = x
    return padded


def take(x: Array, indices: Array, axis: int) -> Array:
    """Return elements along an axis."""
    return np.take(x, indices, axis)


def iota(shape: Sequence[int], axis: int, dtype: str) -> Array:
    """Return the index along an axis."""
    along = np.arange(shape[axis], dtype=dtype).reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return np.broadcast_to(along, shape)


def dynamic_slice(x: Array, *start: Array, sizes: Sequence[int]) -> Array:
    """Return a part of an array that begins at computed indices, moved so that it is inside."""
    begins = [min(max(int(at), 0), size - wide) for at, size, wide in zip(start, x.shape, sizes, strict=True)]
    return x[tuple(slice(at, at + wide) for at, wide in zip(begins, sizes, strict=True))]


def scatter(x: Array, indices: Array, updates: Array, axis: int) -> Array:
    """Return an array in which some places along an axis have other values."""
    changed = np.moveaxis(np.array(x), axis, 0)
    changed[indices] = np.moveaxis(updates, axis, 0)
    return np.moveaxis(changed, 0, axis)


def scatter_add(x: Array, indices: Array, updates: Array, axis: int) -> Array:
    """Return an array to which something is added at some places along an axis."""
    changed = np.moveaxis(np.array(x), axis, 0)
    np.add.at(changed, indices, np.moveaxis(updates, axis, 0))
    return np.moveaxis(changed, 0, axis)


def reduce_sum(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the sum over axes."""
    return np.sum(x, axes, dtype=x.dtype)


def reduce_max(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the maximum over axes."""
    return np.max(x, axes)


def reduce_min(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the minimum over axes."""
    return np.min(x, axes)


def reduce_prod(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the product over axes."""
    return np.prod(x, axes, dtype=x.dtype)


def reduce_and(x: Array, axes: tuple[int, ...]) -> Array:
    """Return whether all of the elements along axes are true."""
    return np.asarray(np.all(x, axes))


def reduce_or(x: Array, axes: tuple[int, ...]) -> Array:
    """Return whether any of the elements along axes are true."""
    return np.asarray(np.any(x, axes))


def argmax(x: Array, axis: int, dtype: str) -> Array:
    """Return the index of the largest element along an axis, the first of equal ones."""
    return np.argmax(x, axis).astype(dtype)


def argmin(x: Array, axis: int, dtype: str) -> Array:
    """Return the index of the smallest element along an axis, the first of equal ones."""
    return np.argmin(x, axis).astype(dtype)


def cumulated(function: np.ufunc, x: Array, axis: int, reverse: bool) -> Array:
    """Return running sums, products, maxima or minima along an axis."""
    if not reverse:
        return function.accumulate(x, axis, dtype=x.dtype)
    return np.flip(function.accumulate(np.flip(x, axis), axis, dtype=x.dtype), axis)


def cumsum(x: Array, axis: int, reverse: bool) -> Array:
    """Return running sums along an axis."""
    return cumulated(np.add, x, axis, reverse)


def cumprod(x: Array, axis: int, reverse: bool) -> Array:
    """Return running products along an axis."""
    return cumulated(np.multiply, x, axis, reverse)


def cummax(x: Array, axis: int, reverse: bool) -> Array:
    """Return running maxima along an axis."""
    return cumulated(np.maximum, x, axis, reverse)


def cummin(x: Array, axis: int, reverse: bool) -> Array:
    """Return running minima along an axis."""
    return cumulated(np.minimum, x, axis, reverse)


def sort(*arrays: Array, axis: int, keys: int) -> tuple[Array, ...]:
    """Return arrays in the order of the first ``keys`` of them along an axis."""
    order = np.lexsort(arrays[:keys][::-1], axis)
    return tuple(np.take_along_axis(array, order, axis) for array in arrays)


FUNCTIONS: Mapping[str, Callable[..., Array | tuple[Array, ...]]] = {
    "neg": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "erf": erf,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "is_finite": np.isfinite,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": divide,
    "max": np.maximum,
    "min": np.minimum,
    "pow": np.power,
    "rem": np.fmod,
    "atan2": np.arctan2,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "shift_left": np.left_shift,
    "shift_right_logical": np.right_shift,
    "where": np.where,
    "convert": convert,
    "reshape": reshape,
    "transpose": transpose,
    "broadcast": broadcast,
    "slice": cut,
    "reverse": reverse,
    "concatenate": concatenate,
    "pad": pad,
    "take": take,
    "iota": iota,
    "dynamic_slice": dynamic_slice,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "reduce_sum": reduce_sum,
    "reduce_max": reduce_max,
    "reduce_min": reduce_min,
    "reduce_prod": reduce_prod,
    "reduce_and": reduce_and,
    "reduce_or": reduce_or,
    "argmax": argmax,
    "argmin": argmin,
    "cumsum": cumsum,
    "cumprod": cumprod,
    "cummax": cummax,
    "cummin": cummin,
    "sort": sort,
    "matmul": np.matmul,
    "convolution": convolution,
    "window_max": window_max,
    "window_sum": window_sum,
}

OPERATIONS = frozenset((*FUNCTIONS, *LOOPS))
