"""The figures of the documentation, one function each: ``python docs/figures.py docs/figures [NAME ...]``.

The figures are reproducible: all seeds are fixed, and no dates are written. ``keras`` also requires Keras.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import plastica as pl

# M. Okabe, K. Ito (2008), Color universal design: distinguishable with all types of colour vision
BLUE, ORANGE, GREEN, PINK, SKY, INK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#222222"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "plastica",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


def panels(rows: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure without a window, and its axes in reading order."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    return figure, list(np.ravel(figure.subplots(rows, columns)))


def penguins() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return two scaled columns of penguins, ``(342, 2)``, the class indices of the species, and their names."""
    import polars

    table = polars.read_csv(pl.datasets.path_of("penguins"), null_values=["NA", ""])
    table = table.drop_nulls(["bill_length_mm", "flipper_length_mm"])
    x = table.select("bill_length_mm", "flipper_length_mm").to_numpy().astype(float)
    names, y = np.unique(table["species"].to_numpy().astype(str), return_inverse=True)
    return (x - x.mean(0)) / x.std(0), y, list(names)


def graph() -> Figure:
    """Draw a graph with a skip connection and two outputs."""
    image = pl.Input((28, 28, 1), name="image")
    h = pl.Conv2D(8, 3, padding="same", activation="relu")(image)
    branch = pl.Conv2D(8, 3, padding="same", name="branch")(h)
    code = pl.GlobalAveragePooling2D(name="code")(pl.Add()([h, branch]))
    outputs = {"digit": pl.Dense(10, activation="softmax")(code), "size": pl.Dense(1)(code)}
    return pl.Model(image, outputs).draw()


def network() -> Figure:
    """Draw a network that has learned exclusive or, with its weights."""
    model = pl.Sequential([pl.Dense(2, activation="tanh"), pl.Dense(1, activation="sigmoid")], seed=3)
    model.compile(pl.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], epochs=400, verbose=0)
    return model.draw()


