"""Layers that compute quantities from data: checks before training and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NotFitted
from ..layers.adapting import Adaptive
from ..layers.walk import walk
from .weights import copied

if TYPE_CHECKING:
    from .model import Model


def adapt(model: Model, rows: Any = None) -> None:
    """Give layers that have seen no data what their own ``adapt`` found, or else what they compute from training rows.

    Args:
        model: The model, built.
        rows: The training inputs; None if there are none to compute from.

    Raises:
        NotFitted: If a layer is left without.
    """
    state = copied(model.state)
    new = [
        (path, layer, held)
        for path, layer, held in walk(model.network, state)
        if isinstance(layer, Adaptive) and held and not layer.is_adapted(held)
    ]
    if not new:
        return
    for _, layer, held in new:
        held.update(layer.noted or {})
    if rows is not None and not all(layer.is_adapted(held) for _, layer, held in new):
        whole: Any = rows if isinstance(rows, tuple) else np.asarray(rows[:])
        found = model.network.adapted(whole, model.state)
        by_path = {path: held for path, _, held in walk(model.network, found)}
        for path, layer, held in new:
            if not layer.is_adapted(held):
                held.update(by_path[path])
    for path, layer, held in new:
        if not layer.is_adapted(held):
            name = path.rpartition(", ")[0]
            raise NotFitted(
                f"{f'{name}, ' if name else ''}{layer!r} has seen no data. Call its adapt(x) with what reaches it, or "
                "model.adapt(x) with the model's inputs if nothing before it changes them; fit(x, y) on arrays then "
                "does so by itself."
            )
    model.keep_untrained(model.params, state)
