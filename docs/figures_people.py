"""Figures of the page on memory beside people: ``python docs/figures.py docs/figures memory_people two_lists``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, GREEN, INK, GREY = "#0072B2", "#D55E00", "#009E73", "#222222", "#999999"
COLOURS = {"people": INK, "temporal context": BLUE, "ACT-R": GREEN, "lstm": ORANGE}


def recalls() -> dict[str, pl.memory.FreeRecall]:
    """Return lists of 16 words recalled by two models and by LSTMs of 16 units."""
    act_r = pl.memory.DeclarativeMemory(decay_scale=0.0, decay_intercept=0.5, threshold=-0.5, noise=0.3)
    return {
        "temporal context": pl.memory.TemporalContextModel().simulate(trials=2000),
        "ACT-R": act_r.simulate(trials=2000, rehearsals=1),
        "lstm": pl.memory.recall_lists("lstm", "free", units=16, seeds=2).recalls["lstm"],
    }


def memory_people() -> Figure:
    """Draw recall by position, first recalls and transitions of people, models and a network."""
    figure = Figure(figsize=(7.9, 2.7), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    found = pl.memory.compare_with_people(recalls())
    for who, curves in found.curves.items():
        style = {"color": COLOURS[who], "lw": 2 if who == "people" else 1.2}
        positions = np.arange(1, len(curves.serial_position) + 1)
        left.plot(positions, curves.serial_position, ".-", label=who, **style)
        middle.plot(positions, curves.first_recall, ".-", **style)
        right.plot(*curves.near_transitions(), ".-", **style)
    left.set(title="recall by position", xlabel="position", ylabel="probability", ylim=(0, 1.02))
    middle.set(title="first recall", xlabel="position", ylim=(0, None))
    right.set(title="transitions by lag", xlabel="lag", ylim=(0, None))
    left.legend(fontsize=7)
    return figure


def two_lists() -> Figure:
    """Draw interference between two lists, and focused beside interleaved learning of new facts."""
    figure = Figure(figsize=(7.9, 2.6), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3)
    lists = pl.memory.learn_two_lists()
    left.plot(lists.table["trial"], lists.table["first"], color=ORANGE, label="network, first list")
    left.plot(lists.table["trial"], lists.table["second"], color=BLUE, label="network, second list")
    curve = pl.memory.human_curve("first_list_after_second")
    left.plot(curve.x, curve.y, "o", color=INK, label="people, first list")
    left.set(title="A-B, then A-C", xlabel="trials on the second list", ylabel="right", ylim=(0, 1.05))
    facts = pl.memory.learn_new_facts()
    for training, colour in (("focused", ORANGE), ("interleaved", BLUE)):
        own = facts.table.filter(training=training)
        middle.plot(own["epoch"], own["known"], color=colour, label=training)
        middle.plot(own["epoch"], own["new"], color=colour, ls=":")
    middle.set(title="new facts (dotted) and known", xlabel="presentations", ylabel="mean error", ylim=(0, None))
    spacing = pl.memory.spacing_curve()
    for delay, colour in ((600.0, GREEN), (86400.0, BLUE), (7 * 86400.0, ORANGE)):
        own = spacing.filter(delay=delay)
        name = {600.0: "10 minutes", 86400.0: "a day", 7 * 86400.0: "a week"}[delay]
        right.semilogx(own["gap"] / 60, own["recall"], ".-", color=colour, label=f"after {name}")
    right.set(title="spacing (ACT-R)", xlabel="gap, minutes", ylabel="recall", ylim=(0, 0.7))
    for axes, place in ((left, "center right"), (middle, "upper right"), (right, "upper right")):
        axes.legend(fontsize=7, loc=place)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"memory_people": memory_people, "two_lists": two_lists}