def boundary() -> Figure:
    """Draw the decision boundary of a small network for the sign of a product."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(1, activation="sigmoid")])
    model.compile(pl.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(x, y, epochs=60, verbose=0)
    return pl.draw.boundary(model, x, y, features=("a", "b"), classes=("no", "yes"))


def activations() -> Figure:
    """Draw six activation functions and their derivatives."""
    z = np.linspace(-4, 4, 401, dtype=np.float32)
    figure, axes = panels(2, 3, 7.9, 3.8)
    for axis, name in zip(axes, ("sigmoid", "tanh", "relu", "gelu", "softplus", "heaviside"), strict=True):
        function = pl.activations.get(name)
        axis.axhline(0, color="#DDDDDD", lw=0.8)
        axis.plot(z, function(z), color=BLUE, label="$f(z)$")
        axis.plot(z, jax.vmap(jax.grad(function))(z), color=ORANGE, ls="--", label="$f\\,'(z)$")
        axis.set(title=name, ylim=(-1.2, 2.2), xlabel="$z$")
    axes[0].legend(fontsize=8, loc="upper left")
    return figure


def deltas() -> Figure:
    """Draw the size of the error in each of twelve layers before training, for four activations."""
    x = np.random.default_rng(0).normal(size=(256, 32))
    y = np.random.default_rng(1).normal(size=(256, 1))
    figure, (axis,) = panels(1, 1, 6, 3)
    kinds = [("sigmoid", "glorot_uniform", ORANGE), ("tanh", "glorot_uniform", BLUE), ("relu", "he_normal", GREEN)]
    for name, start, colour in kinds:
        hidden = [pl.Dense(32, activation=name, kernel_initializer=start) for _ in range(11)]
        model = pl.Sequential([*hidden, pl.Dense(1)])
        model.compile("sgd", "mse")
        sizes = [np.abs(layer.delta).mean() * len(x) for layer in model.trace(x, y)]
        axis.semilogy(range(1, 13), sizes, "o-", ms=3.5, color=colour, label=f"{name}, {start}")
    axis.set(xlabel="layer (1 is next to the input)", ylabel="mean size of delta", xticks=range(1, 13))
    axis.legend()
    return figure


def stable_loss() -> Figure:
    """Draw the cross-entropy of a wrong prediction: naive, clipped, and computed from the potential."""
    z = np.linspace(-120, 20, 560, dtype=np.float32)
    with np.errstate(all="ignore"):
        naive = -np.log(1 / (1 + np.exp(-z)))
    target, at_activity = jnp.ones((1, 1)), pl.losses.BinaryCrossentropy()
    at_potential = at_activity.on_potential(pl.activations.get("sigmoid"))
    assert at_potential is not None

    def clipped(potential: Any) -> Any:
        return at_activity.values(target, jax.nn.sigmoid(potential).reshape(1, 1))[0]

    def stable(potential: Any) -> Any:
        return at_potential.values(target, potential.reshape(1, 1))[0]

    figure, (left, right) = panels(1, 2, 7.9, 2.9)
    left.plot(z, jax.vmap(stable)(z), color=BLUE, lw=3.5, label="over the potential")
    left.plot(z, jax.vmap(clipped)(z), color=ORANGE, label="over the activity, clipped")
    left.plot(z, naive, color=INK, ls="--", label="over the activity, naive")
    left.set(xlabel="$z$", title="loss $-\\log\\,\\sigma(z)$")
    left.legend(fontsize=8)
    right.plot(z, jax.vmap(jax.grad(stable))(z), color=BLUE, lw=3.5)
    right.plot(z, jax.vmap(jax.grad(clipped))(z), color=ORANGE)
    right.set(xlabel="$z$", title="its slope, what learning gets to see")
    return figure


def chunks() -> Figure:
    """Draw a run: steps inside epochs inside calls of one program."""
    figure, (axis,) = panels(1, 1, 7.9, 2.1)
    sizes, epochs = (1.0, 1.0, 1.0, 0.45), 6
    calls = [0, 1, 3, 8, 16, 24]
    at = 0.0
    starts = []
    for epoch in range(epochs):
        for size in sizes:
            starts.append(at)
            axis.add_patch(Rectangle((at, 1), size * 0.92, 0.8, color=SKY if epoch % 2 else BLUE, lw=0))
            at += size
        axis.text(at - 1.75, 2.05, f"epoch {epoch + 1}", ha="center", fontsize=8)
        at += 0.25
    starts.append(at - 0.25)
    for begin, end in pairwise(calls):
        width = starts[end] - starts[begin] - (0.33 if end % 4 == 0 and end < 24 else 0.08)
        axis.add_patch(Rectangle((starts[begin], 0), width, 0.55, color="#DDDDDD", lw=0))
        word = "call" if end - begin < 4 else f"one call: {end - begin} steps"
        axis.text(starts[begin] + width / 2, 0.27, word, ha="center", va="center", fontsize=7)
    for end in calls[1:]:
        axis.annotate("", (starts[end] - 0.1, -0.05), (starts[end] - 0.1, -0.6), arrowprops={"arrowstyle": "->"})
    words = "the host looks: progress, stop rules, callbacks, checkpoints"
    axis.text(0, -1.05, words, fontsize=8)
    axis.set(xlim=(-0.2, starts[-1] + 0.2), ylim=(-1.1, 2.4))
    axis.axis("off")
    return figure


def stopping() -> Figure:
    """Draw the losses of a network that overfits 150 digits, a fifth of them with wrong labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(x))[:300]
    x, y = x[rows] / 16, y[rows]
    y[:30] = rng.integers(0, 10, 30)  # a fifth of the training rows
    model = pl.Sequential([pl.Dense(64, activation="relu"), pl.Dense(10, activation="softmax")])
    model.compile(pl.optimizers.Adam(0.005), "sparse_categorical_crossentropy")
    history = model.fit(x[:150], y[:150], validation_data=(x[150:], y[150:]), epochs=100, verbose=0)
    kept, least = history.best() or (0, 0.0)
    figure, (axis,) = panels(1, 1, 6, 3)
    epochs = np.arange(1, 101)
    axis.plot(epochs, history.history["loss"], color=BLUE, label="training rows")
    axis.plot(epochs, history.history["val_loss"], color=ORANGE, label="validation rows")
    axis.plot(kept + 1, least, "o", color=ORANGE)
    words = "the weights that are kept"
    axis.annotate(words, (kept + 1, least), (kept - 12, 1.5), fontsize=8, arrowprops={"arrowstyle": "->"})
    axis.axvline(kept + 21, color=INK, lw=1, ls=":")
    axis.text(kept + 23, 2.0, "patience 20 is over:\nhere it stops", fontsize=8)
    axis.set(xlabel="epoch", ylabel="loss", ylim=(0, 2.4))
    axis.legend(loc="lower left", bbox_to_anchor=(0.55, 0.5))
    return figure


