"""Transposed convolution: the way that errors of a convolution take back to its input, as a layer's way forward."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from .convolution import convolve
from .window import Window

Places = tuple[int, int]


def transpose(window: Window, shape: Places, padding: str, extra: tuple[int | None, ...]) -> tuple[Window, Places]:
    """Return the window that slides over the output, and the size of the output.

    Args:
        window: The kernel's size, dilation, and the distance between what two neighbouring inputs write as strides.
        shape: Height and width of the input.
        padding: "valid" keeps all that is written; "same" cuts the edges, so that the output is strides times as large.
        extra: How much larger the output is than the smallest that fits, on each axis; None for Keras's default.
    """
    edges, sizes = [], []
    for axis in (0, 1):
        before, after = _cut(window.span[axis], window.strides[axis], padding, extra[axis])
        sizes.append((shape[axis] - 1) * window.strides[axis] + window.span[axis] - before - after)
        edges.append((before, max(after, 0)))  # the window does not reach zeros that are added
    return window._replace(padding=(edges[0], edges[1])), (sizes[0], sizes[1])


def convolve_transposed(x: jax.Array, kernel: jax.Array, window: Window, shape: Places) -> jax.Array:
    """Write the kernel, scaled by the input, at each position of the window, and add up what overlaps.

    Args:
        x: Images, ``(batch, height, width, channels)``.
        kernel: ``(*window.size, filters, channels)``.
        window: From :func:`transpose`.
        shape: Height and width of the output, from the same.

    Shapes:
        ``(batch, *shape, filters)``.
    """
    return _transposed(window, shape, x, kernel.astype(x.dtype))


def _cut(span: int, stride: int, padding: str, extra: int | None) -> Places:
    """Return how much of what is written is cut off before and after; below 0 where zeros are added.

    Keras 3, ``_convert_conv_transpose_padding_args_from_keras_to_jax``.
    """
    if padding == "valid":
        return 0, -(max(stride - span, 0) if extra is None else extra)
    total = stride + span - 2 if extra is None else span + span % 2 - 2 + extra
    left = min(-(-total // 2), span - 1)
    return span - 1 - left, span - 1 - (total - left)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _transposed(window: Window, shape: Places, x: jax.Array, kernel: jax.Array) -> jax.Array:
    # A convolution is linear in its input, so that where it is pulled back from does not matter.
    anywhere = jnp.zeros((x.shape[0], *shape, kernel.shape[-2]), x.dtype)
    _, pull = jax.vjp(lambda images: convolve(images, kernel, window), anywhere)
    return pull(x)[0]


def _backward(
    window: Window, shape: Places, saved: tuple[jax.Array, jax.Array], error: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, kernel = saved
    input_error, pull = jax.vjp(lambda kernel: convolve(error, kernel, window), kernel)
    return input_error, pull(x)[0]


_transposed.defvjp(lambda window, shape, x, kernel: (_transposed(window, shape, x, kernel), (x, kernel)), _backward)
