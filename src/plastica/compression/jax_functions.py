"""The operations of programs in JAX, so that a program can be differentiated; see :mod:`plastica.export.reference`."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax


def _divide(x: Array, y: Array) -> Array:
    x, y = jnp.broadcast_arrays(x, y)
    return lax.div(x, y)  # whole numbers are rounded towards 0


def _remainder(x: Array, y: Array) -> Array:
    return lax.rem(*jnp.broadcast_arrays(x, y))


def _pad(x: Array, value: Array, low: Sequence[int], high: Sequence[int], interior: Sequence[int]) -> Array:
    return lax.pad(x, value.reshape(()), list(zip(low, high, interior, strict=True)))


def _cut(x: Array, start: Sequence[int], stop: Sequence[int | None], step: Sequence[int]) -> Array:
    return x[tuple(map(slice, start, stop, step))]


def _dynamic_slice(x: Array, *start: Array, sizes: Sequence[int]) -> Array:
    return lax.dynamic_slice(x, [each.reshape(()) for each in start], sizes)


def _scatter(x: Array, indices: Array, updates: Array, axis: int) -> Array:
    changed = jnp.moveaxis(x, axis, 0).at[indices].set(jnp.moveaxis(updates, axis, 0))
    return jnp.moveaxis(changed, 0, axis)


def _scatter_add(x: Array, indices: Array, updates: Array, axis: int) -> Array:
    changed = jnp.moveaxis(x, axis, 0).at[indices].add(jnp.moveaxis(updates, axis, 0))
    return jnp.moveaxis(changed, 0, axis)


def _sort(*arrays: Array, axis: int, keys: int) -> tuple[Array, ...]:
    return tuple(lax.sort(arrays, dimension=axis, num_keys=keys, is_stable=True))


def _broadcast(x: Array, shape: Sequence[int]) -> Array:
    return jnp.broadcast_to(x, shape)


def _reverse(x: Array, axes: tuple[int, ...]) -> Array:
    return jnp.flip(x, axes)


def _concatenate(*parts: Array, axis: int) -> Array:
    return jnp.concatenate(parts, axis)


def _cumulated(function: Callable[[Array, int, bool], Array]) -> Callable[..., Array]:
    return lambda x, axis, reverse: function(x, axis, bool(reverse))


def _chosen(argument: Callable[..., Array]) -> Callable[..., Array]:
    # By index: the gradient of JAX's maximum looks for equal numbers, and finds none (0 / 0) where a compiler computes
    # one of them again with other rounding.
    def reduced(x: Array, axes: tuple[int, ...]) -> Array:
        kept = [size for axis, size in enumerate(x.shape) if axis not in axes]
        flat = jnp.moveaxis(x, axes, range(-len(axes), 0)).reshape(*kept, -1)
        return jnp.take_along_axis(flat, argument(flat, -1, keepdims=True), -1)[..., 0]

    return reduced


def _iota(shape: Sequence[int], axis: int, dtype: str) -> Array:
    return lax.broadcasted_iota(jnp.dtype(dtype), tuple(shape), axis)


def _window(
    x: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    *,
    largest: bool,
) -> Array:
    # Literals, not arrays: JAX then knows the operation, and can differentiate it.
    floats = jnp.issubdtype(x.dtype, jnp.floating)
    if largest:
        start, function = (-jnp.inf if floats else jnp.iinfo(x.dtype).min), lax.max
    else:
        start, function = (0.0 if floats else 0), lax.add
    return lax.reduce_window(x, start, function, size, strides, padding, window_dilation=dilation)


def _convolution(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
) -> Array:
    places = "".join("HWDXYZ"[: x.ndim - 2])
    form = (f"N{places}C", f"{places}IO", f"N{places}C")
    return lax.conv_general_dilated(
        x, kernel, strides, padding, rhs_dilation=dilation, dimension_numbers=form, feature_group_count=groups
    )


FUNCTIONS: Mapping[str, Callable[..., Array | tuple[Array, ...]]] = {
    "neg": jnp.negative,
    "abs": jnp.abs,
    "sign": jnp.sign,
    "exp": jnp.exp,
    "log": jnp.log,
    "log1p": jnp.log1p,
    "expm1": jnp.expm1,
    "sqrt": jnp.sqrt,
    "tanh": jnp.tanh,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "erf": jax.scipy.special.erf,
    "floor": jnp.floor,
    "ceil": jnp.ceil,
    "round": jnp.round,
    "is_finite": jnp.isfinite,
    "add": jnp.add,
    "sub": jnp.subtract,
    "mul": jnp.multiply,
    "div": _divide,
    "max": jnp.maximum,
    "min": jnp.minimum,
    "pow": jnp.power,
    "rem": _remainder,
    "atan2": jnp.arctan2,
    "eq": jnp.equal,
    "ne": jnp.not_equal,
    "lt": jnp.less,
    "le": jnp.less_equal,
    "gt": jnp.greater,
    "ge": jnp.greater_equal,
    "and": jnp.bitwise_and,
    "or": jnp.bitwise_or,
    "xor": jnp.bitwise_xor,
    "not": jnp.invert,
    "shift_left": jnp.left_shift,
    "shift_right_logical": lambda x, y: lax.shift_right_logical(*jnp.broadcast_arrays(x, y)),
    "where": jnp.where,
    "convert": lambda x, dtype: x.astype(dtype),
    "reshape": lambda x, shape: x.reshape(shape),
    "transpose": lambda x, permutation: x.transpose(permutation),
    "broadcast": _broadcast,
    "slice": _cut,
    "reverse": _reverse,
    "concatenate": _concatenate,
    "pad": _pad,
    "take": lambda x, indices, axis: jnp.take(x, indices, axis, mode="clip"),
    "iota": _iota,
    "dynamic_slice": _dynamic_slice,
    "scatter": _scatter,
    "scatter_add": _scatter_add,
    "reduce_sum": lambda x, axes: jnp.sum(x, axes, dtype=x.dtype),
    "reduce_max": _chosen(jnp.argmax),
    "reduce_min": _chosen(jnp.argmin),
    "reduce_prod": lambda x, axes: jnp.prod(x, axes, dtype=x.dtype),
    "reduce_and": lambda x, axes: x.all(axes),
    "reduce_or": lambda x, axes: x.any(axes),
    "argmax": lambda x, axis, dtype: jnp.argmax(x, axis).astype(dtype),
    "argmin": lambda x, axis, dtype: jnp.argmin(x, axis).astype(dtype),
    "cumsum": _cumulated(lax.cumsum),
    "cumprod": _cumulated(lax.cumprod),
    "cummax": _cumulated(lax.cummax),
    "cummin": _cumulated(lax.cummin),
    "sort": _sort,
    "matmul": jnp.matmul,
    "convolution": _convolution,
    "window_max": lambda x, **how: _window(x, **how, largest=True),
    "window_sum": lambda x, **how: _window(x, **how, largest=False),
}
