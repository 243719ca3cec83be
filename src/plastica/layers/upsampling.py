"""Upsampling of sequences, images and volumes by whole factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_choice, check_data_format, check_rank, whole_numbers


class _UpSampling(Layer):
    """Base of these layers; ``rank`` is the number of spatial axes."""

    rank: ClassVar[int]
    size: int | tuple[int, ...]

    def __post_init__(self) -> None:
        owner = type(self).__name__
        found = whole_numbers(owner, "size", self.size, self.rank)
        object.__setattr__(self, "size", found if isinstance(self.size, Sequence) else found[0])
        check_data_format(owner, getattr(self, "data_format", None))
        check_choice(owner, "interpolation", self._interpolation, ("nearest", "bilinear"))

    @property
    def _interpolation(self) -> str:
        return getattr(self, "interpolation", "nearest")

    def _factors(self) -> tuple[int, ...]:
        return whole_numbers(type(self).__name__, "size", self.size, self.rank)

    def output_shape(self, shape: Shape) -> Shape:
        check_rank(type(self).__name__, shape, self.rank)
        return (*(size * factor for size, factor in zip(shape, self._factors(), strict=False)), shape[-1])

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        enlarge = _repeat if self._interpolation == "nearest" else _interpolate
        for axis, factor in enumerate(self._factors(), 1):
            x = enlarge(x, axis, factor)
        return x, state


@declaration
class UpSampling1D(_UpSampling):
    """Repeat each step of a sequence.

    Args:
        size: How often.

    Shapes:
        ``(batch, steps, channels) -> (batch, size * steps, channels)``.

    Raises:
        InvalidValue: For a size below 1.
        ShapeError: For inputs without two axes beside the batch.

    Example:
        >>> UpSampling1D(2).output_shape((7, 16))
        (14, 16)
    """

    rank: ClassVar[int] = 1
    size: int | tuple[int, ...] = 2


@declaration
class UpSampling2D(_UpSampling):
    """Upsample an image by integer factors, by repetition or bilinear interpolation.

    Args:
        size: The factors of height and width, as one number or two.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        interpolation: "nearest" repeats each pixel; "bilinear" interpolates between the centres of pixels and is
            constant outside of them.

    Shapes:
        ``(batch, height, width, channels) -> (batch, size[0] * height, size[1] * width, channels)``.

    Raises:
        InvalidValue: For factors below 1 or an unknown interpolation.
        ShapeError: For inputs without three axes beside the batch.

    Example:
        >>> UpSampling2D(2).output_shape((7, 7, 16))
        (14, 14, 16)
    """

    rank: ClassVar[int] = 2
    size: int | tuple[int, ...] = 2
    data_format: str | None = None
    interpolation: str = "nearest"


@declaration
class UpSampling3D(_UpSampling):
    """Repeat each place of a volume.

    Args:
        size: How often along depth, height and width, as one number or three.
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, depth, height, width, channels)`` to the same with larger spatial axes.

    Raises:
        InvalidValue: For factors below 1.
        ShapeError: For inputs without four axes beside the batch.
    """

    rank: ClassVar[int] = 3
    size: int | tuple[int, ...] = 2
    data_format: str | None = None


def _repeat(x: jax.Array, axis: int, factor: int) -> jax.Array:
    return _interleave([x] * factor, axis)


def _interpolate(x: jax.Array, axis: int, factor: int) -> jax.Array:
    size = x.shape[axis]
    at = jnp.arange(size)
    before = jnp.take(x, jnp.maximum(at - 1, 0), axis)
    after = jnp.take(x, jnp.minimum(at + 1, size - 1), axis)
    parts = []
    for part in range(factor):
        # Where the middle of this part lies from the middle of the old place, in old places.
        offset = (part + 0.5) / factor - 0.5
        neighbour = before if offset < 0 else after
        parts.append(x * (1 - abs(offset)) + neighbour * abs(offset))
    return _interleave(parts, axis)


def _interleave(parts: list[jax.Array], axis: int) -> jax.Array:
    shape = list(parts[0].shape)
    shape[axis] *= len(parts)
    return jnp.stack(parts, axis + 1).reshape(shape)  # each row beside its own copies
