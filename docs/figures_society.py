"""The figures of the page on societies, drawn by ``python docs/figures.py docs/figures society dyad``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import plastica as pl
from plastica.society.picture import OPINIONS, draw_graph

BLUE, ORANGE, GREEN, SOFT = "#0072B2", "#D55E00", "#009E73", "#777777"


def society() -> Figure:
    """Draw opinions that gather, the split of the karate club, and the codes of signalling games."""
    figure = Figure(figsize=(7.9, 2.6), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    _opinions(left)
    _club(middle)
    _signals(right)
    return figure


def _opinions(axes: Axes) -> None:
    found = pl.society.simulate(
        pl.society.HegselmannKrause(0.12), "complete", steps=10, members=80, initial=np.linspace(0, 1, 80)
    )
    axes.plot(found.times, found.opinions, color=BLUE, lw=0.5)
    axes.set(xlabel="step", ylabel="opinion")
    axes.set_title("bounded confidence", fontsize=9)
    _bare(axes)


def _club(axes: Axes) -> None:
    club, first = pl.society.graph_of("karate_club"), np.full(34, 0.5)
    first[[0, 33]] = 1, 0
    leaders = pl.society.FriedkinJohnsen(1.0, stubborn=(0, 33))
    found = pl.society.simulate(leaders, club, steps=300, initial=first, record_every=300)
    draw_graph(axes, club, found.final.astype(float).round(3), 0.0, 1.0, OPINIONS)
    axes.set_title("karate club, two leaders", fontsize=9)


def _signals(axes: Axes) -> None:
    for states, colour, style in ((2, BLUE, "-"), (3, ORANGE, "--"), (4, GREEN, ":")):
        found = pl.society.learn_signals(states, rounds=5000, runs=30)
        axes.plot(found.rounds, found.success.mean(0), color=colour, ls=style, lw=1.4, label=f"{states} states")
    axes.set(xlabel="rounds", ylabel="success", ylim=(0, 1.02))
    axes.set_title("a code emerges", fontsize=9)
    axes.legend(fontsize=7, frameon=False)
    _bare(axes)


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=SOFT, labelsize=7)


def dyad() -> Figure:
    """Draw two networks that move together: the first leads, the second imitates."""
    moved = pl.society.joint_action()
    return pl.society.dyad_synchrony(moved.recording(), surrogates=50).plot()


FIGURES: dict[str, Callable[[], Figure]] = {"society": society, "dyad": dyad}
