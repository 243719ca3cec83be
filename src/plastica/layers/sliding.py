"""What convolution and pooling share: how a person describes a window, and which images it fits."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

from ..errors import InvalidValue, ShapeError
from .kernels.window import Window, place
from .layer import Layer, Shape

_AXES = {1: "(steps, channels)", 2: "(height, width, channels)", 3: "(depth, height, width, channels)"}


def whole_numbers(owner: str, field: str, value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """Return one whole number of at least 1 for each of ``rank`` axes; a single one counts for all.

    Raises:
        InvalidValue: For anything else.
    """
    found = tuple(value) if isinstance(value, Sequence) else (value,) * rank
    if len(found) != rank or not all(_is_whole(size) for size in found):
        wanted = "a whole number of at least 1" + (f", or {rank} of them" if rank > 1 else "")
        raise InvalidValue(f"{owner}({field}={value!r}): {field} must be {wanted}.")
    return tuple(int(size) for size in found)


def check_choice(owner: str, field: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse a word that is not among the choices.

    Raises:
        InvalidValue: Naming all choices.
    """
    if value not in choices:
        known = ", ".join(f'"{choice}"' for choice in choices)
        raise InvalidValue(f"{owner}({field}={value!r}): {field} must be one of {known}.")


def check_data_format(owner: str, data_format: str | None) -> None:
    """Refuse channels-first images, which no layer here works on.

    Raises:
        InvalidValue: Saying how to turn the axes.
    """
    if data_format not in (None, "channels_last"):
        raise InvalidValue(
            f"{owner}(data_format={data_format!r}): channels come last here, images are (batch, height, width, "
            "channels). Turn the data with numpy.moveaxis(x, 1, -1) and leave data_format out."
        )


def check_rank(owner: str, shape: Shape, rank: int) -> None:
    """Refuse inputs that do not have ``rank`` axes and channels.

    Raises:
        ShapeError: Saying how to add or remove an axis.
    """
    if len(shape) == rank + 1:
        return
    mend = "Check the layer before it."
    if len(shape) == rank:
        mend = f"If the channels are missing, put Reshape({(*shape, 1)}) before it."
    raise ShapeError(f"{owner}: got inputs of shape {shape}; {owner} works on {_AXES[rank]}. {mend}")


def window_over(
    layer: Layer, shape: Shape, size: Sequence[int], strides: Sequence[int], padding: str, dilation: Sequence[int]
) -> Window:
    """Return the window that fits inputs of ``shape``, ``(steps, channels)`` or ``(height, width, channels)``.

    A sequence is taken for an image of height 1.

    Raises:
        ShapeError: If the window is larger than the inputs.
    """
    owner, rank = type(layer).__name__, len(size)
    check_rank(owner, shape, rank)
    wide = Window(pair(size), pair(strides), dilation=pair(dilation))
    window = place((*[1] * (2 - rank), *shape), wide, padding)
    if min(window.output((*[1] * (2 - rank), *shape))) < 1:
        span = " x ".join(map(str, window.span[2 - rank :]))
        raise ShapeError(
            f"{owner}: got inputs of shape {shape}, smaller than its window of {span}. "
            'Take a smaller window, or padding="same".'
        )
    return window


def volume_windows(
    layer: Layer, shape: Shape, size: Sequence[int], strides: Sequence[int], padding: str, dilation: Sequence[int]
) -> tuple[Window, Window]:
    """Return the windows over the depth, as an image of width 1, and over the planes of volumes of ``shape``.

    Raises:
        ShapeError: If a window is larger than the inputs.
    """
    owner = type(layer).__name__
    check_rank(owner, shape, 3)
    along = Window((size[0], 1), (strides[0], 1), dilation=(dilation[0], 1))
    across = Window(pair(size[1:]), pair(strides[1:]), dilation=pair(dilation[1:]))
    depth, plane = place((shape[0], 1), along, padding), place(shape[1:3], across, padding)
    if min(*depth.output((shape[0], 1)), *plane.output(shape[1:3])) < 1:
        span = " x ".join(map(str, (depth.span[0], *plane.span)))
        raise ShapeError(
            f"{owner}: got inputs of shape {shape}, smaller than its window of {span}. "
            'Take a smaller window, or padding="same".'
        )
    return depth, plane


def pair(numbers: Sequence[int]) -> tuple[int, int]:
    """Return a number for height and width; a sequence has height 1."""
    height, width = (1, *numbers) if len(numbers) == 1 else numbers
    return height, width


def _is_whole(size: object) -> bool:
    return isinstance(size, Integral) and not isinstance(size, bool) and int(size) >= 1
