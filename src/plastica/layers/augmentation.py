"""Random changes of pictures in training: flips, rotations, zooms and shifts."""

from __future__ import annotations

from math import pi
from typing import Literal

import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..random import Key
from ..typing import Bool, Float
from .kernels.resampling import FILL_MODES, INTERPOLATIONS, FillMode, Interpolation, affine
from .layer import Context, Params, Shape, State
from .on_arrays import RandomOnArrays

Factor = float | tuple[float, float]
FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomImage(RandomOnArrays):
    """Base class of random changes of pictures ``(height, width, channels)``; without effect in prediction.

    Every row of a batch has its own change. It depends on the seed of the run, the step and the place of the row in its
    batch, so that a resumed run makes the same ones.
    """

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ShapeError(
                f"{type(self).__name__}: got inputs of shape {tuple(shape)}; expected pictures, (height, width, "
                "channels). Add an axis to grey pictures: x[..., None]."
            )
        return tuple(shape)

    def synapse(self, params: Params, x: Array, state: State, context: Context) -> tuple[Array, State]:
        if not context.training or context.key is None:
            return x, state
        key = context.key if self.seed is None else random.fold(context.key, self.seed)
        return self.changed(x, key).astype(x.dtype), state

    def changed(
        self, x: Float[Array, "batch height width channels"], key: Key
    ) -> Float[Array, "batch height width channels"]:
        """Return the pictures, each with a change of its own."""
        raise NotImplementedError


@declaration
class RandomFlip(RandomImage):
    """Flip each picture left to right, upside down, or both, with probability 1/2 for each direction.

    For pictures that look as natural after it: photographs left to right, not digits.

    Args:
        mode: ``"horizontal"``, ``"vertical"``, or both, drawn independently of each other; Keras 3 flips in both
            directions or in none.
        seed: Distinguishes layers that are equal otherwise.

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: If the mode is unknown.
        ShapeError: If inputs are not pictures.
    """

    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.mode not in FLIPS:
            raise InvalidValue(f'RandomFlip: mode={self.mode!r}; expected "{FLIPS[0]}", "{FLIPS[1]}" or "{FLIPS[2]}".')

    def changed(
        self, x: Float[Array, "batch height width channels"], key: Key
    ) -> Float[Array, "batch height width channels"]:
        """Return the pictures, some of them flipped."""
        for place, (direction, axis) in enumerate((("horizontal", 2), ("vertical", 1))):
            if direction in self.mode:
                x = flipped(x, random.bernoulli(random.fold(key, place), 0.5, x.shape[:1]), axis)
        return x


class RandomAffine(RandomImage):
    """Base class of changes that move pixels; a subclass says where each pixel comes from."""

    fill_mode: FillMode
    interpolation: Interpolation
    fill_value: float

    def __post_init__(self) -> None:
        owner = type(self).__name__
        if self.fill_mode not in FILL_MODES:
            raise InvalidValue(f"{owner}: fill_mode={self.fill_mode!r}; expected one of {', '.join(FILL_MODES)}.")
        if self.interpolation not in INTERPOLATIONS:
            raise InvalidValue(
                f"{owner}: interpolation={self.interpolation!r}; expected one of {', '.join(INTERPOLATIONS)}."
            )

    def changed(
        self, x: Float[Array, "batch height width channels"], key: Key
    ) -> Float[Array, "batch height width channels"]:
        """Return the moved pictures."""
        matrix = self.transforms(key, x.shape[0], x.shape[1], x.shape[2]).astype(x.dtype)
        return affine(x, matrix, self.interpolation, self.fill_mode, self.fill_value)

    def transforms(self, key: Key, rows: int, height: int, width: int) -> Float[Array, "batch 6"]:
        """Return where pixels come from, as :func:`~plastica.layers.kernels.resampling.affine` takes it."""
        raise NotImplementedError


@declaration
class RandomRotation(RandomAffine):
    """Turn each picture about its centre by a random angle.

    Args:
        factor: The largest angle in either direction as a fraction of a full turn, such as 0.1 for 36 degrees; or the
            smallest and the largest, positive against the clock.
        fill_mode: What comes in at the border: the picture mirrored ("reflect"), repeated ("wrap"), ``fill_value``
            ("constant") or its last pixel ("nearest").
        interpolation: "bilinear" or "nearest".
        seed: Distinguishes layers that are equal otherwise.
        fill_value: The value of "constant".

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: If the factor is outside [-1, 1] or a mode is unknown.
        ShapeError: If inputs are not pictures.
    """

    factor: Factor
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_factor("RandomRotation", "factor", self.factor, -1, 1)

    def transforms(self, key: Key, rows: int, height: int, width: int) -> Float[Array, "batch 6"]:
        """Return the rotation about the centre."""
        angle = 2 * pi * drawn(key, 0, rows, self.factor)
        return rotation(angle, height, width)