def schedules() -> Figure:
    """Draw the learning rate over 100 steps for eight schedules."""
    from plastica.schedules import (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        LinearWarmup,
        OneCycle,
        PolynomialDecay,
        StepDecay,
    )

    kinds = {
        "StepDecay(1, 30, 0.4)": StepDecay(1.0, 30, 0.4),
        "ExponentialDecay(1, 30, 0.4)": ExponentialDecay(1.0, 30, 0.4),
        "InverseTimeDecay(1, 10, 1)": InverseTimeDecay(1.0, 10, 1.0),
        "PolynomialDecay(1, 100)": PolynomialDecay(1.0, 100),
        "CosineDecay(1, 100)": CosineDecay(1.0, 100),
        "CosineDecayRestarts(1, 14)": CosineDecayRestarts(1.0, 14),
        "LinearWarmup(\nCosineDecay(1, 80), 20)": LinearWarmup(CosineDecay(1.0, 80), 20),
        "OneCycle(1, 100)": OneCycle(1.0, 100),
    }
    figure, axes = panels(2, 4, 7.9, 3.5)
    for axis, (name, schedule) in zip(axes, kinds.items(), strict=True):
        axis.plot(np.arange(101), [float(schedule(step)) for step in range(101)], color=BLUE)
        axis.set_title(name, fontsize=7.5)
        axis.set(ylim=(-0.03, 1.08), xticks=(0, 50, 100), yticks=(0, 1))
    for axis in axes[4:]:
        axis.set_xlabel("step")
    return figure


def rates() -> Figure:
    """Draw the loss of gradient descent on four rows below and above the largest stable learning rate."""
    x, y = np.array([[1, 2], [2, 3], [3, 4], [4, 5]], float), np.array([3, 5, 7, 9], float)
    inputs = np.c_[x, np.ones(4)]
    bound = 2 / np.linalg.eigvalsh(2 * inputs.T @ inputs / 4).max()
    figure, (axis,) = panels(1, 1, 6, 3)
    for factor, colour in ((0.1, SKY), (0.5, BLUE), (0.95, GREEN), (1.02, ORANGE)):
        model = pl.Sequential([pl.Dense(1, input_dim=2)])
        model.compile(pl.optimizers.SGD(factor * bound), "mse")
        losses = model.fit(x, y, epochs=120, batch_size=4, verbose=0).history["loss"]
        axis.semilogy(losses, color=colour, label=f"{factor:g} of the bound")
    axis.set(xlabel="step", ylabel="loss", title=f"the bound is 2 / largest curvature = {bound:.4f}")
    axis.legend(fontsize=8)
    return figure


def tables() -> Figure:
    """Draw the network and its baselines on the test sets of the two included data sets."""
    from plastica.tables import TableNetwork

    figure, axes = panels(1, 2, 7.9, 2.1)
    for axis, name in zip(axes, ("penguins", "titanic"), strict=True):
        results = TableNetwork.fit(name, pl.datasets.target_of(name)).facts.results
        assert results is not None
        for place, (model, scores) in enumerate(reversed(results.scores.items())):
            figure_ = scores["accuracy"]
            axis.plot([figure_.low, figure_.high], [place, place], color="#999999", lw=4, solid_capstyle="round")
            axis.plot(figure_.value, place, "o", color=BLUE if model == "network" else INK)
        named = {"linear": "linear model", "trees": "boosted trees", "dummy": "guessing"}
        axis.set_yticks(range(len(results.scores)), [named.get(model, model) for model in results.scores][::-1])
        axis.set(
            title=f"{name}: accuracy on {results.rows} test rows",
            xlim=(0.2, 1.02),
            ylim=(-0.5, len(results.scores) - 0.5),
        )
    return figure


