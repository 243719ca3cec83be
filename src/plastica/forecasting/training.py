"""Training of networks for forecasts, for a fixed number of steps over which the learning rate falls to 0.

Epochs are not chosen on validation windows: the end of a series is one stretch of weather or one season, and networks
that stopped where they forecast it best were worse on what followed (air quality of Beijing: MAE 48.7 instead of 47.6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..losses import CustomLoss
from ..model import Model
from ..optimizers import Adam
from ..populations import Population
from ..schedules import CosineDecay
from ..typing import Float, Int
from .settings import ForecastSettings, network_levels
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
        levels: The levels of the quantiles that networks answer with the loss "pinball".
    """

    epochs: int
    batch_size: int
    learning_rate: float = LEARNING_RATE
    loss: str = "mae"
    levels: tuple[float, ...] = ()


def budget_for(settings: ForecastSettings, windows: int) -> Budget:
    """Return the length of a training on so many windows."""
    size = settings.batch_size or next(size for rows, size in BATCHES if windows >= rows)
    epochs = settings.epochs or int(np.clip(STEPS // -(-windows // size), LEAST_EPOCHS, MOST_EPOCHS))
    return Budget(epochs, size, settings.learning_rate, settings.loss, network_levels(settings))


@lru_cache(maxsize=32)  # one function for the same levels, so that the program is compiled once
def pinball_loss(levels: tuple[float, ...]) -> CustomLoss:
    r"""Return the loss of quantiles, which is smallest at the true ones.

    .. math:: L_\tau(y, q) = \max(\tau (y - q), (\tau - 1)(y - q))

    Reference:
        R. Koenker, G. Bassett (1978), Regression quantiles, equation 3.1.
    """

    def pinball(target: Array, prediction: Array) -> Array:
        off, at = target - prediction, jnp.asarray(levels, prediction.dtype)
        return jnp.maximum(at * off, (at - 1) * off).mean(-1)

    return CustomLoss(pinball)


def compiled(architecture: Architecture, windows: PanelWindows, rows: int, budget: Budget, seed: int) -> Model:
    """Return an untrained network whose learning rate falls over a training on so many windows."""
    steps = budget.epochs * -(-rows // budget.batch_size)
    model = architecture(windows.shape._replace(quantiles=max(1, len(budget.levels))), seed)
    loss = pinball_loss(budget.levels) if budget.levels else budget.loss
    model.compile(Adam(CosineDecay(budget.learning_rate, steps), clipnorm=1.0), loss=loss)
    return model


def train_rolling(
    architecture: Architecture,
    windows: PanelWindows,
    folds: Sequence[Int[np.ndarray, "..."]],
    rows: Int[np.ndarray, "windows"],
    budget: Budget,
    seed: int,
    members: int,
    **options: Any,
) -> tuple[list[Model], list[Model], tuple[float, ...]]:
    """Return a network for each fold, networks trained on all windows, and the mean loss of each epoch.

    All are one population: one compiled program trains them side by side, for the same number of steps.

    Args:
        architecture: Makes a network.
        windows: The windows.
        folds: The origins that the network of each fold is trained on, which are among all.
        rows: All origins.
        budget: The length of the training.
        seed: The seed of the networks of folds, and of the first member.
        members: How many networks are trained on all of them.
        options: Of :meth:`Population.fit`, such as ``checkpoint``.
    """
    parts = [np.searchsorted(rows, fold) for fold in folds] + [np.arange(len(rows))] * members
    # Rows of a fold come up more often, so that all members take the same steps while the learning rate falls.
    parts = [np.resize(np.random.default_rng(seed).permutation(part), len(rows)) for part in parts]
    seeds = [seed] * len(folds) + list(range(seed, seed + members))
    models = [compiled(architecture, windows, len(rows), budget, each) for each in seeds]
    population = Population(models[0], rows=parts)
    population.models = models
    history = population.fit(
        read(windows, rows),
        windows.targets(rows),
        epochs=budget.epochs,
        batch_size=budget.batch_size,
        sample_weight=windows.weights(rows),
        **options,
    )
    losses = np.array([each.history["loss"] for each in history.histories])
    return models[: len(folds)], models[len(folds) :], tuple(losses[len(folds) * bool(members) :].mean(0).tolist())


def answers(
    models: Sequence[Model], windows: PanelWindows, origins: Int[np.ndarray, "windows"]
) -> Float[np.ndarray, "windows horizon quantiles"]:
    """Return the mean quantiles of the networks from each origin, scaled; only the forecast without quantiles."""
    inputs = read(windows, origins)
    found: list[np.ndarray] = [np.asarray(model.predict(inputs, verbose=0)) for model in models]
    return np.asarray(np.mean(np.stack(found), axis=0, dtype=np.float64))


def middle(quantiles: Float[np.ndarray, "windows horizon quantiles"]) -> Float[np.ndarray, "windows horizon"]:
    """Return the forecasts among the answers of networks: the median, or the only one."""
    return quantiles[..., quantiles.shape[-1] // 2]


def read(windows: PanelWindows, origins: Int[np.ndarray, "windows"]) -> Any:
    """Return the inputs of a network: several in a tuple, or the only one."""
    first, *others = windows.inputs(origins)
    return (first, *others) if others else first
