"""The figure of the page on streams: ``python docs/figures.py docs/figures streams``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from plastica.data.reading import read_table
from plastica.settings import Settings
from plastica.streams import FileSource, StreamOptions, learn_on
from plastica.tables import TableNetwork

BLUE, ORANGE, SOFT = "#0072B2", "#D55E00", "#777777"
OTHER = {"Adelie": "Gentoo", "Gentoo": "Adelie", "Chinstrap": "Chinstrap"}


def streams() -> Figure:
    """Draw the prequential error while two species exchange their names, and where drift is found."""
    table = read_table("penguins")
    rows = [[cell or "" for cell in row] for row in zip(*table.columns.values(), strict=True)]
    random = np.random.default_rng(0)
    before = [rows[row] for row in random.choice(len(rows), 1500)]
    after = [[OTHER[rows[row][0]], *rows[row][1:]] for row in random.choice(len(rows), 2500)]
    found: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        path.write_text("\n".join(map(",".join, [list(table.names), *before, *after])) + "\n")
        settings = Settings(epochs=30, network="mlp", layers=(16,), learning_rate=0.01, baselines=())
        network = TableNetwork.fit("penguins", "species", settings)
        made = learn_on(
            network,
            FileSource(path),
            Path(folder) / "learned.plastica",
            StreamOptions(batch_rows=8, save_every=5000),
            on_lesson=lambda learner, lesson: found.append((learner.rows, learner.faded)),
        )
    figure = Figure(figsize=(6.4, 2.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.plot(*zip(*found, strict=True), color=BLUE, lw=1.4)
    axes.axvline(len(before), color=SOFT, lw=0.8, ls=":")
    axes.text(len(before) - 20, 0.485, "two species exchange names", ha="right", va="top", fontsize=8, color=SOFT)
    for row in made.drifts:
        axes.axvline(row, color=ORANGE, lw=1.2)
    axes.text(made.drifts[0] + 50, 0.45, f"drift found at row {made.drifts[0]:,}", fontsize=8, color=ORANGE)
    axes.set(xlabel="rows", ylabel="prequential error", ylim=(0, 0.5), xlim=(0, len(before) + len(after)))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


FIGURES = {"streams": streams}
