"""Convolutions and pooling of programs in NumPy; part of :mod:`.reference`, and of exported Python files likewise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray


def taps(x: Array, size: Sequence[int], strides: Sequence[int], dilation: Sequence[int]) -> list[Array]:
    """Return what each tap of a window sees at all positions, from the first tap to the last."""
    spans = [(taps - 1) * step for taps, step in zip(size, dilation, strict=True)]
    lengths = [(all_ - span - 1) // step * step + 1 for all_, span, step in zip(x.shape, spans, strides, strict=True)]
    found = []
    for tap in np.ndindex(*size):
        begins = [at * step for at, step in zip(tap, dilation, strict=True)]
        places = zip(begins, lengths, strides, strict=True)
        found.append(x[tuple(slice(begin, begin + length, step) for begin, length, step in places)])
    return found


def padded(x: Array, padding: Sequence[tuple[int, int]], value: float) -> Array:
    """Return an array with a value around it."""
    if not any(low or high for low, high in padding):
        return x
    sizes = [low + size + high for size, (low, high) in zip(x.shape, padding, strict=True)]
    around = np.full(sizes, value, x.dtype)
    around[tuple(slice(low, low + size) for size, (low, _) in zip(x.shape, padding, strict=True))] = x
    return around


def folded(function: np.ufunc, x: Array, axis: int, window: tuple[int, int, int]) -> Array:
    """Return what a function makes of the numbers that each position of a window sees along an axis."""
    size, stride, step = window
    if size == 1 and stride == 1:
        return x
    length = (x.shape[axis] - (size - 1) * step - 1) // stride * stride + 1
    before = (slice(None),) * axis
    found = x[(*before, slice(0, length, stride))]
    for begin in range(step, size * step, step):
        found = function(found, x[(*before, slice(begin, begin + length, stride))])
    return found


def window_max(
    x: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
) -> Array:
    """Return the largest number that each position of a window sees."""
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    x = padded(x, padding, lowest)
    for axis, window in enumerate(zip(size, strides, dilation, strict=True)):
        x = folded(np.maximum, x, axis, window)
    return x


def window_sum(
    x: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
) -> Array:
    """Return the sum of what each position of a window sees."""
    x = padded(x, padding, 0)
    for axis, window in enumerate(zip(size, strides, dilation, strict=True)):
        x = folded(np.add, x, axis, window)
    return x


def convolution(
    x: Array,
    kernel: Array,
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
) -> Array:
    """Slide a kernel ``(*places, channels / groups, filters)`` over images ``(batch, *places, channels)``."""
    *size, channels, filters = kernel.shape
    images = padded(x, [(0, 0), *padding, (0, 0)], 0)
    if channels == 1 and groups > 1:  # each channel by itself
        seen = taps(images, [1, *size, 1], [1, *strides, 1], [1, *dilation, 1])
        weights = kernel.reshape(len(seen), filters)
        total = np.zeros((*seen[0].shape[:-1], filters), x.dtype)
        for part, own in zip(seen, weights, strict=True):
            total += (np.repeat(part, filters // groups, -1) if filters > groups else part) * own
        return total
    parts = []
    for group in range(groups):
        own = images[..., group * channels : (group + 1) * channels]
        of_group = kernel[..., group * filters // groups : (group + 1) * filters // groups]
        parts.append(slid(own, of_group, strides, dilation))
    return parts[0] if groups == 1 else np.concatenate(parts, -1)


def slid(images: Array, kernel: Array, strides: Sequence[int], dilation: Sequence[int]) -> Array:
    """Return the product of a kernel and what it sees at each position, copied once into the rows of a matrix."""
    *size, channels, filters = kernel.shape
    batch, *places, _ = images.shape
    spans = [(taps - 1) * step + 1 for taps, step in zip(size, dilation, strict=True)]
    positions = [(all_ - span) // step + 1 for all_, span, step in zip(places, spans, strides, strict=True)]
    along = images.strides[1:-1]
    moves = [wide * step for wide, step in zip(along, strides, strict=True)]
    inside = [wide * step for wide, step in zip(along, dilation, strict=True)]
    outer, inner = (batch, *positions), (*size, channels)
    outer_strides, inner_strides = (images.strides[0], *moves), (*inside, images.strides[-1])
    as_strided = np.lib.stride_tricks.as_strided
    if channels == 1:  # long rows are copied faster than short ones
        view = as_strided(images, inner + outer, inner_strides + outer_strides, writeable=False)
        seen = view.reshape(kernel.size // filters, -1).T
    else:
        view = as_strided(images, outer + inner, outer_strides + inner_strides, writeable=False)
        seen = view.reshape(-1, kernel.size // filters)
    return (seen @ kernel.reshape(-1, filters)).reshape(*outer, filters)
