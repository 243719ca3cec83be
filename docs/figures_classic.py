"""The figures of the pages on classic rules and connections: ``python docs/figures.py docs/figures classic_rules``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import plastica as pl

# As in figures.py
BLUE, ORANGE, GREEN, SKY, INK = "#0072B2", "#D55E00", "#009E73", "#56B4E9", "#222222"


def classic_rules() -> Figure:
    """Draw the line of a perceptron, the delta rule around its bound, principal components, and a selective unit."""
    figure = Figure(figsize=(7.9, 5.4), layout="constrained", facecolor="white")
    axes = figure.subplots(2, 2).ravel()
    for draw, axis in zip((_perceptron, _delta, _components, _selective), axes, strict=True):
        draw(axis)
    return figure


def _perceptron(axis: Axes) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 2))
    side = x @ [1.0, 0.6] - 0.2
    x, y = x[np.abs(side) > 0.25], np.sign(side[np.abs(side) > 0.25])
    model = pl.Sequential([pl.Dense(1, kernel_initializer="zeros")])
    model.compile(loss="hinge", rule="perceptron")
    across = np.array([-3.0, 3.0])
    for epochs, colour in ((1, "#CCCCCC"), (1, SKY), (20, INK)):
        model.fit(x, y, epochs=epochs, batch_size=1, verbose=0)
        (first, second), bias = model.get_weights()[0][:, 0], model.get_weights()[1][0]
        axis.plot(
            across,
            -(first * across + bias) / second,
            color=colour,
            label=f"{model.epochs_trained} epoch{'s' * (model.epochs_trained > 1)}",
        )
    axis.scatter(*x[y > 0].T, s=7, color=BLUE)
    axis.scatter(*x[y < 0].T, s=7, color=ORANGE)
    axis.set(title="perceptron", xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[])
    axis.legend(fontsize=8, loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")


def _delta(axis: Axes) -> None:
    x, y = np.array([[1, 2], [2, 3], [3, 4], [4, 5]], float), np.array([3.0, 5.0, 7.0, 9.0])
    bound = pl.rules.largest_rate(x)
    for factor, colour in ((0.5, SKY), (0.98, BLUE), (1.02, ORANGE)):
        model = pl.Sequential([pl.Dense(1)])
        model.compile(pl.optimizers.SGD(factor * bound), "mse", rule="delta")
        losses = model.fit(x, y, epochs=150, batch_size=4, verbose=0).history["loss"]
        axis.semilogy(losses, color=colour, label=f"{factor:g} of the bound")
    axis.set(title=f"delta rule, bound {bound:.4f}", xlabel="step", ylabel="loss")
    axis.legend(fontsize=8)


def _components(axis: Axes) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2)) * [2.0, 0.7] @ [[0.8, 0.6], [-0.6, 0.8]]
    axis.scatter(*x.T, s=4, color="#CCCCCC")
    for rule, name, colours in (
        (pl.rules.Oja(0.05), "Oja", (ORANGE,)),
        (pl.rules.Sanger(0.05), "Sanger", (BLUE, GREEN)),
    ):
        model = pl.Sequential([pl.Dense(len(colours), use_bias=False, input_dim=2)], seed=2 + len(colours))
        model.compile(rule=rule)
        path = [model.get_weights()[0]]
        for _ in range(60):
            model.fit(x, epochs=2, batch_size=300, verbose=0)
            path.append(model.get_weights()[0])
        for unit, colour in enumerate(colours):
            axis.plot(*2 * np.array(path)[:, :, unit].T, color=colour, lw=1)
            end = 2 * path[-1][:, unit]
            axis.plot(*end, "o", ms=5, color=colour, label=f"{name} {unit + 1}")
    axis.set(title="components, twice as long", aspect="equal", xticks=[], yticks=[])
    axis.legend(fontsize=8, loc="upper left")


def _selective(axis: Axes) -> None:
    patterns = np.array([[1.0, 0.2, 0.0], [0.2, 1.0, 0.2], [0.0, 0.2, 1.0]])
    start = pl.initializers.RandomUniform(0.2, 0.4)
    model = pl.Sequential([pl.Dense(1, kernel_initializer=start, use_bias=False, input_dim=3)], seed=1)
    model.compile(rule=pl.rules.BCM(0.05, time_constant=10))
    answers = [model.predict(patterns)[:, 0]]
    for _ in range(60):
        model.fit(patterns, epochs=20, batch_size=3, verbose=0)
        answers.append(model.predict(patterns)[:, 0])
    for pattern, colour in enumerate((BLUE, ORANGE, GREEN)):
        axis.plot(20 * np.arange(61), np.array(answers)[:, pattern], color=colour, label=f"pattern {pattern + 1}")
    axis.axhline(3, color="#AAAAAA", lw=0.8, ls=":")
    axis.set(title="BCM: one of three patterns", xlabel="step", ylabel="answer")
    axis.legend(fontsize=8)


def connections() -> Figure:
    """Draw three masks, and clustering and path length over the fraction of rewired connections."""
    figure = Figure(figsize=(7.9, 6.4), layout="constrained", facecolor="white")
    axes = figure.subplots(2, 2).ravel()
    laws = {
        "Sparse(0.1)": pl.Sparse(0.1),
        "DistanceDependent(0.05, 0.05)": pl.DistanceDependent(0.05, 0.05),
        "SmallWorld(9, 0.1)": pl.SmallWorld(9, 0.1),
    }
    for axis, (name, law) in zip(axes, laws.items(), strict=False):
        axis.imshow(law.draw(np.random.default_rng(0), 80, 80), cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        axis.set(title=name, xlabel="unit", xticks=[], yticks=[])
    axes[0].set_ylabel("input")
    shares, found = np.logspace(-3, 0, 13), []
    for share in (0.0, *shares):
        law = pl.SmallWorld(11, float(share))
        drawn = (law.draw(np.random.default_rng(seed), 300, 300) for seed in range(3))
        found.append(np.mean([pl.layers.wiring(mask, law.distances(300, 300))[3:] for mask in drawn], 0))
    relative = np.array(found[1:]) / found[0]
    for place, (name, colour) in enumerate((("clustering C / C(0)", BLUE), ("path length L / L(0)", ORANGE))):
        axes[3].semilogx(shares, relative[:, place], "o-", ms=3, color=colour, label=name)
    axes[3].set(title="a small world between", xlabel="share of connections rewired", ylim=(0, 1.05))
    axes[3].legend(fontsize=8)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"classic_rules": classic_rules, "connections": connections}
