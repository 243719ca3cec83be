"""XLA's own convolution and its gradients, in the one form that the CPU computes fast inside of loops too.

XLA has a fast routine for images ``(batch, height, width, channels)`` and kernels ``(height, width, channels,
filters)`` that are not reversed. Outside of loops it turns every other convolution into this form; inside of loops it
does not, and takes 10 to 40 times as long (jax issue 12868). What differentiation makes of a convolution are just such
others, so the gradients are written out here in the fast form.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from .input_error import FORM, input_error
from .once import computed_once
from .window import Window

# Into how many groups of images the kernel's gradient is divided: it takes a fifth less time.
_GROUPS = 8


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def by_library(window: Window, x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Slide a kernel over images; see :func:`.convolution.convolve`.

    Args:
        window: Where the kernel looks.
        x: Images, ``(batch, height, width, channels)``.
        kernel: ``(*window.size, channels, filters)``.
    """
    return jax.lax.conv_general_dilated(
        x, kernel, window.strides, window.padding, rhs_dilation=window.dilation, dimension_numbers=FORM
    )


def _forward(window: Window, x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    x = computed_once(x)
    return by_library(window, x, kernel), (x, kernel)


def _backward(window: Window, saved: tuple[jax.Array, jax.Array], error: jax.Array) -> tuple[jax.Array, jax.Array]:
    x, kernel = saved
    error = computed_once(error)
    return input_error(window, kernel, error, x.shape), _kernel_gradient(window, x, error)


by_library.defvjp(_forward, _backward)


def _kernel_gradient(window: Window, x: jax.Array, error: jax.Array) -> jax.Array:
    """Return the gradient of the kernel, the sum over groups of images: what a group needs stays in the cache."""
    if x.shape[0] % _GROUPS or x.shape[0] < _GROUPS * _GROUPS:
        return _kernel_gradient_of(window, x, error)
    images, errors = (part.reshape(_GROUPS, -1, *part.shape[1:]) for part in (x, error))  # (groups, rows, ...)
    start = jnp.zeros((*window.size, x.shape[-1], error.shape[-1]), x.dtype)

    def add(total: jax.Array, group: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        return total + _kernel_gradient_of(window, *group), None

    return jax.lax.scan(add, start, (images, errors))[0]


def _kernel_gradient_of(window: Window, x: jax.Array, error: jax.Array) -> jax.Array:
    """Return the gradient of the kernel: the errors slide over the images, channels and batch exchanged."""
    # The barriers keep XLA from taking the turns back into the convolution.
    images = jax.lax.optimization_barrier(x.transpose(3, 1, 2, 0))  # (channels, height, width, batch)
    errors = jax.lax.optimization_barrier(error.transpose(1, 2, 0, 3))  # (height, width, batch, filters)
    edges = []
    for axis, (span, stride) in enumerate(zip(window.span, window.strides, strict=True)):
        before = window.padding[axis][0]
        seen = (error.shape[axis + 1] - 1) * stride + span
        edges.append((before, seen - x.shape[axis + 1] - before))
    gradient = jax.lax.conv_general_dilated(
        images, errors, window.dilation, edges, rhs_dilation=window.strides, dimension_numbers=FORM
    )
    return gradient.transpose(1, 2, 0, 3)
