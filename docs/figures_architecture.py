"""The figure of the architecture, from the imports: ``python docs/figures.py docs/figures architecture``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import grimp
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

ROOT = Path(__file__).parents[1]
BLUE, ORANGE, INK, SOFT = "#0072B2", "#D55E00", "#222222", "#777777"
FOUNDATIONS = "specification"  # from here, the floors share one row
# The packages that a batch and a table pass, in order; the page describes each step.
BATCH = ("model", "training", "layers", "losses", "rules", "optimizers", "metrics", "training")
TABLE = ("cli", "data", "tables", "checks", "model", "evaluation", "report")
LEFT, RIGHT, GAP = 0.0, 10.2, 0.5  # width of the boxes; space between them and the cells


def floors() -> list[list[str]]:
    """Return the packages of each row from the top, as in the import linter; the foundations share one row."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    found = [re.findall(r"plastica\.(\w+)", layer) for layer in contract["layers"]]
    start = next(place for place, rooms in enumerate(found) if FOUNDATIONS in rooms)
    return [*found[:start], [room for rooms in found[start:] for room in rooms]]


def imports(rows: list[list[str]]) -> set[tuple[int, int]]:
    """Return which rows import which."""
    row_of = {room: place for place, rooms in enumerate(rows) for room in rooms}
    graph, found = grimp.build_graph("plastica", cache_dir=None), set()
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            pair = [name.split(".")[1] for name in (module, other) if "." in name]
            if len(pair) == 2 and set(pair) <= row_of.keys():
                found.add((row_of[pair[0]], row_of[pair[1]]))
    return found


def architecture() -> Figure:
    """Draw the floors, the paths of a batch and of a table through them, and the imports between floors."""
    rows = floors()
    figure = Figure(figsize=(7.9, 0.31 * (len(rows) + 2.2)), facecolor="white")
    axis = figure.add_axes((0.01, 0.005, 0.98, 0.99))
    axis.set(xlim=(LEFT, RIGHT + GAP + 0.5 * len(rows)), ylim=(len(rows) + 0.1, -2.1))
    axis.axis("off")
    for place, rooms in enumerate(rows):
        _floor(axis, place, rooms)
    _cells(axis, rows)
    _legend(axis)
    return figure


def _floor(axis: Axes, place: int, rooms: list[str]) -> None:
    box = (LEFT + 0.6, place + 0.08), RIGHT - LEFT - 0.6, 0.84
    axis.add_patch(FancyBboxPatch(*box, "round,pad=0,rounding_size=0.15", fc="#F3F5F7", ec="#C4CBD2", lw=0.7))
    axis.text(LEFT + 0.4, place + 0.5, str(place + 1), ha="right", va="center", color=SOFT, fontsize=7)
    shown = rooms if rooms[0] != FOUNDATIONS else ["foundations: specification, declaration, notes, errors …"]
    axis.text(LEFT + 0.8, place + 0.52, "   ".join(shown), va="center", color=INK, fontsize=8)
    for colour, way, right in ((BLUE, BATCH, RIGHT - 0.35), (ORANGE, TABLE, RIGHT - 1.55)):
        stops = [number for number, room in enumerate(way, 1) if room in rooms]
        for shift, number in enumerate(reversed(stops)):
            _stop(axis, right - 0.55 * shift, place + 0.5, number, colour)


def _stop(axis: Axes, x: float, y: float, number: int, colour: str) -> None:
    axis.plot([x], [y], "o", ms=9.5, mfc=colour, mec="white", mew=0.6)
    axis.text(x, y + 0.02, str(number), ha="center", va="center", color="white", fontsize=6.5, weight="bold")


def _cells(axis: Axes, rows: list[list[str]]) -> None:
    left = RIGHT + GAP
    for place in range(len(rows)):
        axis.text(left + 0.5 * place + 0.25, -0.3, str(place + 1), ha="center", color=SOFT, fontsize=7)
        begin = left + 0.5 * (place + 1)
        axis.add_patch(Rectangle((begin, place + 0.08), 0.5 * (len(rows) - place - 1), 0.84, fc="#E8EEF3", ec="none"))
    for upper, lower in imports(rows):
        if upper != lower:
            axis.plot([left + 0.5 * lower + 0.25], [upper + 0.5], "s", ms=5.2, color=INK)


def _legend(axis: Axes) -> None:
    for x, colour, text in ((LEFT + 0.8, BLUE, "the way of a batch"), (LEFT + 4.6, ORANGE, "the way of a table")):
        axis.plot([x], [-1.4], "o", ms=7, color=colour)
        axis.text(x + 0.3, -1.37, text, va="center", color=INK, fontsize=8)
    left = RIGHT + GAP
    axis.add_patch(Rectangle((left, -1.65), 0.5, 0.5, fc="#E8EEF3", ec="none"))
    axis.text(left + 0.65, -1.37, "may import", va="center", color=INK, fontsize=8)
    axis.plot([left + 4.4], [-1.4], "s", ms=5.2, color=INK)
    axis.text(left + 4.75, -1.37, "imports", va="center", color=INK, fontsize=8)


FIGURES: dict[str, Callable[[], Figure]] = {"architecture": architecture}
