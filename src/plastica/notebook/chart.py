"""Small charts as SVG, drawn in a millisecond, for live displays and tables."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from ..drawing import COLOURS

# The blue is lighter than that of figures on a white background, to be readable on white and black.
TRAINING, VALIDATION = "#1E88D2", COLOURS[1]
WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 22, 20
MOST_POINTS = 240  # of a line; more points than pixels would only increase the size of the page
DECADES = 100.0  # ratio of largest to smallest value from which the scale is logarithmic
LETTER = 6.4  # pixels: the mean width of a letter
SERIES_GREY = "#8A8A8A"


class Line(NamedTuple):
    """A line of a chart: its name, colour and values, one for each epoch; NaN leaves a gap."""

    name: str
    colour: str
    values: Sequence[float]


def line_chart(title: str, lines: Sequence[Line], first: int = 1) -> Markup:
    """Draw lines over the epochs, each labelled at its end.

    Args:
        title: The title.
        lines: The lines, which all begin at the same epoch.
        first: The number of that epoch.
    """
    finite = [value for line in lines for value in line.values if math.isfinite(value)]
    count = max((len(line.values) for line in lines), default=0)
    if not finite or count < 2:
        return Markup("")
    scale = _scale(min(finite), max(finite))
    across = (WIDTH - LEFT - RIGHT) / (count - 1)
    parts = [_words(title, lines), _axis(scale), _epochs(first, count)]
    for line in lines:
        points = [
            (LEFT + across * place, scale.at(value)) if math.isfinite(value) else None
            for place, value in _thinned(line.values)
        ]
        parts.append(_path(points, line.colour))
    return _svg(WIDTH, HEIGHT, parts)


def histogram(values: Sequence[int], colour: str = TRAINING, width: int = 96, height: int = 22) -> Markup:
    """Draw counts as bars without axes, small enough for a cell of a table."""
    most = max(values, default=0) or 1
    step = width / max(len(values), 1)
    path = "".join(
        f"M{place * step:.1f} {height}v{-height * count / most:.1f}h{step - 0.6:.1f}V{height}z"
        for place, count in enumerate(values)
        if count
    )
    return _svg(width, height, [Markup('<path d="{}" fill="{}"/>').format(path, colour)])


def dots(values: Sequence[float], low: float, high: float, width: int = 120, height: int = 14) -> Markup:
    """Draw values as dots between ``low`` and ``high``, and their mean as a line."""
    span = (high - low) or 1.0
    places = [4 + (width - 8) * (value - low) / span for value in values]
    marks = [Markup('<line x1="0" x2="{0}" y1="{1}" y2="{1}" stroke="{2}" stroke-opacity=".5"/>').format(
        width, height / 2, SERIES_GREY)]  # fmt: skip
    circle = Markup('<circle cx="{:.1f}" cy="{}" r="3.2" fill="{}" fill-opacity=".75"/>')
    marks += [circle.format(place, height / 2, TRAINING) for place in places]
    if len(places) > 1:
        mean = sum(places) / len(places)
        stroke = Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="1" y2="{1}" stroke="currentColor" stroke-width="1.4"/>')
        marks.append(stroke.format(mean, height - 1))
    return _svg(width, height, marks)


def interval(
    start: float | None, value: float, end: float | None, low: float, high: float, width: int = 120, height: int = 14
) -> Markup:
    """Draw a value as a dot on its interval, if any, on a scale from ``low`` to ``high``."""
    span, middle = (high - low) or 1.0, height / 2

    def at(number: float) -> float:
        return 4 + (width - 8) * (number - low) / span

    bar = Markup(
        '<line x1="{:.1f}" x2="{:.1f}" y1="{y}" y2="{y}" stroke="{}" stroke-width="4" stroke-linecap="round"/>'
    )
    marks = [] if start is None or end is None else [bar.format(at(start), at(end), SERIES_GREY, y=middle)]
    dot = Markup('<circle cx="{:.1f}" cy="{}" r="3.4" fill="{}"/>').format(at(value), middle, TRAINING)
    return _svg(width, height, [*marks, dot])


class _Scale(NamedTuple):
    """The vertical scale, in pixels from the top."""

    low: float
    high: float
    logarithmic: bool

    def at(self, value: float) -> float:
        low, high, value = (math.log10(v) if self.logarithmic else v for v in (self.low, self.high, value))
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / ((high - low) or 1.0))

    def ticks(self) -> list[float]:
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return [10.0**power for power in range(first, last + 1, 1 + (last - first) // 4)]
        step = _nice((self.high - self.low) / 3)
        first = math.ceil(self.low / step - 1e-9)
        return [step * place for place in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _scale(low: float, high: float) -> _Scale:
    if low > 0 and high / low >= DECADES:
        return _Scale(low, high, True)
    if low == high:
        room = abs(low) or 1.0
        return _Scale(low - room / 2, high + room / 2, False)
    if 0 <= low < 0.3 * (high - low):
        low = 0.0  # close enough to zero to include it
    return _Scale(low, high, False)


def _nice(step: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 ... that is at least ``step``."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _thinned(values: Sequence[float]) -> list[tuple[int, float]]:
    """Return positions and values; of many, the smallest and largest of each section, so that peaks are preserved."""
    if len(values) <= MOST_POINTS:
        return list(enumerate(values))
    size = 2 * len(values) / MOST_POINTS
    kept: set[int] = {0, len(values) - 1}
    for part in range(MOST_POINTS // 2):
        places = range(int(part * size), min(int((part + 1) * size), len(values)))
        kept |= {min(places, key=values.__getitem__), max(places, key=values.__getitem__)}
    return [(place, values[place]) for place in sorted(kept)]


def _path(points: Sequence[tuple[float, float] | None], colour: str) -> Markup:
    made: list[str] = []
    pen = "M"
    for point in points:
        if point is not None:
            made.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "M" if point is None else "L"
    look = 'fill="none" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"'
    return Markup('<path d="{}" stroke="{}" {}/>').format("".join(made), colour, Markup(look))


def _words(title: str, lines: Sequence[Line]) -> Markup:
    text = Markup('<text x="{}" y="13" font-weight="600">{}</text>').format(LEFT, title)
    if len(lines) < 2:
        return text
    right = WIDTH - RIGHT
    names: list[Markup] = []
    if LEFT + LETTER * (len(title) + sum(len(line.name) + 1 for line in lines)) > right:
        return text  # the other charts, which have enough space, explain the colours
    for line in reversed(lines):
        look = Markup('<text x="{:.0f}" y="13" text-anchor="end" fill="{}">{}</text>')
        names.append(look.format(right, line.colour, line.name))
        right -= 6.0 * len(line.name) + 8
    return text + Markup("").join(names)


def _axis(scale: _Scale) -> Markup:
    made: list[Markup] = []
    for tick in scale.ticks():
        y = scale.at(tick)
        made.append(
            Markup(
                '<line x1="{}" x2="{}" y1="{y:.1f}" y2="{y:.1f}" stroke="{}" stroke-opacity=".35"/>'
                '<text x="{}" y="{below:.1f}" text-anchor="end" opacity=".7">{}</text>'
            ).format(LEFT, WIDTH - RIGHT, SERIES_GREY, LEFT - 5, f"{tick:.4g}", y=y, below=y + 3.5)
        )
    return Markup("").join(made)


def _epochs(first: int, count: int) -> Markup:
    y = HEIGHT - 5
    ends = ((LEFT, "start", str(first)), (WIDTH - RIGHT, "end", f"epoch {first + count - 1}"))
    look = Markup('<text x="{}" y="{}" text-anchor="{}" opacity=".7">{}</text>')
    return Markup("").join(look.format(x, y, anchor, words) for x, anchor, words in ends)


def _svg(width: int, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" '
        'font-family="sans-serif" font-size="11" fill="currentColor" role="img">{2}</svg>'
    ).format(width, height, Markup("").join(parts))
