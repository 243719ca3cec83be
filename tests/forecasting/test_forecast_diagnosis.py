"""What the doctor finds of forecasts: each fault planted in a series, and nothing on its healthy twin."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, NotFitted

STEPS, SEASON = 900, 24
RNG = np.random.default_rng(0)
WAVE = np.sin(2 * np.pi * np.arange(STEPS) / SEASON)
HOURS = np.arange(STEPS).astype("timedelta64[h]") + np.datetime64("2026-01-01", "h")


def frame(values, **columns):
    return {"time": HOURS[: len(values)], "load": values, **columns}


def cut(given, end):
    return {name: values[:end] for name, values in given.items()}


def fitted(given, model="dlinear", end=600, **options):
    chosen = {"horizon": 6, "members": 1, "epochs": 8, "look_back": 48, "target": "load", "batch_size": 64, **options}
    return pl.Forecaster(model, **chosen).fit(cut(given, end))


@pytest.fixture(scope="module")
def healthy():
    given = frame(10 + WAVE + 0.2 * RNG.normal(size=STEPS))
    return fitted(given, "nlinear", epochs=60, learning_rate=0.01), given


def test_a_healthy_forecast_is_said_nothing_of(healthy):
    forecaster, given = healthy
    found = forecaster.diagnose(given)
    assert set(found.codes) <= {"worse_than_simple"}, found  # ridge regression is hard to beat here
    assert found.measures["results"].own.mae < 0.3 and found.measures["reliance"].past > 0.1


def test_without_later_rows_forecasts_cannot_be_judged(healthy):
    forecaster, given = healthy
    assert "no step after training" in str(forecaster.diagnose(cut(given, 600)).unjudged[0])


def test_other_rows_than_those_of_training_are_refused(healthy):
    forecaster, given = healthy
    with pytest.raises(DataError, match=r"their values differ\. Give the rows of training"):
        forecaster.diagnose(frame(given["load"] * 2))
    with pytest.raises(NotFitted):
        pl.Forecaster().diagnose(given)


@pytest.fixture(scope="module")
def ill():
    """A covariate given as known tells all of the target, until its level moves after training."""
    drawn = RNG.normal(size=STEPS)
    values = 10 + drawn + 0.05 * RNG.normal(size=STEPS)
    values[600:] += 3
    given = frame(values, sold=drawn, warm=drawn + 2 * RNG.normal(size=STEPS))
    return fitted(given, "mlp", known=["sold", "warm"], look_back=24, epochs=20).diagnose(given)


def test_a_known_covariate_that_tells_the_target_is_found(ill):
    assert ill["late_covariate"].where == "sold" and ill.codes.count("late_covariate") == 1


def test_a_past_that_says_nothing_more_is_not_used(ill):
    assert ill["unused_past"].value < 0.01 and ill["unused_past"].where == "mlp"


def test_a_level_that_moved_after_training_is_found_by_its_offset(ill):
    np.testing.assert_allclose(ill["off_level"].value, 1.0, atol=0.1)  # all of the error
    assert "10 in training and is 12.9 since" in ill["off_level"].message


def test_a_season_behind_the_look_back_is_found():
    # Each hour of the day has a level of its own, in no order that a few values tell, and too few steps to learn it.
    given = frame(np.resize(RNG.permutation(np.arange(SEASON)), STEPS) + 0.1 * RNG.normal(size=STEPS))
    found = fitted(given, look_back=3, epochs=1, learning_rate=1e-6).diagnose(given)
    assert found["season_out_of_sight"].remedy == f"Forecaster(look_back={SEASON})"
    assert "worse_than_simple" in found.codes
