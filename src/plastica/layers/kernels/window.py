"""A window that slides over an image: its geometry, what it sees, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp


class Window(NamedTuple):
    """Where a window of height and width ``size`` looks; all numbers are (height, width).

    Attributes:
        size: How many places it sees.
        strides: How far it moves at a time.
        padding: How much is added before and after the image on each axis.
        dilation: The distance between two places it sees; 1 leaves none out.
    """

    size: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)

    @property
    def taps(self) -> int:
        """How many places it sees in all."""
        return self.size[0] * self.size[1]

    @property
    def offsets(self) -> Iterator[tuple[int, int]]:
        """The places it sees, row by row, counted from its upper left corner."""
        return ((i * self.dilation[0], j * self.dilation[1]) for i in range(self.size[0]) for j in range(self.size[1]))

    @property
    def is_tiling(self) -> bool:
        """Whether each place of the padded image is seen once at most, and none in between is left out."""
        return self.strides == self.size and self.dilation == (1, 1)

    def output(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """How many positions it has on an image of ``shape``, whose first two numbers are height and width."""
        height, width = (
            (shape[axis] + sum(self.padding[axis]) - span) // self.strides[axis] + 1
            for axis, span in enumerate(self.span)
        )
        return height, width

    @property
    def span(self) -> tuple[int, int]:
        """From its first to its last place, both counted."""
        height, width = ((size - 1) * step + 1 for size, step in zip(self.size, self.dilation, strict=True))
        return height, width


def pad(x: jax.Array, window: Window, value: float = 0.0) -> jax.Array:
    """Return ``(batch, height, width, channels)`` with the window's padding filled with ``value``."""
    if window.padding == ((0, 0), (0, 0)):
        return x
    return jnp.pad(x, ((0, 0), *window.padding, (0, 0)), constant_values=value)


def look(padded: jax.Array, window: Window, offset: tuple[int, int], output: tuple[int, int]) -> jax.Array:
    """Return what each position of the window sees at ``offset``, ``(batch, *output, channels)``."""
    (i, j), (height, width), (down, right) = offset, output, window.strides
    stop = (padded.shape[0], i + (height - 1) * down + 1, j + (width - 1) * right + 1, padded.shape[3])
    return jax.lax.slice(padded, (0, i, j, 0), stop, (1, down, right, 1))


def put_back(seen: jax.Array, window: Window, offset: tuple[int, int], shape: tuple[int, ...]) -> jax.Array:
    """Lay what was seen at ``offset`` back onto an image of zeros of ``shape``; the transpose of ``look(pad(x))``.

    What belongs to the padding falls off: lax.pad takes negative numbers for cropping.
    """
    edges = [(0, 0, 0)]
    for axis in (0, 1):
        stride, positions = window.strides[axis], seen.shape[axis + 1]
        before = offset[axis] - window.padding[axis][0]
        covered = (positions - 1) * stride + 1
        edges.append((before, shape[axis + 1] - before - covered, stride - 1))
    return jax.lax.pad(seen, jnp.zeros((), seen.dtype), (*edges, (0, 0, 0)))


def place(shape: tuple[int, ...], window: Window, padding: str) -> Window:
    """Return the window with padding for images of ``shape``, whose first two numbers are height and width.

    Args:
        shape: Height, width and whatever follows.
        window: The window; its own padding is replaced.
        padding: "valid" adds nothing; "same" makes ``ceil(size / stride)`` positions, the odd place after
            the image; "causal" lets no position see what comes after it.
    """
    edges = []
    for size, stride, span in zip(shape, window.strides, window.span, strict=False):
        if padding == "same":
            missing = max((-(-size // stride) - 1) * stride + span - size, 0)
            edges.append((missing // 2, missing - missing // 2))
        else:
            edges.append((span - 1 if padding == "causal" else 0, 0))
    return window._replace(padding=(edges[0], edges[1]))
