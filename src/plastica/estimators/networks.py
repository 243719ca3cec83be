"""The network that a table gets where a person says no more than how it should learn."""

from __future__ import annotations

import numpy as np

from .. import layers, losses, optimizers
from ..data.encoding import FeatureLayout
from ..model import Sequential
from ..optimizers import Optimizer
from ..registry import look_up
from .settings import Settings


def network_for(task: str, outputs: int, layout: FeatureLayout, settings: Settings, rows: int = 1000) -> Sequential:
    """Return a compiled network: relu layers, and an end and a loss that fit the task.

    Two classes: one sigmoid unit under binary cross-entropy. More: softmax under categorical cross-entropy.
    Several labels: a sigmoid unit each. Numbers: linear units under the mean squared error of the standardised
    targets.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        outputs: How many classes, labels or target columns; 1 for "binary".
        layout: What stands where among the features.
        settings: How the network is made and trained.
        rows: How many rows it will be trained on.

    Raises:
        UnknownName: For an optimizer or a rule that is not known, with the nearest that is.
    """
    activation, loss, metric = {
        "binary": ("sigmoid", losses.BinaryCrossentropy(), "accuracy"),
        "multiclass": ("softmax", losses.SparseCategoricalCrossentropy(), "accuracy"),
        "multilabel": ("sigmoid", losses.BinaryCrossentropy(), "binary_accuracy"),
        "regression": ("linear", losses.MeanSquaredError(), "mae"),
    }[task]
    hidden = [layers.Dense(width, activation="relu") for width in settings.layers]
    model = Sequential(
        [layers.Input((layout.width,)), *hidden, layers.Dense(outputs, activation=activation)], seed=settings.seed
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


def answers_from(model: Sequential, x: np.ndarray, task: str) -> np.ndarray:
    """Return what a network answers, ``(rows, outputs)``: shares of classes, of labels, or scaled numbers.

    "binary" and "multiclass": shares of the classes, each row of sum 1. "multilabel": each label's own share.
    "regression": numbers as the targets were scaled.
    """
    answers = model.predict(x).astype(np.float64)
    if task == "binary":
        return np.concatenate([1 - answers, answers], axis=1)
    return answers / answers.sum(1, keepdims=True) if task == "multiclass" else answers