@declaration
class RandomZoom(RandomAffine):
    """Enlarge or shrink each picture about its centre by a random factor.

    Args:
        height_factor: The largest change of the height in either direction, such as 0.2 for 20 %; or the smallest and
            the largest. Positive numbers shrink the picture, negative ones enlarge it, as in Keras.
        width_factor: The same for the width. None keeps the proportions.
        fill_mode, interpolation, seed, fill_value: As for :class:`RandomRotation`.

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: If a factor is outside (-1, 1] or a mode is unknown.
        ShapeError: If inputs are not pictures.
    """

    height_factor: Factor
    width_factor: Factor | None = None
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_factor("RandomZoom", "height_factor", self.height_factor, -0.999, 1)
        if self.width_factor is not None:
            check_factor("RandomZoom", "width_factor", self.width_factor, -0.999, 1)

    def transforms(self, key: Key, rows: int, height: int, width: int) -> Float[Array, "batch 6"]:
        """Return the zoom about the centre."""
        down = 1 + drawn(key, 0, rows, self.height_factor)
        across = down if self.width_factor is None else 1 + drawn(key, 1, rows, self.width_factor)
        return zoom(down, across, height, width)


@declaration
class RandomTranslation(RandomAffine):
    """Shift each picture by a random distance.

    Args:
        height_factor: The largest shift downwards or upwards as a fraction of the height; or the smallest and the
            largest, positive downwards.
        width_factor: The same for the width, positive to the right.
        fill_mode, interpolation, seed, fill_value: As for :class:`RandomRotation`.

    Shapes:
        ``(batch, height, width, channels)`` in and out.

    Raises:
        InvalidValue: If a factor is outside [-1, 1] or a mode is unknown.
        ShapeError: If inputs are not pictures.
    """

    height_factor: Factor
    width_factor: Factor
    fill_mode: FillMode = "reflect"
    interpolation: Interpolation = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_factor("RandomTranslation", "height_factor", self.height_factor, -1, 1)
        check_factor("RandomTranslation", "width_factor", self.width_factor, -1, 1)

    def transforms(self, key: Key, rows: int, height: int, width: int) -> Float[Array, "batch 6"]:
        """Return the shift."""
        return shift(drawn(key, 0, rows, self.height_factor) * height, drawn(key, 1, rows, self.width_factor) * width)


def flipped(
    x: Float[Array, "batch height width channels"], which: Bool[Array, "batch"], axis: int
) -> Float[Array, "batch height width channels"]:
    """Return the pictures, those of ``which`` reversed along an axis."""
    return jnp.where(which[:, None, None, None], jnp.flip(x, axis), x)


def rotation(angle: Float[Array, "batch"], height: int, width: int) -> Float[Array, "batch 6"]:
    """Return the matrices of rotations about the centre, against the clock for positive angles in radians."""
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    x, y = (width - 1) / 2, (height - 1) / 2
    return jnp.stack([cosine, -sine, x - x * cosine + y * sine, sine, cosine, y - x * sine - y * cosine], axis=1)


def zoom(
    down: Float[Array, "batch"], across: Float[Array, "batch"], height: int, width: int
) -> Float[Array, "batch 6"]:
    """Return the matrices of zooms about the centre; factors above 1 shrink."""
    none = jnp.zeros_like(down)
    x, y = (width - 1) / 2 * (1 - across), (height - 1) / 2 * (1 - down)
    return jnp.stack([across, none, x, none, down, y], axis=1)


def shift(down: Float[Array, "batch"], across: Float[Array, "batch"]) -> Float[Array, "batch 6"]:
    """Return the matrices of shifts by numbers of pixels."""
    none, one = jnp.zeros_like(down), jnp.ones_like(down)
    return jnp.stack([one, none, -across, none, one, -down], axis=1)


def drawn(key: Key, use: int, rows: int, factor: Factor) -> Float[Array, "batch"]:
    """Return a uniform number between the bounds of a factor for each row; ``use`` distinguishes draws."""
    low, high = factor if isinstance(factor, tuple) else (-factor, factor)
    return low + (high - low) * random.uniform(random.fold(key, use), (rows,))


def check_factor(owner: str, name: str, factor: Factor, least: float, most: float) -> None:
    """Raise InvalidValue unless a factor, or both of its bounds, are within ``[least, most]``."""
    bounds = factor if isinstance(factor, tuple) else (-abs(factor), abs(factor))
    if len(bounds) != 2 or not max(least, -most) <= bounds[0] <= bounds[1] <= most:
        raise InvalidValue(
            f"{owner}: {name}={factor!r}; expected a number, or a smallest and a largest one, from {least:g} to "
            f"{most:g}."
        )
