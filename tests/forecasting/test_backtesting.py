"""Backtests: folds follow each other, see nothing of what follows, and stand beside simple forecasts."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.forecasting import Forecaster

HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(480) * np.timedelta64(1, "h")
LOAD = 5 + np.sin(np.arange(480) * 2 * np.pi / 24) + 0.05 * np.random.default_rng(0).normal(size=480)
QUICK: dict[str, Any] = {"model": "nlinear", "horizon": 6, "look_back": 48, "epochs": 2}


def backtested(values, folds=3, **more):
    return Forecaster(**{**QUICK, **more}).backtest(polars.DataFrame({"time": HOURS, "load": values}), folds, 48)


@pytest.fixture(scope="module")
def found():
    return backtested(LOAD)


def test_folds_follow_each_other_up_to_the_end(found):
    own = found.filter(polars.col("model") == "nlinear")
    assert own["first"].to_list() == ["2026-01-19 00:00:00", "2026-01-21 00:00:00", "2026-01-23 00:00:00"]
    assert own["last"].to_list()[-1] == "2026-01-24 23:00:00" and own["forecasts"].to_list() == [43] * 3
    naive = found.filter((polars.col("model") == "yesterday") & (polars.col("fold") == 0))
    steps = np.arange(336, 379)[:, None] + np.arange(6)
    assert naive["mae"].item() == pytest.approx(np.abs(LOAD[steps] - LOAD[steps - 24]).mean(), rel=1e-5)


def test_a_fold_sees_nothing_of_what_follows(found):
    """A leak planted behind the second fold changes neither it nor the first one."""
    planted = backtested(np.where(np.arange(480) >= 432, 1e3, LOAD))
    for fold in (0, 1):
        rows = [each.filter(polars.col("fold") == fold) for each in (found, planted)]
        np.testing.assert_allclose(*(each["mae"].to_numpy() for each in rows), rtol=1e-5)


def test_weights_of_a_combination_come_from_the_folds_before(found):
    planted = np.where(np.arange(480) >= 432, 1e3, LOAD)
    made = [backtested(values, model="auto", epochs=1) for values in (LOAD, planted)]
    first, second = (each.filter((polars.col("model") == "auto") & (polars.col("fold") < 2)) for each in made)
    np.testing.assert_allclose(first["mae"].to_numpy(), second["mae"].to_numpy(), rtol=1e-5)
    assert {"auto", "mlp", "linear", "ridge"} <= set(made[0]["model"].to_list()) and first.height == 2


def test_bad_folds_are_errors():
    with pytest.raises(InvalidValue, match="leave nothing of 480 steps to train on"):
        backtested(LOAD, folds=10)
    with pytest.raises(InvalidValue, match="folds=0"):
        backtested(LOAD, folds=0)
    with pytest.raises(DataError, match="the first fold has no window"):
        backtested(LOAD, folds=9)
