"""The sheet that networks are drawn on: positions in inches, from the lower left."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..drawing import load_matplotlib
from ..errors import InvalidValue
from ..storage.atomic import replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Point = tuple[float, float]

INK, SOFT, FAINT, PAPER = "#222222", "#666666", "#BBBBBB", "#FFFFFF"
# M. Okabe, K. Ito (2008), Color universal design: told apart by every kind of colour vision
POSITIVE, NEGATIVE = "#0072B2", "#D55E00"
DPI = 200
# What keeps equal pictures equal, byte for byte
UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None},
    "png": {},
}
STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans", "sans-serif"],  # measured in the first, which matplotlib brings along
    "svg.fonttype": "none",  # text stays text: it can be searched, copied and edited
    "svg.hashsalt": "plastica",
    "pdf.fonttype": 42,
}


class Canvas:
    """A white sheet of ``width`` by ``height`` inches."""

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
        self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(0.0, height))
        self.axes.axis("off")

    def text(self, place: Point, words: str, **options: Any) -> None:
        """Write words; centred where nothing else is said."""
        look = {"ha": "center", "va": "center", "color": INK, "fontsize": 8.5} | options
        self.axes.text(*place, words, parse_math=False, **look)  # a $ in a name is no formula

    def disc(self, place: Point, radius: float, **options: Any) -> None:
        """Draw a filled circle."""
        from matplotlib.patches import Circle

        self.axes.add_patch(Circle(place, radius, **({"fc": PAPER, "ec": INK, "lw": 1.0, "zorder": 3} | options)))

    def box(self, corner: Point, width: float, height: float, rounding: float = 0.07, **options: Any) -> None:
        """Draw a box with round corners; ``corner`` is its lower left."""
        from matplotlib.patches import FancyBboxPatch

        shape = f"round,pad=0,rounding_size={rounding}"
        look = {"fc": PAPER, "ec": INK, "lw": 0.9, "zorder": 3} | options
        self.axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, **look))

    def lines(self, segments: Sequence[Sequence[Point]], **options: Any) -> None:
        """Draw many straight lines at once."""
        from matplotlib.collections import LineCollection

        self.axes.add_collection(LineCollection(list(segments), capstyle="round", **options), autolim=False)

    def route(self, points: Sequence[Point], arrow: bool = True, radius: float = 0.14, **options: Any) -> None:
        """Draw a line through the points, its corners rounded, with an arrow's head at the end."""
        from matplotlib.patches import PathPatch, Polygon

        look = {"color": SOFT, "lw": 1.1, "zorder": 2} | options
        self.axes.add_patch(PathPatch(_rounded(points, radius), fill=False, capstyle="butt", **look))
        if arrow:
            head = _head(points[-2], points[-1])
            self.axes.add_patch(Polygon(head, closed=True, color=look["color"], lw=0, zorder=look["zorder"]))


def _rounded(points: Sequence[Point], radius: float) -> Any:
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


@contextmanager
def own_style() -> Iterator[None]:
    """Draw in plastica's style, whatever a person set matplotlib to, and leave those settings as they were."""
    load_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def checked_ending(path: str | os.PathLike[str]) -> str:
    """Return the format that a file's ending stands for.

    Raises:
        InvalidValue: For an ending that stands for no picture.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in UNDATED:
        said = f'the ending ".{ending}" stands for no picture that can be drawn' if ending else "it has no ending"
        raise InvalidValue(f"draw({os.fspath(path)!r}): {said}; end the name with .svg, .png or .pdf.")
    return ending


def written(figure: Figure, ending: str) -> bytes:
    """Return a figure as a file's bytes; equal figures give equal bytes."""
    made = io.BytesIO()
    with own_style():
        figure.savefig(made, format=ending, metadata=UNDATED[ending])
    return made.getvalue()


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a file, whole or not at all."""
    replace_file(path, [written(figure, checked_ending(path))])


def show_in_notebooks(figure: Figure) -> Figure:
    """Return the figure so that a notebook shows it without pyplot."""
    vars(figure)["_repr_svg_"] = partial(_page_svg, figure)
    return figure


def _page_svg(figure: Figure) -> str:
    text = written(figure, "svg").decode()
    return text[text.index("<svg") :]
