"""The figure of the page on explanations, drawn by ``python docs/figures.py docs/figures explain``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer

import plastica as pl

BLUE, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#BBBBBB", "#222222"
ROW = 12  # of the test rows
SIZES = (60, 120, 250, 500, 1000)


def trained() -> tuple[pl.Sequential, np.ndarray, np.ndarray, list[str]]:
    """Return a network for the ten mean measurements of tumours, training and test rows, and their names."""
    data = load_breast_cancer()
    order = np.random.default_rng(0).permutation(len(data.target))
    x, y = data.data[order, :10], data.target[order]
    x = ((x - x[:400].mean(0)) / x[:400].std(0)).astype(np.float32)
    model = pl.Sequential([pl.Dense(16, "tanh"), pl.Dense(1, "sigmoid")], seed=0)
    model.compile("adam", "binary_crossentropy")
    model.fit(x[:400], y[:400], epochs=60, batch_size=32, verbose=0)
    return model, x[:400], x[400:], [name.removeprefix("mean ") for name in data.feature_names[:10]]


def bars(axes: Axes, found: pl.explain.Attribution) -> None:
    """Draw the contributions to one answer with their standard errors."""
    values, error = found.values[0, :, 0], found.error[0, :, 0]
    order = np.argsort(-np.abs(values))
    for place, feature in enumerate(order):
        axes.barh(place, values[feature], 0.7, color=BLUE if values[feature] >= 0 else ORANGE)
        ends = values[feature] - error[feature], values[feature] + error[feature]
        axes.plot(ends, [place, place], color=INK, lw=1.2)
    axes.set_yticks(range(len(order)), [found.feature_names[each] for each in order], fontsize=7.5)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.axvline(0, color="#666666", lw=0.8)
    axes.set_title(f"from {found.baseline[0, 0]:.2f} to {found.answers[0, 0]:.2f}", fontsize=10)
    axes.set_xlabel("contribution")


def explain() -> Figure:
    """Draw contributions, a curve with single rows, and errors of estimates by the number of evaluations."""
    model, train, test, names = trained()
    figure = Figure(figsize=(8.4, 2.9), layout="constrained", facecolor="white")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
    background, row = train[:100], test[ROW : ROW + 1]
    bars(left, pl.explain.permutation_shap(model, row, background, orders=8, feature_names=names))
    curve = pl.explain.partial_dependence(model, train[:200], names.index("concave points"), feature_names=names)
    middle.plot(curve.grid, curve.curves[::5, :, 0].T, color=GREY, lw=0.6)
    middle.plot(curve.grid, curve.mean[:, 0], color=BLUE, lw=2)
    middle.set(xlabel="concave points, standardized", ylabel="probability of benign", title="one measurement")
    exact = pl.explain.exact_shap(model, row, background).values
    for name, colour in (("kernel_shap", BLUE), ("permutation_shap", ORANGE)):
        errors = []
        for size in SIZES:
            option = {"evaluations": size} if name == "kernel_shap" else {"orders": max(2, size // 20)}
            runs = [getattr(pl.explain, name)(model, row, background, seed=seed, **option) for seed in range(6)]
            errors.append(np.sqrt(np.mean([np.square(each.values - exact).mean() for each in runs])))
        right.loglog(SIZES, errors, ".-", color=colour, label=name)
    right.set(xlabel="evaluations of coalitions", ylabel="error", title="estimates of Shapley values")
    right.legend(fontsize=7.5)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"explain": explain}
