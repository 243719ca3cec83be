"""Training of networks for forecasts, for a fixed number of steps over which the learning rate falls to 0.

Epochs are not chosen on validation windows: the end of a series is one stretch of weather or one season, and networks
that stopped where they forecast it best were worse on what followed (air quality of Beijing: MAE 48.7 instead of 47.6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..model import Model
from ..optimizers import Adam
from ..populations import Population
from ..schedules import CosineDecay
from ..training import History
from ..typing import Float, Int
from .windows import PanelWindows, WindowShape

STEPS = 4000  # gradient steps of a whole training: the calendar and a week's course are learned by then
MOST_EPOCHS, LEAST_EPOCHS = 40, 4
BATCHES = ((32_000, 256), (8_000, 128), (0, 64))  # rows from which batches have this size
LEARNING_RATE = 2e-3

Architecture = Callable[[WindowShape, int], Model]


class Budget(NamedTuple):
    """The length of a training.

    Attributes:
        epochs: The maximum number of epochs, over which the learning rate falls to 0.
        batch_size: Windows per gradient step.
        learning_rate: The learning rate at the beginning.
        loss: The loss.
    """

    epochs: int
    batch_size: int
    learning_rate: float = LEARNING_RATE
    loss: str = "mae"


def budget_for(windows: int, epochs: int | None, batch_size: int | None, learning_rate: float, loss: str) -> Budget:
    """Return the length of a training on so many windows."""
    size = batch_size or next(size for rows, size in BATCHES if windows >= rows)
    steps = -(-windows // size)
    return Budget(epochs or int(np.clip(STEPS // steps, LEAST_EPOCHS, MOST_EPOCHS)), size, learning_rate, loss)


def compiled(architecture: Architecture, windows: PanelWindows, rows: int, budget: Budget, seed: int) -> Model:
    """Return an untrained network whose learning rate falls over a training on so many windows."""
    steps = budget.epochs * -(-rows // budget.batch_size)
    model = architecture(windows.shape, seed)
    model.compile(Adam(CosineDecay(budget.learning_rate, steps), clipnorm=1.0), loss=budget.loss)
    return model


def train_validated(
    architecture: Architecture,
    windows: PanelWindows,
    train: Int[np.ndarray, " windows"],
    validation: Int[np.ndarray, " later"],
    budget: Budget,
    seed: int,
    verbose: int | str = 0,
) -> tuple[Model, History]:
    """Return a network trained on the first windows, which has not seen the later ones, and its history."""
    model = compiled(architecture, windows, len(train), budget, seed)
    history = model.fit(
        read(windows, train),
        windows.targets(train),
        epochs=budget.epochs,
        batch_size=budget.batch_size,
        validation_data=_judged(windows, validation),
        sample_weight=windows.weights(train),
        verbose=verbose,
    )
    return model, history


def train_members(
    architecture: Architecture,
    windows: PanelWindows,
    train: Int[np.ndarray, " windows"],
    budget: Budget,
    seeds: Sequence[int],
    **options: Any,
) -> list[Model]:
    """Return networks that differ in their seeds, trained on the same windows as one population.

    Args:
        architecture: Makes a network.
        windows: The windows.
        train: The origins to train on.
        budget: The length of the training.
        seeds: The seed of each network.
        options: Of :meth:`Population.fit`, such as ``checkpoint``.
    """
    model = compiled(architecture, windows, len(train), budget, seeds[0])
    population = Population(model, seeds=list(seeds))
    population.fit(
        read(windows, train),
        windows.targets(train),
        epochs=budget.epochs,
        batch_size=budget.batch_size,
        sample_weight=windows.weights(train),
        **options,
    )
    return list(population)


def answers(
    models: Sequence[Model], windows: PanelWindows, origins: Int[np.ndarray, " windows"]
) -> Float[np.ndarray, "windows horizon"]:
    """Return the mean forecast of the networks from each origin, in the unit of its series."""
    inputs = read(windows, origins)
    found: list[np.ndarray] = [np.asarray(model.predict(inputs, verbose=0))[..., 0] for model in models]
    return windows.unscaled(origins, np.asarray(np.mean(np.stack(found), axis=0, dtype=np.float64)))


def read(windows: PanelWindows, origins: Int[np.ndarray, " windows"]) -> Any:
    """Return the inputs of a network: several in a tuple, or the only one."""
    first, *others = windows.inputs(origins)
    return (first, *others) if others else first


def _judged(windows: PanelWindows, origins: Int[np.ndarray, " windows"]) -> tuple[Any, ...]:
    weights = windows.weights(origins)
    given = (read(windows, origins), windows.targets(origins))
    return given if weights is None else (*given, weights)
