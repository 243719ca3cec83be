"""Keras, with the backend set by ``KERAS_BACKEND``."""

from __future__ import annotations

from importlib import import_module

import keras
import numpy as np

from ..workloads import Workload
from .functional import network


class Net:
    """The network of a workload in Keras."""

    def __init__(self, workload: Workload, steps_per_execution: int = 1) -> None:
        self.batch = workload.batch
        self.model = keras.Model(*network(keras.layers, workload))
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


def version() -> str:
    backend = keras.backend.backend()
    return f"Keras {keras.__version__} on {backend} {import_module(backend).__version__}"
