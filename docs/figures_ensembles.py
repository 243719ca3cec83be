"""The figure of the page on ensembles: ``python docs/figures.py docs/figures ensembles``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import plastica as pl
from plastica.calibration import ConformalIntervals, TemperatureScaling

BLUE, ORANGE, SOFT = "#0072B2", "#D55E00", "#777777"  # as in figures.py
MEMBERS, BINS = 5, 6


def waves(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points of a noisy wave, few of them in the middle."""
    x = rng.uniform(-3, 3, 3 * rows)
    x = x[rng.random(3 * rows) < np.where(np.abs(x) < 0.8, 0.04, 1)][:rows]
    return x, np.sin(2 * x) + 0.15 * rng.normal(size=len(x))


def intervals(axis: Axes) -> None:
    """Draw the mean of an ensemble, its members, and intervals that contain 90 % of new points."""
    rng = np.random.default_rng(1)
    (x, y), (held_out, true) = waves(rng, 80), waves(rng, 80)
    models = []
    for seed in range(MEMBERS):
        model = pl.Sequential(
            [pl.Dense(32, activation="tanh"), pl.Dense(32, activation="tanh"), pl.Dense(1)], seed=seed
        )
        model.compile(pl.optimizers.Adam(0.01), "mse")
        model.fit(x[:, None], y, epochs=300, verbose=0)
        models.append(model)
    ensemble = pl.ModelEnsemble(models)
    grid = np.linspace(-3, 3, 301)

    def answers(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ensemble.predict(points[:, None])[:, 0], ensemble.spread(points[:, None])[:, 0] + 0.05

    conformal = ConformalIntervals(0.9)
    predicted, spread = answers(held_out)
    conformal.fit(predicted, true, spread)
    low, high = conformal.predict(*answers(grid)).T
    axis.fill_between(grid, low, high, color=BLUE, alpha=0.15, lw=0, label="90 % interval")
    for member in ensemble.predict_members(grid[:, None]):
        axis.plot(grid, member[:, 0], color=SOFT, lw=0.7)
    axis.plot(grid, ensemble.predict(grid[:, None])[:, 0], color=BLUE, label="mean")
    axis.plot(x, y, ".", color="#222222", ms=3, label="training data")
    axis.set(xlabel="x", ylim=(-2.2, 2.2), title="mean of five networks")
    axis.legend(loc="lower center", ncols=3, fontsize=8, handlelength=1.2, columnspacing=1)


def reliability(axis: Axes) -> None:
    """Draw how often the predicted class is right, for each probability, before and after scaling."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 10))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + 1.2 * rng.normal(size=6000) > 0).astype(int)
    learn, held_out, test = slice(0, 300), slice(300, 1300), slice(1300, None)
    model = pl.Sequential([pl.Dense(64, activation="relu"), pl.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[learn], y[learn], epochs=150, verbose=0)
    scaling = TemperatureScaling().fit(model.predict(x[held_out], verbose=0), y[held_out])
    given = model.predict(x[test], verbose=0)
    axis.plot([0.5, 1], [0.5, 1], color="#BBBBBB", lw=1)
    for shares, name, colour in (
        (given, "as trained", ORANGE),
        (scaling.transform(given), f"logits divided by T = {scaling.temperature:.1f}", BLUE),
    ):
        sure, right = shares.max(1), shares.argmax(1) == y[test]
        bins = np.minimum(((sure - 0.5) * 2 * BINS).astype(int), BINS - 1)
        filled = [each for each in range(BINS) if (bins == each).sum() > 30]
        means = [[values[bins == each].mean() for each in filled] for values in (sure, right)]
        axis.plot(*means, "o-", ms=4, color=colour, label=name)
    axis.set(xlabel="probability of the predicted class", xlim=(0.49, 1.01), title="accuracy")
    axis.legend(loc="upper left")


def ensembles() -> Figure:
    """Draw an ensemble with intervals, and probabilities before and after temperature scaling."""
    figure = Figure(figsize=(7.9, 2.9), layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    intervals(left)
    reliability(right)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"ensembles": ensembles}
