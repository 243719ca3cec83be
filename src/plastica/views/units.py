"""The textbook figure of a network: units as circles, connections as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..drawing import FAINT, INK, NEGATIVE, PAPER, POSITIVE, SOFT
from ..errors import ShapeError
from ..layers import Dense, Input, Layer
from ..layers.layer import Shape
from ..typing import Float, by_name
from .canvas import Canvas, Point
from .outline import Entry
from .seen import ROOM, Seen, draw_seen
from .summary import cut

SHOWN, ENDS = 10, 4  # a column shows all units up to SHOWN, otherwise ENDS at the top and at the bottom
MOST_COLUMNS = 9
FEW = 3  # up to this many units per column, each weight is written next to its line
STEP = 2.3  # distance between columns in inches
SIDE, HEAD, FOOT, LEGEND = 1.05, 0.5, 0.85, 0.4
LETTER, LETTERS = 0.075, 24  # the width of a letter in inches, and the maximum length of a name
FILLS = {"input": "#F4F4F4", "hidden": "#DDEBF7", "output": "#FCE8D2"}


@dataclass(frozen=True)
class UnitColumn:
    """One column of units, with its connections to the column before.

    Attributes:
        role: "input", "hidden" or "output", with a number if there are several hidden columns.
        units: The number of units.
        words: The text below.
        kernel: The weights from the column before, ``(units before, units)``; None if unknown.
        bias: The biases, ``(units,)``; None if unknown.
        has_bias: Whether there are biases.
        names: A name for each unit, written next to it; empty for none.
        seen: The activity of the units for one input; None without an input.
    """

    role: str
    units: int
    words: tuple[str, ...]
    kernel: Float[np.ndarray, "before units"] | None = None
    bias: Float[np.ndarray, "units"] | None = None
    has_bias: bool = False
    names: tuple[str, ...] = ()
    seen: Seen | None = None

    @property
    def shown(self) -> list[int]:
        """The indices of the units that are drawn."""
        if self.units <= SHOWN:
            return list(range(self.units))
        return [*range(ENDS), *range(self.units - ENDS, self.units)]

    @property
    def slots(self) -> int:
        """The number of slots in the column, including the dots for omitted units."""
        return self.units if self.units <= SHOWN else 2 * ENDS + 1

    @property
    def is_whole(self) -> bool:
        """Whether every unit is drawn."""
        return self.units <= SHOWN


def columns(entries: Sequence[Entry], shape: Shape) -> list[UnitColumn] | None:
    """Return the columns of a network of Dense layers; None for other or deeper networks."""
    layers = _dense_layers(entries)
    if layers is None or len(shape) != 1 or not 1 <= len(layers) < MOST_COLUMNS:
        return None
    found = [UnitColumn("input", shape[0], (_counted(shape[0], "value"),))]
    for place, (entry, activation) in enumerate(layers, 1):
        role = "output" if place == len(layers) else "hidden" if len(layers) == 2 else f"hidden {place}"
        found.append(_column(entry, activation, role))
    return found


def only_activates(layer: Layer) -> bool:
    """Return whether a layer does nothing but apply an activation, like Activation and LeakyReLU."""
    return type(layer).synapse is Layer.synapse and layer.output_activation is not None


def named(
    found: Sequence[UnitColumn], features: Sequence[str] | None, classes: Sequence[str] | None
) -> list[UnitColumn]:
    """Return the columns with names of the inputs and of the outputs.

    Args:
        found: The columns.
        features: A name for each input.
        classes: A name for each output; a single output for two classes has the name of the second.

    Raises:
        ShapeError: If the number of names is wrong.
    """
    first, last = found[0], found[-1]
    if classes is not None and len(classes) == 2 and last.units == 1:
        classes = classes[1:]
    for column, names, what in ((first, features, "features"), (last, classes, "classes")):
        if names is not None and len(names) != column.units:
            raise ShapeError(
                f"draw: got {len(names)} names of {what}; the network has {_counted(column.units, column.role)}."
            )
    made = [first if features is None else replace(first, names=tuple(map(str, features))), *found[1:]]
    if classes is not None:
        made[-1] = replace(made[-1], names=tuple(map(str, classes)))
    return made


def draw_units(found: Sequence[UnitColumn], title: str = "") -> Canvas:
    """Draw the columns side by side, with each unit connected to each unit of the next column.

    Args:
        found: The columns.
        title: The title.
    """
    most = max(column.slots for column in found)
    least = 0.42 if found[0].seen is None else ROOM
    space = min(max(4.2 / most, least), 0.85)
    has_bias = any(column.has_bias for column in found)
    middle = FOOT + LEGEND + space * (most / 2 + (1.2 if has_bias else 0.0))
    left, right = (
        SIDE + max([LETTER * len(cut(name, LETTERS)) for name in column.names], default=0.0)
        for column in (found[0], found[-1])
    )
    width, height = left + right + STEP * (len(found) - 1), middle + space * most / 2 + HEAD
    canvas = Canvas(width, height + (0.3 if title else 0.0))
    canvas.text((width / 2, height + 0.1), title, fontsize=9)
    for place, (before, after) in enumerate(pairwise(found)):
        _connect(canvas, before, after, left + STEP * place, middle, space)
    for place, column in enumerate(found):
        _draw_column(canvas, column, left + STEP * place, middle, space)
    if any(column.kernel is not None for column in found):
        _legend(canvas, left + STEP * (len(found) - 1) / 2)
    return canvas


def _dense_layers(entries: Iterable[Entry]) -> list[tuple[Entry, str]] | None:
    found: list[tuple[Entry, str]] = []
    for entry in _leaves(entries):
        if isinstance(entry.layer, Dense):
            found.append((entry, entry.activation))
        elif only_activates(entry.layer) and found and found[-1][1] == "linear":
            found[-1] = found[-1][0], entry.activation
        elif not isinstance(entry.layer, Input):
            return None
    return found


def _leaves(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.layer.flow == "chain":
            yield from _leaves(entry.children)
        else:
            yield entry


def _column(entry: Entry, activation: str, role: str) -> UnitColumn:
    layer: Any = entry.layer
    units = _counted(layer.units, "unit")
    words = (cut(entry.name, 26), f"{units}, {cut(activation, 18)}")
    column = UnitColumn(role, layer.units, words, has_bias=layer.use_bias)
    if entry.params is None:
        return column
    kernel, bias = entry.params["kernel"], by_name(entry.params).get("bias")
    words = (*words, _counted(entry.learned, "parameter"))
    return replace(column, words=words, kernel=_finite(kernel), bias=None if bias is None else _finite(bias))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _finite(array: ArrayLike) -> np.ndarray:
    return np.nan_to_num(np.asarray(array, np.float64))


def _heights(column: UnitColumn, middle: float, space: float) -> list[float]:
    top = middle + space * (column.slots - 1) / 2
    slots = [slot for slot in range(column.slots) if column.slots == column.units or slot != ENDS]
    return [top - space * slot for slot in slots]


def _below(column: UnitColumn, middle: float, space: float) -> float:
    return middle - space * ((column.slots - 1) / 2 + 1.1)


def _connect(canvas: Canvas, before: UnitColumn, after: UnitColumn, x: float, middle: float, space: float) -> None:
    starts = [(x, y) for y in _heights(before, middle, space)]
    ends = [(x + STEP, y) for y in _heights(after, middle, space)]
    if after.has_bias:
        starts.append((x, _below(before, middle, space)))
        _bias(canvas, starts[-1], space)
    segments = [(start, end) for start in starts for end in ends]
    if after.kernel is None:
        canvas.lines(segments, colors=FAINT, linewidths=0.7, zorder=1)
        return
    strengths = after.kernel[np.ix_(before.shown, after.shown)]
    if after.bias is not None:
        strengths = np.concatenate([strengths, after.bias[after.shown][None, :]])
    _weighted(canvas, segments, strengths.ravel())
    if max(before.units, after.units) <= FEW:
        _numbers(canvas, segments, strengths.ravel())


def _bias(canvas: Canvas, place: Point, space: float) -> None:
    canvas.disc(place, 0.24 * space, ec=SOFT, ls=(0, (2, 1.5)))
    canvas.text(place, "1", fontsize=7.5, color=SOFT, zorder=4)
    canvas.text((place[0], place[1] - 0.24 * space - 0.1), "bias", fontsize=7, color=SOFT)


def _weighted(canvas: Canvas, segments: list[tuple[Point, Point]], strengths: np.ndarray) -> None:
    share = np.abs(strengths) / (np.abs(strengths).max() or 1.0)
    order = np.argsort(share, kind="stable")  # the largest on top
    canvas.lines(
        [segments[place] for place in order],
        colors=[NEGATIVE if strengths[place] < 0 else POSITIVE for place in order],
        linewidths=0.25 + 2.5 * share[order],
        alpha=0.2 + 0.7 * share[order],
        zorder=1,
    )


def _numbers(canvas: Canvas, segments: list[tuple[Point, Point]], strengths: np.ndarray) -> None:
    starts = sorted({start for start, _ in segments})
    for ((x, y), (far_x, far_y)), strength in zip(segments, strengths, strict=True):
        share = 0.22 + 0.16 * (starts.index((x, y)) % 2)  # alternating, so that numbers do not overlap
        place = x + share * (far_x - x), y + share * (far_y - y)
        turn = float(np.degrees(np.arctan2(far_y - y, far_x - x)))
        colour = NEGATIVE if strength < 0 else POSITIVE
        under = {"boxstyle": "square,pad=0.12", "fc": PAPER, "ec": "none"}
        number = f"{strength:.2f}".replace("-", "−")
        canvas.text(place, number, fontsize=7, color=colour, rotation=turn, bbox=under, zorder=2)


def _draw_column(canvas: Canvas, column: UnitColumn, x: float, middle: float, space: float) -> None:
    heights = _heights(column, middle, space)
    for y, unit in zip(heights, column.shown, strict=True):
        if column.seen is None:
            canvas.disc((x, y), 0.34 * space, fc=FILLS[column.role.split()[0]])
        else:
            draw_seen(canvas, column.seen, unit, (x, y), 0.34 * space)
    beside = (-1, "right") if column.role == "input" else (1, "left")
    for name, y in zip([column.names[unit] for unit in column.shown] if column.names else (), heights, strict=False):
        canvas.text((x + beside[0] * (0.34 * space + 0.08), y), cut(name, LETTERS), ha=beside[1], fontsize=8.5)
    if column.slots < column.units:
        for step in (-1, 0, 1):
            canvas.disc((x, middle + 0.2 * space * step), 0.045 * space, fc=INK, lw=0)
    canvas.text((x, heights[0] + 0.34 * space + 0.16), column.role, fontsize=10, weight="bold")
    for row, words in enumerate(column.words):
        look = {"fontsize": 9, "color": INK} if row == 0 else {"fontsize": 8, "color": SOFT}
        canvas.text((x, LEGEND + FOOT - 0.22 - 0.19 * row), words, **look)


def _legend(canvas: Canvas, x: float) -> None:
    y = 0.22
    for left, colour, words in ((-2.0, POSITIVE, "positive"), (-0.95, NEGATIVE, "negative")):
        canvas.lines([[(x + left, y), (x + left + 0.22, y)]], colors=colour, linewidths=2.0)
        canvas.text((x + left + 0.29, y), words, ha="left", fontsize=7.5, color=SOFT)
    canvas.text((x + 0.15, y), "wider = stronger in its layer", ha="left", fontsize=7.5, color=SOFT)
