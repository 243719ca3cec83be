"""The figure of the page on models in service: ``python docs/figures.py docs/figures serving_drift``."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from plastica.data.columns import infer_columns
from plastica.data.reading import read_table
from plastica.serving.drift import LARGE, MODERATE, Drift

STEP, STEPS, SHIFTED = 100, 40, 20  # rows at a time, and from which step on the rows are those of one island
SHOWN = {"island": "#D55E00", "body_mass_g": "#009E73", "sex": "#0072B2"}


def drift() -> Figure:
    """Draw the index of three columns over the rows asked, which are those of one island from row 2,000 on."""
    table = read_table("penguins")
    columns = [column for column in infer_columns(table) if column.name in SHOWN]
    counted = Drift(columns, table.height, remembered=500)
    biscoe = np.flatnonzero((table.column("island") == "Biscoe").to_numpy())
    random = np.random.default_rng(0)
    found: dict[str, list[float]] = {name: [] for name in SHOWN}
    for step in range(STEPS):
        counted.add(table.take(random.choice(biscoe if step >= SHIFTED else np.arange(table.height), STEP)))
        for told in counted.report():
            found[told["column"]].append(told["psi"])
    rows = STEP * np.arange(1, STEPS + 1)
    figure = Figure(figsize=(6.4, 2.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for name, values in found.items():
        axes.plot(rows, values, color=SHOWN[name], lw=1.6)
        axes.annotate(name, (rows[-1], values[-1]), (4, 0), textcoords="offset points", va="center", color=SHOWN[name])
    for level, word in ((MODERATE, "0.1: a small shift"), (LARGE, "0.25: a large shift")):
        axes.axhline(level, color="#777777", lw=0.7, ls=":")
        axes.text(40, level + 0.02, word, fontsize=7, color="#777777")
    axes.set(xlabel="rows asked", ylabel="PSI", xlim=(0, rows[-1] * 1.1), ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


FIGURES = {"serving_drift": drift}
