"""The same learning rules in plastica, by its own ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
