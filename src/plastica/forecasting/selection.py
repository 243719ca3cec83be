"""Architectures tried on the end of the training span, and weighed by how well they forecast it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..ensembles.stacking import weights_by_squares
from ..training import History
from ..typing import Float, Int
from .architectures import ARCHITECTURES
from .training import Budget, answers, train_validated
from .windows import PanelWindows

LEAST_WEIGHT = 0.05  # architectures with less are left out


class ArchitectureTrial(NamedTuple):
    """What was found on the validation span.

    Attributes:
        weights: The weight of each architecture that is worth training.
        forecasts: Their weighted forecasts of the validation span.
        history: The history of the heaviest.
    """

    weights: dict[str, float]
    forecasts: Float[np.ndarray, "windows horizon"]
    history: History


def try_out(
    names: Sequence[str],
    windows: PanelWindows,
    train: Int[np.ndarray, " windows"],
    validation: Int[np.ndarray, " later"],
    budget: Budget,
    seed: int,
    verbose: int | str = 0,
) -> ArchitectureTrial:
    """Train an instance of each architecture on the first windows, and weigh them by the later ones."""
    trained = [
        train_validated(ARCHITECTURES[name], windows, train, validation, budget, seed, verbose) for name in names
    ]
    made = np.stack([answers([model], windows, validation) for model, _ in trained])
    weights = _weights(made, windows, validation)
    kept = {place: weight for place, weight in enumerate(weights) if weight >= LEAST_WEIGHT}
    total = sum(kept.values())
    kept = {place: float(weight / total) for place, weight in kept.items()}
    forecasts = np.sum([weight * made[place] for place, weight in kept.items()], axis=0)
    heaviest = max(kept, key=kept.__getitem__)
    return ArchitectureTrial({names[place]: weight for place, weight in kept.items()}, forecasts, trained[heaviest][1])


def _weights(
    made: Float[np.ndarray, "models windows horizon"], windows: PanelWindows, validation: Int[np.ndarray, " windows"]
) -> Float[np.ndarray, " models"]:
    if len(made) == 1:
        return np.ones(1)
    truth = windows.truth(validation)
    known = np.isfinite(truth)
    scale = np.broadcast_to(windows.deviations[windows.series[validation]][:, None], truth.shape)[known]
    return weights_by_squares(made[:, known] / scale, truth[known] / scale)
