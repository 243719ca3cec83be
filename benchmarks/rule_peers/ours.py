"""The same learning rules in plastica, trained with ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import plastica as pl

Call = Callable[[], None]


def network(row: Any, activation: str = "tanh", last: str = "softmax") -> list[pl.Layer]:
    hidden = [pl.Dense(units, activation=activation) for units in row.sizes[1:-1]]
    return [*hidden, pl.Dense(row.sizes[-1], activation=last)]


def fitting(
    row: Any, rule: Any, layers: Sequence[pl.Layer], x: Any, y: Any = None, loss: Any = None, optimizer: Any = None
) -> Call:
    model = pl.Sequential(layers)
    model.compile(optimizer, loss, rule=rule)
    return lambda: model.fit(x, y, batch_size=row.batch, epochs=row.epochs, verbose=0) and None


def towards_classes(rule: Any, activation: str = "tanh") -> Callable[..., Call]:
    def make(row: Any, x: Any, y: Any) -> Call:
        layers = network(row, activation)
        return fitting(row, rule(row), layers, x, y, "sparse_categorical_crossentropy", pl.optimizers.Adam(1e-3))

    return make


def from_inputs(rule: Any, layer: Callable[[Any], pl.Layer]) -> Callable[..., Call]:
    return lambda row, x, y: fitting(row, rule(row), [layer(row)], x)


backprop = towards_classes(lambda row: pl.Backprop())
feedback_alignment = towards_classes(lambda row: pl.rules.FeedbackAlignment())
sign_symmetry = towards_classes(lambda row: pl.rules.SignSymmetry())
direct_feedback_alignment = towards_classes(lambda row: pl.rules.DirectFeedbackAlignment())
target_propagation = towards_classes(lambda row: pl.rules.TargetPropagation())
predictive_coding = towards_classes(lambda row: pl.rules.PredictiveCoding(steps=row.steps))
forward_forward = towards_classes(
    lambda row: pl.rules.ForwardForward(threshold=2.0, sharpness=1.0, negatives="random"), "relu"
)
sanger = from_inputs(lambda row: pl.rules.Sanger(1e-3), lambda row: pl.Dense(row.sizes[1], use_bias=False))
krotov_hopfield = from_inputs(
    lambda row: pl.rules.KrotovHopfield(p=2, k=2), lambda row: pl.Dense(row.sizes[1], use_bias=False)
)
contrastive_divergence = from_inputs(
    lambda row: pl.rules.ContrastiveDivergence(persistent=row.peer == "scikit_learn", chains=row.batch),
    lambda row: pl.RestrictedBoltzmann(row.sizes[1]),
)
kohonen = from_inputs(
    lambda row: pl.rules.Kohonen(), lambda row: pl.Grid(round(row.sizes[1] ** 0.5), round(row.sizes[1] ** 0.5))
)


def equilibrium_propagation(row: Any, x: Any, y: Any) -> Call:
    rule = pl.rules.EquilibriumPropagation(free_steps=row.steps, nudged_steps=row.nudged, readout=False)
    layers = network(row, "hard_sigmoid", "hard_sigmoid")
    return fitting(row, rule, layers, x, np.eye(row.sizes[-1], dtype=np.float32)[y], "mse", pl.optimizers.Adam(1e-3))


def perceptron(row: Any, x: Any, y: Any) -> Call:
    return fitting(row, pl.rules.Perceptron(), [pl.Dense(1)], x, y, "hinge")


def delta(row: Any, x: Any, y: Any) -> Call:
    return fitting(row, pl.rules.Delta(), [pl.Dense(1)], x, y, "mse", pl.optimizers.SGD(1e-3))
