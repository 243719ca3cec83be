"""plastica, through its public fit."""

from __future__ import annotations

import numpy as np

import plastica as pl

from ..workloads import Workload
from .functional import network


class Net:
    """The network of a workload in plastica."""

    def __init__(self, workload: Workload) -> None:
        self.batch = workload.batch
        self.model = pl.Model(*network(pl, workload))
        self.model.compile(optimizer="adam", loss=workload.loss, metrics=["accuracy"] if workload.accuracy else None)

    def fit(self, x: np.ndarray, y: np.ndarray, epochs: int) -> None:
        self.model.fit(x, y, batch_size=self.batch, epochs=epochs, verbose=0)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict(x)


def version() -> str:
    import jax

    return f"plastica {pl.__version__} (jax {jax.__version__})"
