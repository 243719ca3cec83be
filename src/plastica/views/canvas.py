"""The canvas for drawing networks, with positions in inches from the lower left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.path import Path as Outline

from ..drawing import INK, PAPER, SOFT, ArtistOption

Point = tuple[float, float]


class Canvas:
    """A white canvas of ``width`` by ``height`` inches."""

    def __init__(self, width: float, height: float) -> None:
        from ..drawing.figure import Drawing

        self.figure = Drawing(width, height)
        self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(0.0, height))
        self.axes.axis("off")

    def text(self, place: Point, words: str, **options: ArtistOption) -> None:
        """Draw text, centred by default."""
        look = {"ha": "center", "va": "center", "color": INK, "fontsize": 8.5} | options
        self.axes.text(*place, words, parse_math=False, **look)  # a $ in a name does not begin a formula

    def disc(self, place: Point, radius: float, **options: ArtistOption) -> None:
        """Draw a filled circle."""
        from matplotlib.patches import Circle

        self.axes.add_patch(Circle(place, radius, **({"fc": PAPER, "ec": INK, "lw": 1.0, "zorder": 3} | options)))

    def box(self, corner: Point, width: float, height: float, rounding: float = 0.07, **options: ArtistOption) -> None:
        """Draw a box with rounded corners; ``corner`` is its lower left."""
        from matplotlib.patches import FancyBboxPatch

        shape = f"round,pad=0,rounding_size={rounding}"
        look = {"fc": PAPER, "ec": INK, "lw": 0.9, "zorder": 3} | options
        self.axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, **look))

    def lines(self, segments: Sequence[Sequence[Point]], **options: ArtistOption) -> None:
        """Draw many line segments at once."""
        from matplotlib.collections import LineCollection

        self.axes.add_collection(LineCollection(list(segments), capstyle="round", **options), autolim=False)

    def route(self, points: Sequence[Point], arrow: bool = True, radius: float = 0.14, **options: ArtistOption) -> None:
        """Draw a line through the points with rounded corners and an arrowhead at the end."""
        from matplotlib.patches import PathPatch, Polygon

        look = {"color": SOFT, "lw": 1.1, "zorder": 2} | options
        self.axes.add_patch(PathPatch(_rounded(points, radius), fill=False, capstyle="butt", **look))
        if arrow:
            head = _head(points[-2], points[-1])
            self.axes.add_patch(Polygon(head, closed=True, color=look["color"], lw=0, zorder=look["zorder"]))


def _rounded(points: Sequence[Point], radius: float) -> Outline:
    from matplotlib.path import Path as Outline

    vertices, codes = [points[0]], [Outline.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        room = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        vertices += [_towards(corner, before, room), corner, _towards(corner, after, room)]
        codes += [Outline.LINETO, Outline.CURVE3, Outline.CURVE3]
    return Outline([*vertices, points[-1]], [*codes, Outline.LINETO])


def _towards(start: Point, end: Point, distance: float) -> Point:
    share = distance / (math.dist(start, end) or 1.0)
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _head(before: Point, tip: Point, length: float = 0.09, half: float = 0.042) -> list[Point]:
    x, y = _towards(tip, before, length)
    across = (tip[1] - y) * half / length, (x - tip[0]) * half / length
    return [tip, (x + across[0], y + across[1]), (x - across[0], y - across[1])]
