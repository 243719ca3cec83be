"""Self-organizing maps in MiniSom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minisom import MiniSom


def kohonen(row: Any, x: Any, y: Any) -> Callable[[], None]:
    """Single samples in random order, with as many per epoch as there are rows."""
    side = int(row.sizes[1] ** 0.5)
    model = MiniSom(side, side, row.sizes[0], sigma=side / 2, learning_rate=0.5, random_seed=0)
    model.random_weights_init(x)
    return lambda: model.train(x, row.epochs * len(x), random_order=True)
