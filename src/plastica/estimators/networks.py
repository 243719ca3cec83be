"""The network that a table gets where a person says no more than how many units."""

from __future__ import annotations

import numpy as np

from .. import layers, losses, optimizers
from ..data.target import Target
from ..model import Sequential
from ..optimizers import Optimizer
from ..registry import look_up
from .settings import Settings


def network_for(target: Target, features: int, settings: Settings) -> Sequential:
    """Return a compiled network: relu layers, and an end and a loss that fit the task.

    Two classes: one sigmoid unit under binary cross-entropy. More: softmax under categorical cross-entropy.
    Numbers: one linear unit under the mean squared error of the standardised target.

    Raises:
        UnknownName: For an optimizer or a rule that is not known, with the nearest that is.
    """
    activation, loss, metric = {
        "binary": ("sigmoid", losses.BinaryCrossentropy(), "accuracy"),
        "multiclass": ("softmax", losses.SparseCategoricalCrossentropy(), "accuracy"),
        "regression": ("linear", losses.MeanSquaredError(), "mae"),
    }[target.task]
    units = len(target.classes) if target.task == "multiclass" else 1
    hidden = [layers.Dense(width, activation="relu") for width in settings.layers]
    model = Sequential(
        [layers.Input((features,)), *hidden, layers.Dense(units, activation=activation)], seed=settings.seed
    )
    model.compile(optimizer_for(settings), loss, [metric], rule=settings.rule)
    return model


def optimizer_for(settings: Settings) -> Optimizer:
    """Return the optimizer with the learning rate, where one was given.

    Raises:
        UnknownName: When there is none of this name.
    """
    kind = look_up("optimizer", settings.optimizer, optimizers.NAMES)
    return kind() if settings.learning_rate is None else kind(learning_rate=settings.learning_rate)


def probabilities_of(outputs: np.ndarray, target: Target) -> np.ndarray:
    """Return what the network answers as shares of classes, ``(rows, classes)``, each row of sum 1."""
    outputs = outputs.astype(np.float64)
    if target.task == "binary":
        return np.concatenate([1 - outputs, outputs], axis=1)
    return outputs / outputs.sum(1, keepdims=True)
