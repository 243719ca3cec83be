"""plastica, through its public fit."""

from __future__ import annotations

from typing import Any

import numpy as np

import plastica as pl

from ..workloads import Workload


class Net:
    """The workload's network in plastica."""

    def __init__(self, workload: Workload) -> None:
        self.batch = workload.batch
        self.model = pl.Sequential([layer(*words) for words in workload.layers])
        self.model.compile(optimizer="adam", loss=workload.loss, metrics=["accuracy"] if workload.accuracy else None)

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> None:
        self.model.fit(x, y, batch_size=self.batch, epochs=epochs, verbose=0)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x)


def layer(kind: str, *given: Any) -> Any:
    match kind:
        case "dense":
            return pl.Dense(given[0], activation=given[1])
        case "conv":
            return pl.Conv2D(given[0], given[1], activation=given[2])
        case "pool":
            return pl.MaxPooling2D(given[0])
        case "flatten":
            return pl.Flatten()
        case "lstm":
            return pl.LSTM(given[0])
        case "gru":
            return pl.GRU(given[0])
        case _:
            raise ValueError(f"unknown layer {kind!r}")


def version() -> str:
    import jax

    return f"plastica {pl.__version__} (jax {jax.__version__})"
