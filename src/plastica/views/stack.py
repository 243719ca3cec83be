"""Layers below each other with their values: bars for units, images for channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..drawing import INK, NEGATIVE, PAPER, POSITIVE, SOFT, ArtistOption
from ..errors import ShapeError
from .canvas import Canvas
from .outline import Entry
from .parts import HIGH, WIDE, Box, Part, Start
from .seen import Seen, number
from .summary import cut

EDGE, GAP, BESIDE, TITLE = 0.25, 0.26, 0.45, 0.62
PANEL, LOW = 2.7, 0.16  # inches: the width of the values, and the height of a bar with a name
NAMED = 12  # up to this many values have a bar each, with a name and a number
NAMES, NUMBER = 1.15, 0.45  # inches: the space for a name and for a number
MOST_CHANNELS, MOST_UNITS = 6, 400


def draw_stack(
    inputs: np.ndarray,
    layers: Sequence[tuple[Entry, Seen]],
    title: str,
    features: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> Canvas:
    """Draw the input and each layer with its activity and, if known, its error.

    Args:
        inputs: The input, without the batch axis.
        layers: The layers that are not compositions, with their activity and error.
        title: The title.
        features: A name for each input.
        classes: A name for each output.

    Raises:
        ShapeError: If the number of names is wrong.
    """
    last = layers[-1][1].activity if layers else inputs
    if classes is not None and len(classes) == 2 and last.size == 1:
        classes = classes[1:]
    _require("features", features, inputs)
    _require("classes", classes, last)
    rows: list[tuple[Part, Seen, Sequence[str] | None]] = [(Start("input", inputs.shape), Seen(inputs), features)]
    rows += [(Box(entry), seen, None) for entry, seen in layers]
    rows[-1] = rows[-1][0], rows[-1][1], classes if layers else features
    heights = [max(part.height, _height(seen.activity, names)) for part, seen, names in rows]
    panels = 1 + any(seen.delta is not None for _, seen, _ in rows)
    top = EDGE + sum(heights) + GAP * (len(rows) - 1)
    canvas = Canvas(2 * EDGE + WIDE + panels * (BESIDE + PANEL), top + TITLE)
    canvas.text((EDGE, top + TITLE - 0.2), title, ha="left", fontsize=9)
    left = EDGE + WIDE + BESIDE
    for place, head in enumerate(("activity a", "error δ")[:panels]):
        look: dict[str, ArtistOption] = {"ha": "left", "fontsize": 9, "weight": "bold"}
        canvas.text((left + place * (PANEL + BESIDE), top + 0.14), head, **look)
    middle, before = EDGE + WIDE / 2, None
    for (part, seen, names), height in zip(rows, heights, strict=True):
        box_top = top - (height - part.height) / 2
        if before is not None:
            canvas.route([(middle, before), (middle, box_top)])
        part.draw(canvas, middle, box_top)
        for place, values in enumerate((seen.activity, seen.delta)):
            if values is not None:
                _values(canvas, values, names, left + place * (PANEL + BESIDE), top, height)
        before = box_top - part.height
        top -= height + GAP
    return canvas


def _require(what: str, names: Sequence[str] | None, values: np.ndarray) -> None:
    if names is not None and (values.ndim != 1 or len(names) != len(values)):
        shape = f"{len(values)} values" if values.ndim == 1 else f"shape {values.shape}"
        raise ShapeError(f"draw: got {len(names)} names of {what}; the network has {shape} there.")


def _height(values: np.ndarray, names: Sequence[str] | None) -> float:
    if names is not None and len(names) <= NAMED:
        return max(HIGH, LOW * len(names))
    return 0.75 if values.ndim == 3 else HIGH


def _values(
    canvas: Canvas, values: np.ndarray, names: Sequence[str] | None, left: float, top: float, height: float
) -> None:
    values = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    if values.ndim == 1 and len(values) <= NAMED:
        _named_bars(canvas, values, names or [], left, top, height)
    elif values.ndim == 1:
        _bars(canvas, values, left, top, height)
    elif values.ndim == 2:
        _pictures(canvas, [values.T], left, top, height)
    else:
        shown = np.moveaxis(values.reshape(*values.shape[:2], -1), -1, 0)
        _pictures(canvas, list(shown[:MOST_CHANNELS]), left, top, height, more=len(shown) - MOST_CHANNELS)


def _named_bars(
    canvas: Canvas, values: np.ndarray, names: Sequence[str], left: float, top: float, height: float
) -> None:
    """Draw a bar for each value, its name on the left and its number on the right."""
    step = height / len(values)
    begin = left + (NAMES if len(names) else 0.0)
    room = PANEL - (begin - left) - NUMBER
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    scale = room / ((high - low) or 1.0)
    zero = begin - low * scale
    wide = min(0.7 * step, 0.13)
    for place, value in enumerate(values):
        y = top - step * (place + 0.5)
        _bar(canvas, (min(zero, zero + value * scale), y - wide / 2), abs(value) * scale, wide, value)
        if len(names):
            canvas.text((begin - 0.06, y), cut(str(names[place]), 16), ha="right", fontsize=7.5)
        if step >= 0.09:
            canvas.text((begin + room + 0.05, y), number(value), ha="left", fontsize=7 if step >= 0.12 else 6)
    canvas.lines([[(zero, top), (zero, top - height)]], colors=SOFT, linewidths=0.6)


def _bars(canvas: Canvas, values: np.ndarray, left: float, top: float, height: float) -> None:
    """Draw a vertical bar for each unit; for very many units, only for every second, third ... one."""
    values = values[:: -(-len(values) // MOST_UNITS)]
    step = PANEL / len(values)
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    scale = height / ((high - low) or 1.0)
    zero = top - high * scale
    for place, value in enumerate(values):
        _bar(canvas, (left + step * place, min(zero, zero + value * scale)), 0.85 * step, abs(value) * scale, value)
    canvas.lines([[(left, zero), (left + PANEL, zero)]], colors=SOFT, linewidths=0.6)
    for value, y, side in ((high, top, "top"), (low, top - height, "bottom")):
        if value:
            canvas.text((left - 0.05, y), number(value), ha="right", va=side, fontsize=6.5, color=SOFT)


def _bar(canvas: Canvas, corner: tuple[float, float], width: float, height: float, value: float) -> None:
    from matplotlib.patches import Rectangle

    canvas.axes.add_patch(Rectangle(corner, width, height, fc=NEGATIVE if value < 0 else POSITIVE, lw=0, zorder=2))


def _pictures(
    canvas: Canvas, pictures: Sequence[np.ndarray], left: float, top: float, height: float, more: int = 0
) -> None:
    """Draw values as images with a common scale, side by side."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("signed", [NEGATIVE, PAPER, POSITIVE])
    most = max(float(np.abs(picture).max(initial=0.0)) for picture in pictures) or 1.0
    rows, across = pictures[0].shape
    room = PANEL / len(pictures) - 0.06
    width = PANEL if len(pictures) == 1 and across > 2 * rows else min(room, height * across / rows)
    for place, picture in enumerate(pictures):
        x = left + place * (width + 0.06)
        extent = (x, x + width, top - height, top)
        if len(pictures) > 1 or across <= 2 * rows:
            tall = width * rows / across
            extent = (x, x + width, top - (height + tall) / 2, top - (height - tall) / 2)
        canvas.axes.imshow(picture, cmap=colours, vmin=-most, vmax=most, extent=extent, aspect="auto",
                           interpolation="nearest", zorder=2)  # fmt: skip
        edge = [(extent[0], extent[2]), (extent[1], extent[2]), (extent[1], extent[3]), (extent[0], extent[3])]
        canvas.lines([[*edge, edge[0]]], colors=SOFT, linewidths=0.5, zorder=3)
    if more > 0:
        canvas.text((left + len(pictures) * (width + 0.06), top - height / 2), f"+{more}", ha="left", fontsize=7.5,
                    color=INK)  # fmt: skip
    figure = canvas.figure.get_size_inches()
    canvas.axes.set(xlim=(0, figure[0]), ylim=(0, figure[1]))  # images change the limits