def messy_tables() -> Figure:
    """Draw the effect of smooth clipping on outliers, and of logarithms on a long tail."""
    from plastica.data.encoding import TableEncoder
    from plastica.data.reading import read_table

    figure, (clip, plain, bent) = panels(1, 3, 7.9, 2.4)
    scaled = np.linspace(-12, 12, 400)
    clip.plot(scaled, np.clip(scaled, -12, 12), color="#999999", lw=1, label="s")
    clip.plot(scaled, scaled / np.sqrt(1 + (scaled / 3) ** 2), color=BLUE, label="s / sqrt(1 + (s/3)^2)")
    clip.set(xlabel="scaled number s", ylim=(-4.5, 7), title="smooth clipping")
    clip.legend(fontsize=8, loc="upper left")
    incomes = 20_000 * np.exp(1.2 * np.random.default_rng(0).normal(size=2000))
    table = read_table({"income": incomes})
    plain.hist(incomes, bins=30, color=ORANGE)
    plain.set(xlabel="income", xticks=(0, 400_000, 800_000), yticks=[], title="a long tail")
    bent.hist(TableEncoder.fit(table).transform(table)[:, 0], bins=30, color=BLUE)
    bent.set(xlabel="what the network sees", yticks=[], title="its logarithm, scaled and clipped")
    return figure


def imbalance() -> Figure:
    """Draw the metrics of a rare class over the threshold, and the effect of weights on its probabilities."""
    import pandas as pd
    from sklearn import datasets, metrics

    from plastica.data.inputs import as_table
    from plastica.tables import Settings, TableNetwork
    from plastica.tables.preparation import prepare
    from plastica.tables.selection import answers_of

    digits: Any = datasets.load_digits()
    table = pd.DataFrame(digits.images.reshape(-1, 4, 2, 4, 2).sum((2, 4)).reshape(-1, 16)).add_prefix("pixel_")
    table["digit"] = ["eight" if number == 8 else "other" for number in digits.target]
    settings = Settings(network="mlp", layers=(16,), epochs=40, baselines=())
    prepared = prepare(as_table(table), "digit", settings)
    made = TableNetwork.train(prepared, settings)
    held = prepared.split.validation
    eight, share = prepared.y[held] == 0, made.answers(prepared.x[held])[:, 0]
    figure, (left, right) = panels(1, 2, 7.9, 2.8)
    cuts = np.linspace(0, 1, 201)
    chosen = made.facts.decision.thresholds[0] if made.facts.decision else 0.5
    for name, figure_of, colour in (
        ("accuracy", metrics.accuracy_score, "#999999"),
        ("balanced accuracy", metrics.balanced_accuracy_score, SKY),
        ("F1", metrics.f1_score, BLUE),
    ):
        left.plot(cuts, [figure_of(eight, share >= cut) for cut in cuts], color=colour, label=name)
    left.plot([chosen], [metrics.f1_score(eight, share >= chosen)], "o", color=ORANGE, label="chosen")
    left.set(xlabel="threshold", ylim=(0, 1.02), title="on the validation rows")
    left.legend(fontsize=8)
    weighted = TableNetwork.train(
        prepared, Settings(network="mlp", layers=(16,), epochs=40, baselines=(), class_weight="balanced")
    )
    x, y = prepared.x[prepared.split.test], prepared.y[prepared.split.test]
    bars = {
        "plain": made.answers(x)[:, 0].mean(),
        "weighted": answers_of(weighted.model, x, weighted.target)[:, 0].mean(),
        "weighted,\ncorrected": weighted.answers(x)[:, 0].mean(),
    }
    right.bar(list(bars), list(bars.values()), color=[BLUE, ORANGE, GREEN], width=0.5)
    right.axhline((y == 0).mean(), color=INK, lw=1, ls=":", label="share of eights in the test set")
    right.set(title="mean probability of an eight", ylim=(0, 0.36))
    right.legend(fontsize=8, loc="upper right")
    return figure


