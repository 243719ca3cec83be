"""The figures of the findings, each a fault beside the mended network: ``python docs/figures.py docs/figures NAME``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

import plastica as pl

BLUE, ORANGE, INK = "#0072B2", "#D55E00", "#222222"  # as in figures.py
ROWS, EPOCHS = 512, 30
Data = tuple[np.ndarray, np.ndarray]


class Network(NamedTuple):
    """A network and how it is trained: its layers, optimizer, data and epochs, in words of code."""

    name: str
    layers: Callable[[], list[Any]]
    optimizer: Any = None
    data: Callable[[], Data] | None = None
    epochs: int = EPOCHS
    fit: Mapping[str, Any] = MappingProxyType({})


def rows(scale: float = 1.0, offset: float = 0.0, targets: float = 1.0, count: int = ROWS, noise: float = 0.0) -> Data:
    """Return inputs of a size, and targets of a size with noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 4)).astype(np.float32)
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + noise * rng.normal(size=count)
    return x * np.float32(scale), targets * y + offset


def dense(hidden: str = "relu", depth: int = 2, width: int = 32, last: str | None = None, **options: Any) -> list[Any]:
    """Return a plain network."""
    return [*(pl.Dense(width, hidden, **options) for _ in range(depth)), pl.Dense(1, last)]


def constant(value: float) -> Any:
    """Return an initializer."""
    return pl.initializers.Constant(value)


def normal(spread: float) -> Any:
    """Return an initializer."""
    return pl.initializers.RandomNormal(stddev=spread)


SGD, ADAM = pl.optimizers.SGD, pl.optimizers.Adam
STOPPING = {"callbacks": lambda: [pl.EarlyStopping(patience=5, restore_best_weights=True)]}
NOISY = partial(rows, count=160, noise=1.0)
CASES: dict[str, tuple[Network, Network]] = {
    "dead_units": (
        Network("bias -10", partial(dense, bias_initializer=constant(-10))),
        Network("bias 0", dense),
    ),
    "saturated_units": (
        Network("x * 50", partial(dense, "tanh"), SGD(0.01), partial(rows, 50.0)),
        Network("x / x.std(0)", partial(dense, "tanh"), SGD(0.01)),
    ),
    "vanishing_gradients": (
        Network("8 x sigmoid", partial(dense, "sigmoid", 8)),
        Network("8 x relu, he_normal", partial(dense, "relu", 8, kernel_initializer="he_normal")),
    ),
    "exploding_gradients": (
        Network("6 x relu, stddev 1", partial(dense, "relu", 6, kernel_initializer=normal(1.0)), ADAM(0.001)),
        Network("6 x relu, he_normal", partial(dense, "relu", 6, kernel_initializer="he_normal"), ADAM(0.001)),
    ),
    "rate_too_large": (Network("SGD(0.7)", dense, SGD(0.7)), Network("SGD(0.07)", dense, SGD(0.07))),
    "rate_too_small": (Network("SGD(0.0001)", dense, SGD(1e-4)), Network("SGD(0.1)", dense, SGD(0.1))),
    "overwritten_weights": (Network("Adam(0.5)", dense, ADAM(0.5)), Network("Adam(0.005)", dense, ADAM(0.005))),
    "poor_start": (
        Network("stddev 3", partial(dense, kernel_initializer=normal(3.0))),
        Network("glorot_uniform", dense),
    ),
    "overfitting": (
        Network("120 noisy rows, 256 units", partial(dense, width=256), ADAM(0.003), NOISY, 60),
        Network("+ EarlyStopping", partial(dense, width=256), ADAM(0.003), NOISY, 60, STOPPING),
    ),
    "stopped_early": (
        Network("8 epochs", dense, ADAM(0.001), None, 8),
        Network("60 epochs", dense, ADAM(0.001), None, 60),
    ),
    "underfitting": (Network("no hidden layer", partial(dense, depth=0)), Network("2 x 32 relu", dense)),
    "unscaled_inputs": (
        Network("x * 100", dense, SGD(1e-5), partial(rows, 100.0)),
        Network("x / x.std(0)", dense, SGD(0.05)),
    ),
    "unscaled_targets": (
        Network("y * 100 + 1000", dense, ADAM(0.005), partial(rows, 1.0, 1000.0, 100.0)),
        Network("(y - y.mean()) / y.std()", dense, ADAM(0.005)),
    ),
    "targets_out_of_reach": (
        Network("last layer sigmoid", partial(dense, last="sigmoid")),
        Network("last layer linear", dense),
    ),
}


def trained(case: Network) -> tuple[list[float], list[float]]:
    """Return the training and validation losses of a network, relative to the variance of its targets."""
    x, y = (case.data or rows)()
    model = pl.Sequential(case.layers(), seed=0)
    model.compile(case.optimizer or ADAM(0.005), "mse")
    given = {name: made() for name, made in case.fit.items()}
    history = model.fit(x, y, epochs=case.epochs, verbose=0, validation_split=0.25, **given).history
    return [each / y.var() for each in history["loss"]], [each / y.var() for each in history["val_loss"]]


def finding(code: str) -> Figure:
    """Draw the losses of a network with a fault, and of the mended one, relative to those of a constant answer."""
    figure = Figure(figsize=(6.4, 2.3), facecolor="white")
    panels = figure.subplots(1, 2, sharey=True)
    for axis, case, colour in zip(panels, CASES[code], (ORANGE, BLUE), strict=True):
        loss, val = trained(case)
        epochs = range(1, len(loss) + 1)
        axis.semilogy(epochs, loss, color=colour, lw=1.4, label="training")
        axis.semilogy(epochs, val, color=colour, lw=1.4, ls="--", label="validation")
        axis.axhline(1.0, color=INK, lw=0.8, ls=":")
        axis.set_title(case.name, fontsize=9)
        axis.set_xlabel("epoch")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8)
    panels[0].set_ylabel("loss / variance of y")
    figure.tight_layout()
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {f"finding_{code}": partial(finding, code) for code in CASES}
