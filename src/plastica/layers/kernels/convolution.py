"""Convolution on the CPU in three formulations, each where it is the fastest; elsewhere it is XLA's own.

*Columns* (im2col): what a window sees is written side by side, one row for each position of the window, and one product
with the kernel gives all outputs. *Blocks* of neighbouring positions share their columns where there are few
filters (:mod:`.blocks`). *XLA's own* convolution (:mod:`.library`) writes no columns: it is up to twice as fast where
there would be too many for the machine's cache.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp

from .blocks import by_blocks, positions_of
from .input_error import FORM
from .library import by_library
from .once import computed_once
from .product import row_products
from .window import Window, look, pad, put_back

# Columns repeat each input once for each tap. Up to this many numbers (128 MB in float32) they are worth their
# memory; above, one product for each tap is 1.4 times slower and needs no more memory than the image.
_MOST_COLUMNS = 2**25

# Measured (benchmarks/convolutions.py): with more columns than these (16 MB in float32), XLA's own convolution is the
# faster one if it sees this many channels.
_CACHED_COLUMNS = 2**22
_MANY_CHANNELS = 16

# The input's gradient by one product for each tap takes 7 % less time than by one for all, unless a tap's
# product is too narrow to fill the machine's vectors, or there are many to compile.
_NARROW_CHANNELS = 16
_MANY_TAPS = 32


def convolve(x: jax.Array, kernel: jax.Array, window: Window, groups: int = 1) -> jax.Array:
    """Slide a kernel over images.

    Args:
        x: Images, ``(batch, height, width, channels)``.
        kernel: ``(*window.size, channels / groups, filters)``.
        window: Where the kernel looks.
        groups: Into how many parts channels and filters are split that do not see each other.

    Shapes:
        ``(batch, *window.output((height, width)), filters)``.
    """
    return jax.lax.platform_dependent(
        x,
        kernel.astype(x.dtype),
        cpu=partial(_on_cpu, window, groups),
        default=partial(_by_library, window, groups),
    )


def _by_library(window: Window, groups: int, x: jax.Array, kernel: jax.Array) -> jax.Array:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        window.strides,
        window.padding,
        rhs_dilation=window.dilation,
        dimension_numbers=FORM,
        feature_group_count=groups,
    )


def _on_cpu(window: Window, groups: int, x: jax.Array, kernel: jax.Array) -> jax.Array:
    columns, channels, filters = _columns(window, x), x.shape[-1], kernel.shape[-1]
    if groups == 1 and window.taps > 1:
        if columns > _CACHED_COLUMNS and channels >= _MANY_CHANNELS:
            return by_library(window, x, kernel)
        sees_neighbours = window.size[1] > 1 and window.output(x.shape[1:])[1] > 1
        if sees_neighbours and positions_of(filters) > 1 and columns <= _MOST_COLUMNS:
            return by_blocks(window, x, kernel)
    return _by_products(window, groups, x, kernel)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _by_products(window: Window, groups: int, x: jax.Array, kernel: jax.Array) -> jax.Array:
    return _forward(window, groups, x, kernel)[0]


def _forward(window: Window, groups: int, x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple]:
    x = computed_once(x)
    output = window.output(x.shape[1:])
    padded = pad(x, window)
    if _columns(window, x) <= _MOST_COLUMNS:
        columns = jnp.concatenate([look(padded, window, at, output) for at in window.offsets], -1)
        columns = columns.reshape(-1, window.taps, x.shape[-1])  # (positions, taps, channels)
        y = _mix(columns, _split(kernel, window.taps, groups))
    else:
        columns = None
        seen = (look(padded, window, at, output).reshape(-1, 1, x.shape[-1]) for at in window.offsets)
        products = (_mix(part, tap) for part, tap in zip(seen, _taps(kernel, window, groups), strict=True))
        y = sum(products, start=jnp.zeros((), x.dtype))
    return y.reshape(x.shape[0], *output, kernel.shape[-1]), (x, columns, kernel)


def _backward(window: Window, groups: int, saved: tuple, error: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, columns, kernel = saved
    error = computed_once(error)
    error_rows = error.reshape(-1, groups, kernel.shape[-1] // groups)  # (positions, groups, filters)
    # Columns were kept for this product; without them the taps are looked up again, which is cheaper than memory.
    if columns is not None:
        gradient = _correlate(columns, error_rows)
    else:
        padded, output = pad(x, window), window.output(x.shape[1:])
        seen = (look(padded, window, at, output).reshape(-1, 1, x.shape[-1]) for at in window.offsets)
        gradient = jnp.concatenate([_correlate(part, error_rows) for part in seen])
    input_error = _input_error(window, groups, kernel, error, x.shape)
    return input_error, gradient.reshape(kernel.shape)


_by_products.defvjp(_forward, _backward)


def _input_error(window: Window, groups: int, kernel: jax.Array, error: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Send the error back through the kernel: each tap's share, laid where the tap looked."""
    rows = error.reshape(-1, groups, kernel.shape[-1] // groups)  # (positions, groups, filters of a group)
    tapwise = window.taps == 1 or (shape[-1] >= _NARROW_CHANNELS and window.taps <= _MANY_TAPS)
    if tapwise:
        shares = [_unmix(rows, tap) for tap in _taps(kernel, window, groups)]
    else:
        every = _unmix(rows, _split(kernel, window.taps, groups))  # (positions, taps, channels)
        shares = [every[:, tap] for tap in range(window.taps)]
    images = (share.reshape(*error.shape[:3], shape[-1]) for share in shares)
    laid = (put_back(image, window, at, shape) for image, at in zip(images, window.offsets, strict=True))
    return sum(laid, start=jnp.zeros((), error.dtype))


def _columns(window: Window, x: jax.Array) -> int:
    """Return how many numbers the columns of all positions have."""
    return x.shape[0] * math.prod(window.output(x.shape[1:])) * window.taps * x.shape[-1]


def _split(kernel: jax.Array, taps: int, groups: int) -> jax.Array:
    """Return the kernel as ``(taps, channels of a group, groups, filters of a group)``."""
    return kernel.reshape(taps, kernel.shape[-2], groups, kernel.shape[-1] // groups)


def _taps(kernel: jax.Array, window: Window, groups: int) -> list[jax.Array]:
    split = _split(kernel, window.taps, groups)
    return [split[tap : tap + 1] for tap in range(window.taps)]


# The three products of a convolution. One group is a plain matrix product; XLA makes a slower one of the
# general form, so it is written out.


def _mix(columns: jax.Array, kernel: jax.Array) -> jax.Array:
    """``(positions, taps, channels)`` and a split kernel to potentials ``(positions, filters)``."""
    taps, channels, groups, filters = kernel.shape
    if groups == 1:
        return columns.reshape(-1, taps * channels) @ kernel.reshape(taps * channels, filters)
    parts = columns.reshape(-1, taps, groups, channels)  # (positions, taps, groups, channels of a group)
    return jnp.einsum("ptgc,tcgf->pgf", parts, kernel).reshape(-1, groups * filters)


def _correlate(columns: jax.Array, error: jax.Array) -> jax.Array:
    """``(positions, taps, channels)`` and ``(positions, groups, filters)`` to the gradient of the kernel."""
    (positions, taps, channels), (_, groups, filters) = columns.shape, error.shape
    if groups == 1:
        product = row_products(columns.reshape(positions, taps * channels), error.reshape(positions, filters))
        return product.reshape(taps, channels, filters)
    parts = columns.reshape(positions, taps, groups, channels // groups)  # as in _mix
    product = jnp.einsum("ptgc,pgf->tcgf", parts, error)
    return product.reshape(taps, channels // groups, groups * filters)


def _unmix(error: jax.Array, kernel: jax.Array) -> jax.Array:
    """``(positions, groups, filters)`` and a split kernel to each place's error, ``(positions, taps, channels)``."""
    taps, channels, groups, filters = kernel.shape
    if groups == 1:
        product = error.reshape(-1, filters) @ kernel.reshape(taps * channels, filters).T
        return product.reshape(-1, taps, channels)
    return jnp.einsum("pgf,tcgf->ptgc", error, kernel).reshape(-1, taps, groups * channels)
