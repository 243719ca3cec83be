"""The figure on rules, pairs, training rows and concepts: ``python docs/figures.py docs/figures explain_methods``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from sklearn.datasets import load_digits

import plastica as pl

BLUE, ORANGE, GREY, SOFT, INK = "#0072B2", "#D55E00", "#BBBBBB", "#666666", "#222222"
RANDOM = np.random.default_rng


def saturated(axes: Axes) -> None:
    """Draw what gradient and DeepLIFT say of an input of a saturated unit."""
    model = pl.Sequential([pl.Dense(1, "relu"), pl.Dense(1)])
    model.build((1,))
    model.set_weights([[[-1.0]], [1.0], [[-1.0]], [1.0]])  # min(x, 1)
    x = np.linspace(0, 2, 41)[:, None].astype(np.float32)
    lifted = pl.explain.deep_lift(model, x).values[:, 0, 0]
    gradient = pl.explain.gradient_times_input(model, x).values[:, 0, 0]
    axes.plot(x, model.predict(x, verbose=0), color=GREY, lw=5)
    axes.plot(x, lifted, color=BLUE)
    axes.plot(x, gradient, color=ORANGE)
    axes.text(1.25, 1.06, "min(x, 1), DeepLIFT", color=BLUE, fontsize=8)
    axes.text(1.1, 0.06, "gradient × input", color=ORANGE, fontsize=8)
    axes.set(xlabel="x", ylabel="contribution", title="saturated units", ylim=(-0.05, 1.2))


def pairs(axes: Axes) -> None:
    """Draw the SHAP interactions of a known function."""

    def answer(x: np.ndarray) -> np.ndarray:
        return 2 * x[:, 0] * x[:, 1] + x[:, 2] - x[:, 3] * (x[:, 4] > 0)

    rows = RANDOM(0).normal(size=(200, 5))
    found = pl.explain.shap_interactions(answer, rows[:50], rows)
    mean = np.abs(found.values[..., 0]).mean(0)
    seen = axes.imshow(mean, cmap="Blues", vmin=0)
    axes.figure.colorbar(seen, ax=axes, shrink=0.8)
    names = [f"x{place}" for place in range(5)]
    axes.set_xticks(range(5), names)
    axes.set_yticks(range(5), names)
    axes.set_title("SHAP interactions", fontsize=10)


def rule(axes: Axes) -> None:
    """Draw a classifier, and the rule that suffices for one row."""
    rows = RANDOM(1).normal(size=(1500, 2))

    def answer(x: np.ndarray) -> np.ndarray:
        return 1.0 * (x[:, 0] + np.sin(2 * x[:, 1]) > 0)

    row = np.array([1.6, 0.4])
    found = pl.explain.anchors(answer, row, rows, feature_names=["a", "b"])
    shown = rows[:500]
    colours = np.where(answer(shown) > 0.5, BLUE, ORANGE)
    axes.scatter(shown[:, 0], shown[:, 1], s=4, c=colours, lw=0)
    ends = np.array([[-3.2, -3.2], [3.2, 3.2]])
    for text in found.conditions:
        name, sign, edge = text.split()
        ends[0 if sign == ">" else 1, "ab".index(name)] = float(edge)
    axes.add_patch(Rectangle(tuple(ends[0]), *(ends[1] - ends[0]), fill=False, color=INK, lw=1.5))
    axes.plot(*row, "*", color=INK, ms=10)
    axes.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="a", ylabel="b")
    axes.set_title(f"{' and '.join(found.conditions)}\nprecision {found.precision:.0%}", fontsize=9)


def retrained(axes: Axes) -> None:
    """Draw influence beside the change of the loss after training without a row."""
    random = RANDOM(0)
    x = random.normal(size=(60, 3)).astype(np.float32)
    y = (x[:, 0] + 0.5 * x[:, 1] + 0.5 * random.normal(size=60) > 0).astype(int)
    rows, penalty = np.concatenate([x, np.ones((60, 1))], 1), 0.05

    def fitted(weight: np.ndarray) -> np.ndarray:
        found = np.zeros(4)
        for _ in range(20):
            p = 1 / (1 + np.exp(-rows @ found))
            hessian = (rows * (weight * p * (1 - p))[:, None]).T @ rows / 60 + penalty * np.eye(4)
            found -= np.linalg.solve(hessian, rows.T @ (weight * (p - y)) / 60 + penalty * found)
        return found

    def losses(weights: np.ndarray) -> np.ndarray:
        z = rows[:5] @ weights
        return np.logaddexp(0, z) - y[:5] * z

    full = fitted(np.ones(60))
    model = pl.Sequential([pl.Dense(1, "sigmoid")])
    model.build((3,))
    model.compile("sgd", "binary_crossentropy")
    model.set_weights([full[:3, None], full[3:]])
    found = pl.explain.last_layer_influence(model, x[:5], y[:5], x, y, damping=penalty).values
    without = np.transpose([losses(fitted(np.arange(60) != row)) - losses(full) for row in range(60)])
    ends = [found.min(), found.max()]
    axes.plot(ends, ends, color=GREY, lw=1)
    axes.scatter(found, without, s=5, color=BLUE, lw=0)
    axes.set(xlabel="influence", ylabel="after training without it", title="change of the loss")


def digits() -> tuple[pl.Sequential, np.ndarray, np.ndarray]:
    """Return a convolutional network for images of digits, the images and the classes."""
    data = load_digits()
    x, y = (data.images / 16).astype(np.float32)[..., None], data.target
    hidden = [pl.Conv2D(16, 3, activation="relu"), pl.MaxPooling2D(2), pl.Flatten(), pl.Dense(32, "relu")]
    model = pl.Sequential([*hidden, pl.Dense(10, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=12, verbose=0)
    return model, x, y


def concepts(axes: Axes, model: pl.Sequential, x: np.ndarray, y: np.ndarray) -> None:
    """Draw for which digits a loop counts."""
    loop, none = np.isin(y, [6, 9]), np.isin(y, [1, 2, 3, 4, 5, 7])
    given = {"loop": x[loop][:100]}
    found = pl.explain.tcav(model, x[y == 0], given, x[none][:200], output=[0, 1, 7, 8], layer="Flatten")
    for place, (scores, chance) in enumerate(zip(found.scores[0], found.random_scores, strict=True)):
        colour = BLUE if found.is_significant[0, place] else GREY
        axes.barh(place - 0.12, scores.mean(), 0.44, color=colour)
        axes.plot(chance.mean() + np.array([-1, 1]) * chance.std() / 2, [place + 0.25] * 2, color=SOFT, lw=1.2)
        axes.plot(chance.mean(), place + 0.25, "o", color=SOFT, ms=3.5)
    axes.set_yticks(range(4), [f"class {name}" for name in found.output_names])
    axes.set(xlim=(0, 1), ylim=(3.6, -0.6), xlabel="TCAV score", title="concept: a loop")


def features(axes: Axes, model: pl.Sequential) -> None:
    """Draw images that raise the potential of each class."""
    found = pl.explain.visualise_features(model, range(9), space="pixels", decay=20.0, jitter=0)
    tiles = np.pad(found.images[..., 0], ((0, 0), (1, 1), (1, 1)), constant_values=1)
    axes.imshow(tiles.reshape(3, 3, 10, 10).swapaxes(1, 2).reshape(30, 30), cmap="gray")
    axes.set_axis_off()
    axes.set_title("what drives classes 0 to 8", fontsize=10)


def explain_methods() -> Figure:
    """Draw six methods in small."""
    figure = Figure(figsize=(8.6, 5.4), layout="constrained", facecolor="white")
    axes = np.ravel(figure.subplots(2, 3))
    saturated(axes[0])
    pairs(axes[1])
    rule(axes[2])
    retrained(axes[3])
    model, x, y = digits()
    concepts(axes[4], model, x, y)
    features(axes[5], model)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {"explain_methods": explain_methods}
