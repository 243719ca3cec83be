"""The range of forecasts: found, said, kept by intervals, and never applied to what happened."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.forecasting import Forecaster
from plastica.forecasting.limits import is_amount

STEPS = 480
HOURS = np.arange(STEPS) * np.timedelta64(1, "h") + np.datetime64("2026-01-01", "s")


def frame_of(values):
    return {"time": HOURS, "load": values}


def concentrations():
    """Like PM2.5: never 0, far more skewed than a normal distribution."""
    random = np.random.default_rng(0)
    smooth = np.convolve(random.normal(size=STEPS + 23), np.ones(24) / 5, "valid")
    return np.exp(smooth + 0.5 * np.sin(np.arange(STEPS) * 2 * np.pi / 24)) + 0.5


def forecaster(**options):
    return Forecaster("linear", horizon=6, look_back=48, **options)


def test_concentrations_and_counts_are_amounts_and_temperatures_are_not():
    random = np.random.default_rng(1)
    assert is_amount(concentrations()) and is_amount(random.poisson(0.2, 500).astype(float))
    assert not is_amount(15 + 5 * random.normal(size=500).clip(-2.5, 2.5))  # a summer
    assert not is_amount(random.normal(size=500)) and not is_amount(np.full(9, 3.0))


def test_intervals_end_at_zero_and_cover_as_much_as_without_a_limit():
    values = concentrations()
    train, whole = frame_of(values)["load"][:400], frame_of(values)
    past = {"time": HOURS[:400], "load": train}
    found = {}
    for minimum in ("auto", None):
        made = forecaster(minimum=minimum).fit(past)
        results, judged = made.judged(whole)
        found[minimum] = results, judged, made
    free, kept = found[None], found["auto"]
    assert free[1].low.min() < 0 <= kept[1].low.min()
    np.testing.assert_allclose(kept[1].low, np.maximum(free[1].low, 0))
    assert kept[0].coverage == free[0].coverage and kept[0].width < free[0].width
    assert kept[0].own.mae <= free[0].own.mae
    assert any("'load' end at 0" in str(each) for each in kept[2].notes_) and not free[2].notes_


def test_what_happened_below_a_limit_counts_as_it_is():
    values = concentrations()
    values[450:] = -5.0
    made = forecaster().fit({"time": HOURS[:400], "load": values[:400]})
    _, judged = made.judged(frame_of(values))
    assert judged.truth.min() == pytest.approx(-5, rel=1e-4) and judged.low.min() >= 0


def test_limits_that_are_given_hold_and_are_kept_in_the_file(tmp_path):
    values = 50 + 40 * np.sin(np.arange(STEPS) * 2 * np.pi / 24) + 9 * np.random.default_rng(2).normal(size=STEPS)
    values = np.clip(values, 0, 60)  # a car park that is full
    made = forecaster(minimum=0, maximum=60.0, quantiles=(0.05, 0.95)).fit(frame_of(values))
    path = made.save(tmp_path / "a.plastica")
    for each in (made, Forecaster.load(path)):
        answered = each.predict().to_numpy()[:, 1:].astype(float)
        assert answered.min() >= 0 and answered.max() <= 60.0
        assert np.isclose(answered, 60.0).any()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"minimum": "zero"}, InvalidValue, "minimum='zero'"),
        ({"minimum": float("nan")}, InvalidValue, "minimum=nan"),
        ({"maximum": "auto"}, InvalidValue, "maximum='auto'"),
        ({"minimum": 3, "maximum": 2}, InvalidValue, "the minimum must be below the maximum"),
        ({"minimum": 10}, DataError, "beyond minimum=10 in the training span"),
        ({"maximum": 0.6}, DataError, "beyond maximum=0.6"),
    ],
)
def test_limits_that_cannot_be_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        forecaster(**options).fit(frame_of(concentrations()))
