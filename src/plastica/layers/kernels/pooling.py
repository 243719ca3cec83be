"""Pooling by strided slices, which XLA runs fast on the CPU where its own windows are slow."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from .once import computed_once
from .window import Window, look, pad, put_back

# A window is written out tap by tap up to here; the winner's place must also fit into eight bits.
_MOST_TAPS = 100


def max_pool(x: jax.Array, window: Window) -> jax.Array:
    """Keep the largest of what each position of the window sees, channel by channel.

    The error goes to one element only: of equal ones to the first, row by row, as in Keras.

    Args:
        x: Images, ``(batch, height, width, channels)``.
        window: Where to look; its padding never wins.

    Shapes:
        ``(batch, *window.output((height, width)), channels)``.
    """
    if window.taps > _MOST_TAPS:
        return _max_by_library(window, x)
    return jax.lax.platform_dependent(x, cpu=partial(_max_by_taps, window), default=partial(_max_by_library, window))


def mean_pool(x: jax.Array, window: Window) -> jax.Array:
    """Average what each position of the window sees, channel by channel; padding does not count.

    Args:
        x: Images, ``(batch, height, width, channels)``.
        window: Where to look.

    Shapes:
        ``(batch, *window.output((height, width)), channels)``.
    """
    output = window.output(x.shape[1:])
    share = jnp.asarray(1.0 / _seen(window, x.shape, output), x.dtype)
    if window.taps > _MOST_TAPS:
        sums = jax.lax.reduce_window(x, np.zeros((), x.dtype), jax.lax.add, **_library_window(window))
    else:
        padded = pad(x, window)
        sums = sum(look(padded, window, at, output) for at in window.offsets)
    return sums * share


def _seen(window: Window, shape: tuple[int, ...], output: tuple[int, int]) -> np.ndarray:
    """How many places of the image itself each position sees, ``(*output, 1)``."""
    counts = []
    for axis in (0, 1):
        first = np.arange(output[axis]) * window.strides[axis] - window.padding[axis][0]
        places = first[:, None] + np.arange(window.size[axis]) * window.dilation[axis]
        counts.append(((places >= 0) & (places < shape[axis + 1])).sum(1))
    return np.multiply.outer(*counts)[:, :, None].astype(np.float64)


def _max_by_library(window: Window, x: jax.Array) -> jax.Array:
    lowest = np.array(-np.inf, x.dtype)
    return jax.lax.reduce_window(x, lowest, jax.lax.max, **_library_window(window))


def _library_window(window: Window) -> dict[str, tuple]:
    return {
        "window_dimensions": (1, *window.size, 1),
        "window_strides": (1, *window.strides, 1),
        "padding": ((0, 0), *window.padding, (0, 0)),
        "window_dilation": (1, *window.dilation, 1),
    }


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _max_by_taps(window: Window, x: jax.Array) -> jax.Array:
    return _max_forward(window, x)[0]


def _max_forward(window: Window, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    output = window.output(x.shape[1:])
    padded = pad(x, window, -np.inf)
    first, *others = window.offsets
    largest = look(padded, window, first, output)
    winner = jnp.zeros(largest.shape, jnp.int8)
    for tap, at in enumerate(others, start=1):
        seen = look(padded, window, at, output)
        winner = jnp.where(seen > largest, jnp.int8(tap), winner)
        largest = jnp.maximum(largest, seen)  # unlike where(seen > largest, ...), lets NaN through
    return largest, winner


def _max_kept(window: Window, x: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    # Left to itself, XLA would find the winners anew for each gradient that the error goes on to.
    largest, winner = map(computed_once, _max_forward(window, x))
    return largest, (x, winner)


def _max_backward(window: Window, saved: tuple[jax.Array, jax.Array], error: jax.Array) -> tuple[jax.Array]:
    x, winner = saved
    error = computed_once(error)
    if window.is_tiling:
        return (_unpool(window, x.shape, winner, error),)
    zero = jnp.zeros((), error.dtype)
    shares = (jnp.where(winner == jnp.int8(tap), error, zero) for tap in range(window.taps))
    laid = (put_back(share, window, at, x.shape) for share, at in zip(shares, window.offsets, strict=True))
    return (sum(laid, start=zero),)


_max_by_taps.defvjp(_max_kept, _max_backward)


def _unpool(window: Window, shape: tuple[int, ...], winner: jax.Array, error: jax.Array) -> jax.Array:
    """Give each tile's error to its winner, all taps in one comparison."""
    batch, rows, columns, channels = error.shape
    height, width = window.size
    tap = np.arange(window.taps, dtype=np.int8).reshape(1, 1, height, 1, width, 1)
    spread = jnp.where(winner[:, :, None, :, None] == tap, error[:, :, None, :, None], 0)
    image = spread.reshape(batch, rows * height, columns * width, channels)  # windows side by side again
    return put_back(image, Window(window.size, padding=window.padding), (0, 0), shape)
