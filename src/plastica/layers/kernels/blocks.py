"""Convolution with few filters as a banded matrix product: a block of neighbouring positions at a time.

A product with ``kernel.reshape(taps * channels, filters)`` is slow where there are few filters: too narrow for the
machine's vectors, and each input is written once for each tap. Here one row of the product holds what ``wide``
neighbouring positions see together, and the kernel becomes a banded matrix whose column blocks are the kernel shifted
by one position each. The zeros of the band cost multiplications, but far fewer columns are written and read.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .once import computed_once
from .product import row_products
from .window import Window, pad

# With these many columns the product fills the machine's vectors; a wider block only adds zeros to the band.
_FULL_WIDTH = 64
_MOST_POSITIONS = 8

# Measured: from so many filters on, the plain product is the faster one.
_WIDE_ENOUGH = 32


class ColumnBlocks(NamedTuple):
    """How a row of positions is cut into blocks.

    Attributes:
        wide: Positions in a block.
        number: ColumnBlocks in a row; the last one may reach beyond the image.
        seen: Columns of the image that a block sees.
        step: Columns from one block to the next.
    """

    wide: int
    number: int
    seen: int
    step: int


def positions_of(filters: int) -> int:
    """Return how many positions a block should have; 1 if the filters alone make a product wide enough."""
    return 1 if filters >= _WIDE_ENOUGH else min(-(-_FULL_WIDTH // filters), _MOST_POSITIONS)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def by_blocks(window: Window, x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Slide a kernel over images; see :func:`.convolution.convolve`.

    Args:
        window: Where the kernel looks.
        x: Images, ``(batch, height, width, channels)``.
        kernel: ``(*window.size, channels, filters)``.
    """
    return _forward(window, x, kernel)[0]


def _forward(window: Window, x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple]:
    height, width = window.output(x.shape[1:])
    filters = kernel.shape[-1]
    blocks = _cut(window, width, filters)
    columns = _columns(window, _widened(pad(x, window), blocks), blocks, height)
    y = columns @ _banded(window, kernel, blocks)
    y = y.reshape(x.shape[0], height, blocks.number * blocks.wide, filters)[:, :, :width]
    return y, (columns, kernel, x.shape[1:])


def _backward(window: Window, saved: tuple, error: jax.Array) -> tuple[jax.Array, jax.Array]:
    columns, kernel, image = saved
    error = computed_once(error)
    (_, _, width, filters), (high, wide, channels, _) = error.shape, kernel.shape
    blocks = _cut(window, width, filters)
    beyond = blocks.number * blocks.wide - width
    rows = jnp.pad(error, ((0, 0), (0, 0), (0, beyond), (0, 0))).reshape(-1, blocks.wide * filters)
    gradient = row_products(columns, rows).reshape(high, blocks.seen, channels, blocks.wide, filters)
    band = jnp.asarray(_band(window, wide, blocks), gradient.dtype)
    gradient = jnp.einsum("hsiof,kso->hkif", gradient, band)
    shares = rows @ _banded(window, kernel, blocks).T
    shares = shares.reshape(*error.shape[:2], blocks.number, high, blocks.seen * channels)
    return _laid(window, shares, blocks, (error.shape[0], *image)), gradient


by_blocks.defvjp(_forward, _backward)


def _cut(window: Window, width: int, filters: int) -> ColumnBlocks:
    wide = min(positions_of(filters), width)
    stride = window.strides[1]
    return ColumnBlocks(wide, -(-width // wide), (wide - 1) * stride + window.span[1], wide * stride)


def _band(window: Window, taps: int, blocks: ColumnBlocks) -> np.ndarray:
    """Return where tap k of position o lies among the columns that a block sees, ``(taps, seen, wide)`` of 0 and 1."""
    found = np.zeros((taps, blocks.seen, blocks.wide), np.float32)
    for tap in range(taps):
        for position in range(blocks.wide):
            found[tap, position * window.strides[1] + tap * window.dilation[1], position] = 1.0
    return found


def _banded(window: Window, kernel: jax.Array, blocks: ColumnBlocks) -> jax.Array:
    """Return the kernel as a matrix, ``(height * seen * channels, wide * filters)``."""
    high, wide, channels, filters = kernel.shape
    band = jnp.asarray(_band(window, wide, blocks), kernel.dtype)
    matrix = jnp.einsum("hkif,kso->hsiof", kernel, band)
    return matrix.reshape(high * blocks.seen * channels, blocks.wide * filters)


def _widened(padded: jax.Array, blocks: ColumnBlocks) -> jax.Array:
    """Return images to whose last column the last block reaches."""
    missing = max(_reach(blocks) - padded.shape[2], 0)
    return jnp.pad(padded, ((0, 0), (0, 0), (0, missing), (0, 0)))


def _reach(blocks: ColumnBlocks) -> int:
    return (blocks.number - 1) * blocks.step + blocks.seen


def _columns(window: Window, padded: jax.Array, blocks: ColumnBlocks, height: int) -> jax.Array:
    """Return what each block sees, ``(batch * height * number, kernel height * seen * channels)``."""
    batch, rows, width, channels = padded.shape
    flat = padded.reshape(batch, rows, width * channels)  # neighbouring columns lie side by side
    starts = (block * blocks.step * channels for block in range(blocks.number))
    parts = jnp.stack([flat[:, :, start : start + blocks.seen * channels] for start in starts], 2)
    (down, _), (high, _) = window.strides, window.size
    tops = (tap * window.dilation[0] for tap in range(high))
    seen = [parts[:, top : top + (height - 1) * down + 1 : down] for top in tops]  # (batch, height, number, seen)
    return jnp.concatenate(seen, -1).reshape(batch * height * blocks.number, high * blocks.seen * channels)


def _laid(window: Window, shares: jax.Array, blocks: ColumnBlocks, shape: tuple[int, ...]) -> jax.Array:
    """Add up what each block sends back to the columns that it saw; the transpose of :func:`_columns`.

    Args:
        window: Where the kernel looked.
        shares: ``(batch, height, number, kernel height, seen * channels)``.
        blocks: How the rows are cut.
        shape: The images' shape.
    """
    batch, rows, columns, channels = shape
    height, (down, _), ((above, _), (before, _)) = shares.shape[1], window.strides, window.padding
    zero = jnp.zeros((), shares.dtype)
    # Along the height: the share of each row of taps falls where that row looked, cropped to the image.
    placed = []
    for tap in range(window.size[0]):
        first = tap * window.dilation[0] - above
        edges = (first, rows - first - (height - 1) * down - 1, down - 1)
        placed.append(jax.lax.pad(shares[:, :, :, tap], zero, ((0, 0, 0), edges, (0, 0, 0), (0, 0, 0))))
    summed = sum(placed[1:], start=placed[0])  # (batch, rows, number, seen * channels)
    # Along the width: blocks overlap, so the columns up to the next block, and those beyond, are laid separately.
    total, laid = blocks.number * blocks.step, []
    for start in range(0, blocks.seen, blocks.step):
        piece = summed[..., start * channels : min(blocks.seen, start + blocks.step) * channels]
        piece = jnp.pad(piece, ((0, 0), (0, 0), (0, 0), (0, blocks.step * channels - piece.shape[-1])))
        first = start - before
        edges = (first * channels, (columns - first - total) * channels, 0)
        laid.append(jax.lax.pad(piece.reshape(batch, rows, total * channels), zero, ((0, 0, 0), (0, 0, 0), edges)))
    return sum(laid[1:], start=laid[0]).reshape(shape)
