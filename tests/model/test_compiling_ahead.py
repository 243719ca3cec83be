"""Programs that predict are compiled before they are needed."""

from __future__ import annotations

import numpy as np
import pytest
from jax import monitoring

import plastica as pl
from plastica.layers import Dense, Ensemble
from plastica.model.inference import compiling_predictions

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


@pytest.mark.parametrize("rows", [7, 300])
@pytest.mark.parametrize("layer", [Dense(5, "tanh"), Ensemble((Dense(3, "tanh"),), copies=2)])
def test_predictions_compile_nothing_when_their_programs_were_compiled_ahead(layer: pl.layers.Layer, rows: int) -> None:
    model = pl.Sequential([layer])
    model.build((None, 3))
    compiling_predictions(model, X[:1], {rows})()
    compiled: list[str] = []

    def listen(event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.endswith("backend_compile_duration"):
            compiled.append(event)

    monitoring.register_event_duration_secs_listener(listen)
    try:
        answers = model.predict(np.resize(X, (rows, 3)))
    finally:
        monitoring.unregister_event_duration_listener(listen)
    assert len(answers) == rows
    assert not compiled
