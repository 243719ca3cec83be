"""The picture of a search: parallel coordinates, a line for each trial through its settings to the metric."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, SOFT, ArtistOption, checked_ending, own_style
from ..errors import NotFitted
from ..language import WORDS
from ..training.wording import metric_name
from .distributions import Choice, Distribution
from .space import Space
from .trials import SearchTrial, Trials, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

HEIGHT, WIDTH_OF_AXIS = 3.2, 1.35  # inches
HIGHLIGHTED = 0.1  # share of trials drawn in colour
TICKS = 5
JITTER = 0.25  # of the part of a choice, so that lines through one value are told apart
LONGEST = 14  # letters of a label


def draw(space: Space, trials: Trials, path: str | os.PathLike[str] | None) -> Drawing:
    """Draw parallel coordinates; see ``Search.draw``."""
    if path is not None:
        checked_ending(path)
    if not trials.good:
        raise NotFitted("draw: no trial of this search has a finite value yet.")
    with own_style():
        return drawn(space, trials, metric_name(trials.monitor)).save(path)


def drawn(space: Space, trials: Trials, title: str, has_legend: bool = True) -> Drawing:
    """Return the figure, in the style of matplotlib that is set.

    Args:
        space: The space.
        trials: The trials, of which one has a finite value.
        title: The name of the last axis.
        has_legend: Whether there is a legend.
    """
    from ..drawing.figure import Drawing

    names = list(space)
    figure = Drawing(max(4.0, WIDTH_OF_AXIS * (len(names) + 1)), HEIGHT, layout="constrained")
    axes = figure.add_subplot(1, 1, 1)
    good = trials.good
    heights = 1 - np.arange(len(good)) / max(len(good) - 1, 1)  # by rank, since values are unevenly spread
    best = max(1, round(HIGHLIGHTED * len(good)))
    for rank, trial in reversed(list(enumerate(good))):  # the best on top
        ys = [*_places(space, trial), heights[rank]]
        look = {"color": COLOURS[1], "linewidth": 2.2, "zorder": 4} if rank == 0 else _look(rank < best)
        axes.plot(range(len(ys)), ys, solid_capstyle="round", label=_label(rank, best), **look)
    for column, name in enumerate(names):
        _axis(axes, column, _short(name), *_ticks(space[name]))
    low, high = good[0].value, good[-1].value
    _axis(axes, len(names), title, [0.0, 1.0], [f"{high:.4g}", f"{low:.4g}"])
    _dress(axes, len(names), has_legend)
    return figure


def _look(highlighted: bool) -> dict[str, ArtistOption]:
    colour, width, order = (COLOURS[0], 1.1, 3) if highlighted else (SOFT, 0.5, 2)
    return {"color": colour, "linewidth": width, "zorder": order, "alpha": 0.9 if highlighted else 0.4}


def _label(rank: int, best: int) -> str | None:
    """Return the text of the legend for the first trial of each kind."""
    key = {best: "search_others", 1: "search_best_tenth" if best > 1 else "search_others", 0: "search_best"}.get(rank)
    return None if key is None else WORDS(key)


def _places(space: Space, trial: SearchTrial) -> list[float]:
    """Return the heights of a trial on the axes of its settings."""
    rng = np.random.default_rng(trial.number)
    found = []
    for name in space:
        place = space[name].place_of(trial.settings[name])
        if isinstance(space[name], Choice):
            place += (rng.random() - 0.5) * JITTER / len(space[name].grid(2))
        found.append(place)
    return found


def _ticks(distribution: Distribution) -> tuple[list[float], list[str]]:
    values = distribution.grid(TICKS)
    labels = [f"{value:.3g}" if isinstance(value, float) else _short(str(shown(value))) for value in values]
    return [distribution.place_of(value) for value in values], labels


def _axis(axes: Axes, column: int, name: str, places: list[float], labels: list[str]) -> None:
    axes.plot([column, column], [0, 1], color=INK, linewidth=0.8, zorder=5)
    axes.text(column, 1.09, name, ha="center", va="bottom", fontsize=8, color=INK)
    for place, label in zip(places, labels, strict=True):
        axes.plot([column - 0.02, column + 0.02], [place, place], color=INK, linewidth=0.8, zorder=5)
        box = {"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
        axes.text(column + 0.05, place, label, ha="left", va="center", fontsize=6.5, color=INK, bbox=box, zorder=6)


def _dress(axes: Axes, last: int, has_legend: bool) -> None:
    axes.set_xlim(-0.15, last + 0.45)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    if not has_legend:
        return
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, frameon=False,
                fontsize=7.5, labelcolor=INK)  # fmt: skip


def _short(text: str) -> str:
    text = text.replace("_", " ")
    return text if len(text) <= LONGEST else "…" + text[-LONGEST + 1 :]
