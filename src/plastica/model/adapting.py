"""Layers that compute quantities from data: checks before training and prediction."""

from __future__ import annotations

from typing import cast

import numpy as np

from ..errors import NotFitted
from ..layers.adapting import Adaptive
from ..layers.walk import walk
from ..typing import PyTree
from .base import BaseModel
from .weights import copied


def adapt(model: BaseModel, rows: PyTree = None) -> None:
    """Set the state of layers that were not adapted: from their own ``adapt``, or else from the training rows.

    Args:
        model: The model, built.
        rows: The training inputs; None if there are none.

    Raises:
        NotFitted: If a layer was not adapted and there are no training rows.
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
        whole = rows if isinstance(rows, tuple) else np.asarray(rows[:])
        found = model.network.adapted(cast("np.ndarray", whole), model.state)
        by_path = {path: held for path, _, held in walk(model.network, found)}
        for path, layer, held in new:
            if not layer.is_adapted(held):
                held.update(by_path[path])
    for path, layer, held in new:
        if not layer.is_adapted(held):
            name = path.rpartition(", ")[0]
            raise NotFitted(
                f"{f'{name}, ' if name else ''}{layer!r} has not been adapted to data. Call its adapt(x) with "
                "the inputs of the layer, or model.adapt(x) with the inputs of the model if no layer before it changes "
                "them. fit(x, y) adapts it automatically if x is an array."
            )
    model.keep_untrained(model.params, state)
