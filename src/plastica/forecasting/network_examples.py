"""The networks of a forecast with windows as they read them, for looks at networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..model import Model
from ..optimizers import Adam
from ..typing import Float
from .fitted import FittedForecast
from .training import LEARNING_RATE, pinball_loss
from .windows import PanelWindows


class NetworkExamples(NamedTuple):
    """The first network of an architecture, compiled with its loss, and windows for it.

    Attributes:
        name: The name of the architecture.
        model: The network.
        x: Its inputs, ``(windows, steps, features)``; several in a tuple, of which the first are the past values.
        y: The scaled values to forecast.
    """

    name: str
    model: Model
    x: Any
    y: Float[np.ndarray, "windows *shape"]


def network_examples(fitted: FittedForecast, windows: PanelWindows, most: int) -> Iterator[NetworkExamples]:
    """Yield the networks of a forecast with windows up to the end of training, spaced evenly.

    Args:
        fitted: The forecast.
        windows: The windows of the series.
        most: The largest number of windows.
    """
    origins = windows.origins(last=fitted.until)
    if not len(origins):
        return
    chosen = origins[np.linspace(0, len(origins) - 1, min(len(origins), most)).astype(int)]
    inputs = [np.asarray(each) for each in windows.inputs(chosen)]
    given = inputs[0] if len(inputs) == 1 else tuple(inputs)
    for part in fitted.parts:
        if not part.models or not any(part.weights):
            continue
        targets = windows.targets(chosen)
        if part.levels:  # networks that answer quantiles have a target for each
            targets = np.repeat(targets, len(part.levels), axis=-1)
        model = part.models[0]
        if not model.is_compiled:  # from a file, which has no loss
            model.compile(Adam(LEARNING_RATE), loss=pinball_loss(part.levels) if part.levels else "mae")
        yield NetworkExamples(part.name, model, given, targets)
