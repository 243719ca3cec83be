"""Hidden layers of given sizes in front of a last layer, as learning rules suggest them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .boltzmann import RestrictedBoltzmann
from .dense import Dense
from .grid import Grid
from .layer import Layer
from .normalization import UnitNormalization


def dense(units: Sequence[int], last: Layer, activation: Any = "relu", **options: Any) -> list[Layer]:
    """Return a Dense layer for each size, and the last layer.

    Args:
        units: The number of units of each hidden layer.
        last: The layer that answers.
        activation: The activation of the hidden layers.
        **options: Other arguments of the hidden layers.
    """
    return [*(Dense(each, activation=activation, **options) for each in units), last]


def normalized(units: Sequence[int], last: Layer, activation: Any, **options: Any) -> list[Layer]:
    """Return hidden layers as :func:`dense`, whose inputs have the length 1."""
    hidden = [[UnitNormalization(), Dense(each, activation=activation, **options)] for each in units]
    return [*(layer for pair in hidden for layer in pair), last]


def grid(units: int, last: Layer) -> list[Layer]:
    """Return a map of about so many units, as square as possible, and the last layer."""
    rows = max(1, round(math.sqrt(units)))
    return [Grid(rows, max(2, round(units / rows))), last]


def boltzmann(units: Sequence[int], last: Layer, visible: str) -> list[Layer]:
    """Return a stack of restricted Boltzmann machines, and the last layer.

    Args:
        units: The number of hidden units of each machine.
        last: The layer that answers.
        visible: The kind of the first machine's visible units; those of the others are binary.
    """
    kinds = (visible, *("binary" for _ in units))
    # Glorot's weights, so that a stack can go on by backprop even where few rows left it little time to learn.
    made = (RestrictedBoltzmann(*each, "glorot_uniform") for each in zip(units, kinds, strict=False))
    return [*made, last]
