"""Sizes of pictures: resizing and crops."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..typing import Float
from .layer import Context, Params, Shape, State
from .on_arrays import OnArrays, RandomOnArrays

METHODS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


@declaration
class Resizing(OnArrays):
    """Give pictures another size.

    Args:
        height, width: The size in pixels.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: Whether to cut the borders that do not fit the new proportions; False stretches.
        pad_to_aspect_ratio: Whether to add borders of ``fill_value`` instead.
        fill_mode: "constant" alone, as in Keras.
        fill_value: The value of added borders.
        antialias: Whether to average over pixels when shrinking.

    Shapes:
        ``(batch, ..., ..., channels) -> (batch, height, width, channels)``.

    Raises:
        InvalidValue: For a size below 1, an unknown method, or both ways to keep the proportions.
        ShapeError: If inputs are not pictures.

    Example:
        >>> Resizing(32, 32).output_shape((64, 48, 3))
        (32, 32, 3)
    """

    height: int
    width: int
    interpolation: Literal["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"] = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_mode: Literal["constant"] = "constant"
    fill_value: float = 0.0
    antialias: bool = False

    def __post_init__(self) -> None:
        _check_size(self)
        if self.interpolation not in METHODS:
            raise InvalidValue(f"Resizing: interpolation={self.interpolation!r}; expected one of {', '.join(METHODS)}.")
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise InvalidValue("Resizing: crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other; give one.")

    def output_shape(self, shape: Shape) -> Shape:
        return _picture(self, shape)

    def synapse(self, params: Params, x: Array, state: State, context: Context) -> tuple[Array, State]:
        size = self.height, self.width
        if self.crop_to_aspect_ratio:
            x = _of_proportions(x, size)
        if self.pad_to_aspect_ratio:
            x = _padded(x, size, self.fill_value)
        return _resized(x, size, self.interpolation, self.antialias), state


@declaration
class CenterCrop(OnArrays):
    """Cut the middle out of pictures; smaller ones are enlarged, and cut to the proportions.

    Args:
        height, width: The size in pixels.

    Shapes:
        ``(batch, ..., ..., channels) -> (batch, height, width, channels)``.

    Raises:
        InvalidValue: For a size below 1.
        ShapeError: If inputs are not pictures.

    Example:
        >>> CenterCrop(24, 24).output_shape((32, 32, 3))
        (24, 24, 3)
    """

    height: int
    width: int

    def __post_init__(self) -> None:
        _check_size(self)

    def output_shape(self, shape: Shape) -> Shape:
        return _picture(self, shape)

    def synapse(self, params: Params, x: Array, state: State, context: Context) -> tuple[Array, State]:
        down, across = x.shape[1] - self.height, x.shape[2] - self.width
        if down < 0 or across < 0:
            size = self.height, self.width
            return _resized(_of_proportions(x, size), size, "bilinear", False), state
        top, left = down // 2, across // 2
        return x[:, top : top + self.height, left : left + self.width], state


@declaration
class RandomCrop(RandomOnArrays):
    """Cut a random part of the size out of each picture in training.

    In prediction, and if pictures are smaller, the largest part of the proportions in the middle is resized.

    Args:
        height, width: The size in pixels.
        seed: Distinguishes layers that are equal otherwise.

    Shapes:
        ``(batch, ..., ..., channels) -> (batch, height, width, channels)``. Every row has a part of its own; in Keras
        all rows of a batch have the same.

    Raises:
        InvalidValue: For a size below 1.
        ShapeError: If inputs are not pictures.

    Example:
        >>> RandomCrop(24, 24).output_shape((32, 32, 3))
        (24, 24, 3)
    """

    height: int
    width: int
    seed: int | None = None

    def __post_init__(self) -> None:
        _check_size(self)

    def output_shape(self, shape: Shape) -> Shape:
        return _picture(self, shape)

    def synapse(self, params: Params, x: Array, state: State, context: Context) -> tuple[Array, State]:
        size, rows = (self.height, self.width), x.shape[0]
        down, across = x.shape[1] - self.height, x.shape[2] - self.width
        if not context.training or context.key is None or min(down, across) < 0:
            return _resized(_of_proportions(x, size), size, "bilinear", False), state
        key = context.key if self.seed is None else random.fold(context.key, self.seed)
        top, left = (
            (random.uniform(random.fold(key, place), (rows,)) * (room + 1)).astype(jnp.int32)
            for place, room in enumerate((down, across))
        )

        def part(picture: Array, y: Array, x: Array) -> Array:
            return jax.lax.dynamic_slice(picture, (y, x, 0), (*size, picture.shape[-1]))

        return jax.vmap(part)(x, top, left), state


def _check_size(layer: Resizing | CenterCrop | RandomCrop) -> None:
    for name in ("height", "width"):
        if (size := getattr(layer, name)) < 1:
            raise InvalidValue(f"{type(layer).__name__}: {name}={size!r}; expected a whole number of at least 1.")


def _picture(layer: Resizing | CenterCrop | RandomCrop, shape: Shape) -> Shape:
    """Return the shape of a picture of the layer's size."""
    if len(shape) != 3:
        raise ShapeError(
            f"{type(layer).__name__}: got inputs of shape {tuple(shape)}; expected pictures, (height, width, "
            "channels). Add an axis to grey pictures: x[..., None]."
        )
    return (layer.height, layer.width, shape[-1])


def _resized(
    x: Float[Array, "batch rows columns channels"], size: tuple[int, int], method: str, antialias: bool
) -> Float[Array, "batch height width channels"]:
    if x.shape[1:3] == size:
        return x
    return jax.image.resize(x, (x.shape[0], *size, x.shape[3]), method, antialias=antialias)


def _of_proportions(
    x: Float[Array, "batch rows columns channels"], size: tuple[int, int]
) -> Float[Array, "batch height width channels"]:
    """Return the largest part in the middle that has the proportions of a size."""
    rows, columns = x.shape[1:3]
    height = max(min(rows, columns * size[0] // size[1]), 1)
    width = max(min(columns, rows * size[1] // size[0]), 1)
    top, left = (rows - height) // 2, (columns - width) // 2
    return x[:, top : top + height, left : left + width]


def _padded(
    x: Float[Array, "batch rows columns channels"], size: tuple[int, int], fill: float
) -> Float[Array, "batch height width channels"]:
    """Return the pictures in the middle of the smallest ones around them that have the proportions of a size."""
    rows, columns = x.shape[1:3]
    down = (max(rows, columns * size[0] // size[1]) - rows) // 2
    across = (max(columns, rows * size[1] // size[0]) - columns) // 2
    # Both sides get the same, so that an odd remainder is left to resizing, as in Keras.
    pads = ((0, 0), (down, down), (across, across), (0, 0))
    return jnp.pad(x, pads, constant_values=jnp.asarray(fill, x.dtype))
