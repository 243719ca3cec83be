"""Keras, on the backend that the process's ``KERAS_BACKEND`` names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import keras
import numpy as np

from ..workloads import Workload


class Net:
    """The workload's network in Keras."""

    def __init__(self, workload: Workload, steps_per_execution: int = 1) -> None:
        self.batch = workload.batch
        made = [layer(*words) for words in workload.layers]
        self.model = keras.Sequential([keras.Input(workload.shape), *made])
        self.model.compile(
            optimizer="adam",
            loss=workload.loss,
            metrics=["accuracy"] if workload.accuracy else None,
            steps_per_execution=steps_per_execution,
        )

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> None:
        self.model.fit(x, y, batch_size=self.batch, epochs=epochs, verbose=0)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x, batch_size=128, verbose=0)


def layer(kind: str, *given: Any) -> Any:
    match kind:
        case "dense":
            return keras.layers.Dense(given[0], activation=given[1])
        case "conv":
            return keras.layers.Conv2D(given[0], given[1], activation=given[2])
        case "pool":
            return keras.layers.MaxPooling2D(given[0])
        case "flatten":
            return keras.layers.Flatten()
        case "lstm":
            return keras.layers.LSTM(given[0])
        case "gru":
            return keras.layers.GRU(given[0])
        case _:
            raise ValueError(f"unknown layer {kind!r}")


def version() -> str:
    backend = keras.backend.backend()
    return f"Keras {keras.__version__} on {backend} {import_module(backend).__version__}"
