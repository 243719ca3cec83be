"""A forecaster whose training stopped is resumed and has the weights of one that was trained at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars
import pytest

from plastica.errors import InvalidValue
from plastica.forecasting import Forecaster

HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(300) * np.timedelta64(1, "h")
LOAD = np.sin(np.arange(300) * 2 * np.pi / 24) + np.random.default_rng(0).normal(size=300)
FRAME = polars.DataFrame({"time": HOURS, "load": LOAD})


def model(**more: Any) -> Forecaster:
    return Forecaster(**{"horizon": 4, "look_back": 24, "members": 2, "epochs": 4, **more})


def test_a_stopped_training_is_resumed_to_the_same_forecaster(tmp_path):
    straight = model().fit(FRAME)
    kept: dict[str, Any] = {"checkpoint": tmp_path / "kept", "checkpoint_seconds": 0.0}
    stopped = model().fit(FRAME, max_steps=5, **kept)
    assert not stopped.predict().equals(straight.predict())
    resumed = model().fit(FRAME, resume=True, **kept)
    expected, found = (each.save(tmp_path / name).read_bytes() for each, name in ((straight, "a"), (resumed, "b")))
    assert found == expected
    with pytest.raises(InvalidValue, match="belongs to another run"):
        model(horizon=5).fit(FRAME, resume=True, **kept)