def file() -> Figure:
    """Draw the layout of a model file."""
    import tempfile

    model = pl.Sequential([pl.Dense(32, activation="relu", input_dim=784), pl.Dense(10, activation="softmax")])
    with tempfile.TemporaryDirectory() as folder:
        raw = model.save(Path(folder) / "digits.plastica").read_bytes()
    header = int.from_bytes(raw[:8], "little")
    parts = [
        (1.2, "8 bytes", "the header's\nlength", "#999999"),
        (4.4, f"{header:,} bytes of JSON", "plastica: the format's version\nsha256: over the whole file\n"
         "document: layers, preprocessing, settings\nname, type, shape and place of each array", BLUE),
        (4.4, f"{len(raw) - 8 - header:,} bytes of numbers", "kernel and bias of each layer,\nlittle-endian, "
         "one after the other", GREEN),
    ]  # fmt: skip
    figure, (axis,) = panels(1, 1, 7.9, 1.7)
    at = 0.0
    for width, size, what, colour in parts:
        axis.add_patch(Rectangle((at, 0), width - 0.05, 1, color=colour, alpha=0.25, lw=0))
        axis.text(at + width / 2, 0.5, what, ha="center", va="center", fontsize=8)
        axis.text(at + width / 2, 1.08, size, ha="center", va="bottom", fontsize=8, color=INK)
        at += width
    axis.set(xlim=(0, at), ylim=(0, 1.4))
    axis.axis("off")
    return figure


def keras() -> Figure:
    """Draw the losses of plastica and Keras for the same initial weights and batches."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras as other

    rng = np.random.default_rng(0)
    x = rng.normal(size=(512, 20)).astype(np.float32)
    y = np.eye(3)[np.argmax(x @ rng.normal(size=(20, 3)), axis=1)]
    theirs = other.Sequential([other.layers.Dense(32, "tanh"), other.layers.Dense(3, "softmax")])
    ours = pl.Sequential([pl.Dense(32, "tanh"), pl.Dense(3, "softmax")])
    theirs.build((None, 20))
    ours.build((None, 20))
    theirs.set_weights(ours.get_weights())
    found = []
    for model in (ours, theirs):
        model.compile(optimizer="adam", loss="categorical_crossentropy")
        found.append(model.fit(x, y, epochs=20, batch_size=32, shuffle=False, verbose=0).history["loss"])
    figure, (left, right) = panels(1, 2, 7.9, 2.7)
    left.plot(range(1, 21), found[1], color=SKY, lw=5, label="Keras")
    left.plot(range(1, 21), found[0], color=INK, label="plastica")
    left.set(xlabel="epoch", title="loss", xticks=(1, 5, 10, 15, 20))
    left.legend()
    apart = np.abs(np.subtract(*found)) / found[1]
    right.semilogy(range(1, 21), np.maximum(apart, 1e-9), "o-", ms=3, color=ORANGE)
    right.set(xlabel="epoch", title="relative difference of the losses", ylim=(1e-9, 1e-3), xticks=(1, 5, 10, 15, 20))
    return figure


def own_rule() -> Figure:
    """Draw the loss with backprop and with the rule defined on the page on extending plastica."""
    from plastica import random
    from plastica.declaration import declaration

    @declaration
    class RandomFeedback(pl.Backprop):
        def init(self, network: Any, params: Any, key: Any) -> Any:
            arrays, structure = jax.tree.flatten(params)
            keys = [random.fold(key, place) for place in range(len(arrays))]
            scaled = [0.3 * random.normal(own, array.shape) for own, array in zip(keys, arrays, strict=True)]
            return structure.unflatten(scaled)

        def feedback(self, params: Any, memory: Any) -> Any:
            return memory

    x, y, _ = penguins()
    figure, (axis,) = panels(1, 1, 6, 2.8)
    for rule, name, colour in ((pl.Backprop(), "backprop", BLUE), (RandomFeedback(), "random feedback", ORANGE)):
        model = pl.Sequential([pl.Dense(32, activation="tanh"), pl.Dense(3, activation="softmax")])
        model.compile(pl.optimizers.SGD(0.1), "sparse_categorical_crossentropy", rule=rule)
        axis.plot(range(1, 61), model.fit(x, y, epochs=60, verbose=0).history["loss"], color=colour, label=name)
    axis.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    axis.legend()
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {
    function.__name__: function
    for function in (
        activations, boundary, chunks, deltas, file, graph, imbalance, keras, messy_tables, network, own_rule, rates,
        schedules, stable_loss, stopping, tables,
    )
}  # fmt: skip
for path in sorted(Path(__file__).parent.glob("figures_*.py")):
    spec: Any = importlib.util.spec_from_file_location(path.stem, path)
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    FIGURES |= module.FIGURES


def main(folder: str, *names: str) -> None:
    """Write the figures of these names, or all, into the folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names or FIGURES:
        with mpl.rc_context(STYLE):
            FIGURES[name]().savefig(Path(folder) / f"{name}.svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
