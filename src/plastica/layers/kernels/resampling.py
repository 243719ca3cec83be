"""Affine maps of pictures: where each output pixel comes from, and the pixels there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax import Array

from ...typing import Float, Int

FillMode = Literal["reflect", "wrap", "constant", "nearest"]
Interpolation = Literal["bilinear", "nearest"]
FILL_MODES, INTERPOLATIONS = get_args(FillMode), get_args(Interpolation)


def affine(
    images: Float[Array, "batch height width channels"],
    matrix: Float[Array, "batch 6"],
    interpolation: Interpolation,
    fill_mode: FillMode,
    fill_value: float,
) -> Float[Array, "batch height width channels"]:
    """Return pictures whose pixel (y, x) is that of the input at (d x + e y + f, a x + b y + c).

    Args:
        images: The pictures.
        matrix: a, b, c, d, e, f for each picture.
        interpolation: Between the four nearest pixels, or the nearest one.
        fill_mode: What is beyond the border: the picture mirrored, repeated, ``fill_value``, or its last pixel.
        fill_value: For ``"constant"``.
    """
    rows, height, width, channels = images.shape
    y, x = (each.astype(images.dtype).reshape(-1) for each in jnp.mgrid[:height, :width])
    a, b, c, d, e, f = (matrix[:, place, None] for place in range(6))
    down, right = d * x + e * y + f, a * x + b * y + c  # (batch, height * width)
    pixels = images.reshape(rows, height * width, channels)  # (batch, places, channels)

    def taken(at_y: Int[Array, "..."], at_x: Int[Array, "..."]) -> Float[Array, "..."]:
        fixed_y, fixed_x = (FIXED[fill_mode](at, size) for at, size in ((at_y, height), (at_x, width)))
        place = jnp.clip(fixed_y, 0, height - 1) * width + jnp.clip(fixed_x, 0, width - 1)
        found = jnp.take_along_axis(pixels, place[..., None], axis=1, mode="promise_in_bounds")
        inside = (fixed_y >= 0) & (fixed_y < height) & (fixed_x >= 0) & (fixed_x < width)
        return jnp.where(inside[..., None], found, jnp.asarray(fill_value, images.dtype))

    if interpolation == "nearest":
        moved = taken(*(_away_from_zero(at).astype(jnp.int32) for at in (down, right)))
    else:
        top, left = jnp.floor(down), jnp.floor(right)
        low, far = (down - top)[..., None], (right - left)[..., None]
        at_y, at_x = top.astype(jnp.int32), left.astype(jnp.int32)
        above = (1 - far) * taken(at_y, at_x) + far * taken(at_y, at_x + 1)
        below = (1 - far) * taken(at_y + 1, at_x) + far * taken(at_y + 1, at_x + 1)
        moved = (1 - low) * above + low * below
    return moved.reshape(images.shape)


def _away_from_zero(at: Float[Array, "..."]) -> Float[Array, "..."]:
    return jax.lax.round(at)


def _mirrored(at: Int[Array, "..."], size: int) -> Int[Array, "..."]:
    """Return the place in a picture that repeats mirrored, with its border pixels twice: c b a | a b c | c b a."""
    place = at % (2 * size)
    return jnp.where(place < size, place, 2 * size - 1 - place)


FIXED: dict[str, Callable[[Int[Array, "..."], int], Int[Array, "..."]]] = {
    "constant": lambda at, size: at,
    "nearest": lambda at, size: jnp.clip(at, 0, size - 1),
    "wrap": lambda at, size: at % size,
    "reflect": _mirrored,
}
