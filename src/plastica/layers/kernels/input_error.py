"""The error of a convolution's input, by convolutions of the output's error that compute no zeros.

A window with strides leaves places between its positions. Written as one convolution, the errors lie ``strides`` apart
with zeros between, and three of four products are with zeros for strides of 2. But which taps of the kernel see a place
depends only on the place's remainder by the strides. So there is one convolution for each remainder, with those taps
alone, and their results are interleaved. For strides of 2 this takes a half to a twelfth of the time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from .window import Window

FORM = ("NHWC", "HWIO", "NHWC")


class Phase(NamedTuple):
    """The places of one axis with the same remainder by the stride, and the taps that see them.

    Attributes:
        taps: The taps.
        dilation: The distance, in positions of the window, between what two neighbouring taps read.
        padding: What is added to the positions before and after, or cropped where negative.
    """

    taps: slice
    dilation: int
    padding: tuple[int, int]


def input_error(window: Window, kernel: jax.Array, error: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Return the error of images of ``shape``, given that of the output.

    Args:
        window: Where the kernel looks.
        kernel: ``(*window.size, channels, filters)``.
        error: ``(batch, *window.output(...), filters)``.
        shape: ``(batch, height, width, channels)``.
    """
    down, right = window.strides
    rows, columns = (_phases(window, axis, shape[axis + 1], error.shape[axis + 1]) for axis in (0, 1))
    size = (shape[0], -(-shape[1] // down), -(-shape[2] // right), shape[3])
    parts = [[_part(kernel, error, size, (row, column)) for column in columns] for row in rows]
    if down == right == 1:
        return parts[0][0]
    joined = jnp.stack([jnp.stack(part, 3) for part in parts], 2)  # (batch, height, down, width, right, channels)
    joined = joined.reshape(size[0], size[1] * down, size[2] * right, size[3])  # (batch, height, width, channels)
    return joined[:, : shape[1], : shape[2]]


def _phases(window: Window, axis: int, places: int, positions: int) -> list[Phase | None]:
    """Return the phase of each remainder on an axis; None where no tap sees the places."""
    stride, dilation, before = window.strides[axis], window.dilation[axis], window.padding[axis][0]
    step = stride // math.gcd(stride, dilation)  # neighbouring taps that see the same places are so far apart
    reach = dilation * step // stride
    found: list[Phase | None] = []
    for remainder in range(stride):
        seen = [tap for tap in range(window.size[axis]) if (remainder + before - tap * dilation) % stride == 0]
        if not seen:
            found.append(None)
            continue
        # Place stride * m + remainder is seen by position m + shift with the first of these taps, by position
        # m + shift - reach with the second, and so on.
        shift = (remainder + before - seen[0] * dilation) // stride
        left = (len(seen) - 1) * reach - shift
        right = -(-places // stride) + shift - positions
        found.append(Phase(slice(seen[0], None, step), reach, (left, right)))
    return found


def _part(
    kernel: jax.Array, error: jax.Array, size: tuple[int, ...], phases: tuple[Phase | None, Phase | None]
) -> jax.Array:
    row, column = phases
    if row is None or column is None:
        return jnp.zeros(size, error.dtype)
    turned = jnp.flip(kernel[row.taps, column.taps], (0, 1)).transpose(0, 1, 3, 2)  # (height, width, filters, channels)
    return jax.lax.conv_general_dilated(
        error,
        # The barrier keeps XLA from taking the turn back into the convolution, which is slow then.
        jax.lax.optimization_barrier(turned),
        (1, 1),
        (row.padding, column.padding),
        rhs_dilation=(row.dilation, column.dilation),
        dimension_numbers=FORM,
    )
