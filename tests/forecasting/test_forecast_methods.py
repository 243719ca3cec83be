"""Forecasting methods in closed form for panels, each against another computation; nothing behind an origin is read."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars
import pytest
from sklearn.linear_model import Ridge

from plastica.forecasting.baselines import ridge_forecast
from plastica.forecasting.classical.theta import theta
from plastica.forecasting.methods import METHODS, LearnedArrays, linear, periodic
from plastica.forecasting.panel import read_panel
from plastica.forecasting.scales import grows_with_level, learn_scales
from plastica.forecasting.windows import PanelWindows, windows_of

HORIZON, LOOK_BACK, STEPS = 6, 30, 600
RANDOM = np.random.default_rng(3)
LEVELS = np.cumsum(RANDOM.normal(size=STEPS)) * 0.1 + np.sin(np.arange(STEPS) * np.pi / 12)


def windows_for(values, **given):
    times = np.datetime64("2026-01-05T00", "us") + np.arange(len(values)) * np.timedelta64(1, "h")
    panel = read_panel(polars.DataFrame({"time": times, "load": values}))
    return windows_of(panel, learn_scales(panel), LOOK_BACK, HORIZON, flags=False, **given)


@pytest.fixture(scope="module")
def windows():
    return windows_for(LEVELS)


def learned_by(name: str, windows: PanelWindows, until: int, loss: str) -> LearnedArrays:
    learned = METHODS[name].learn(windows, until, loss)
    assert learned is not None
    return learned


def until(windows, step):
    return int(windows.positions[0]) + step


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("loss", ["mae", "mse"])
def test_values_from_the_origin_on_are_not_read(windows, name, loss):
    method, cut = METHODS[name], until(windows, 400)
    changed = windows.values.copy()
    changed[500:] = 1e6
    other = dataclasses.replace(windows, values=changed)
    learned = learned_by(name, windows, cut, loss)
    np.testing.assert_array_equal(
        method.forecast(learned, windows, np.array([500])), method.forecast(learned, other, np.array([500]))
    )
    changed = windows.values.copy()
    changed[400:] = 1e6
    again = learned_by(name, dataclasses.replace(windows, values=changed), cut, loss)
    for key, value in learned.items():
        np.testing.assert_array_equal(value, again[key], err_msg=key)


def test_naive_methods_repeat_values(windows):
    own = windows.values[:, 0]
    for name, season in (("last_value", 1), ("seasonal_naive", 24), ("longer_seasonal_naive", 168)):
        learned = learned_by(name, windows, until(windows, 600), "mae")
        made = METHODS[name].forecast(learned, windows, np.array([300]))
        np.testing.assert_allclose(made[0], own[300 - season + np.arange(6) % season], err_msg=name)
    assert METHODS["longer_seasonal_naive"].learn(windows, until(windows, 100), "mae") is None  # shorter than a week


def test_the_seasonal_median_is_that_of_each_hour(windows):
    learned = learned_by("seasonal_median", windows, until(windows, 480), "mae")  # no three weeks: the day
    made = METHODS["seasonal_median"].forecast(learned, windows, np.array([480]))
    np.testing.assert_allclose(made[0], np.median(windows.values[:480, 0].reshape(-1, 24), axis=0)[:6], rtol=1e-6)


def test_theta_goes_on_as_the_method_for_one_series_does(windows):
    """The panel's form needs a level only; that of one series keeps its line and smooths it."""
    values = windows.values[:, 0].astype(float)
    shift = values[:400].max() + 1.0  # no season is multiplied
    single = theta(values[:400] - shift, 24)
    learned = learned_by("theta", windows, until(windows, 400), "mae")
    for origin in (400, 450):
        moved = single if origin == 400 else single.update(values[400:origin] - shift)
        made = METHODS["theta"].forecast(learned, windows, np.array([origin]))[0]
        np.testing.assert_allclose(made, moved.forecast(HORIZON) + shift, atol=0.02)


def test_linear_weights_are_those_of_ridge_regression(windows, monkeypatch):
    monkeypatch.setattr(linear, "PENALTIES", (30.0,))
    learned = learned_by("linear", windows, until(windows, 600), "mse")
    origins = windows.origins()
    x = windows.values[origins[:, None] - LOOK_BACK + np.arange(LOOK_BACK), 0].astype(float)
    level = x.mean(1, keepdims=True)
    peer = Ridge(30.0 + linear.SMALL * len(origins)).fit(x - level, windows.targets(origins)[..., 0] - level)
    made = METHODS["linear"].forecast(learned, windows, origins)
    np.testing.assert_allclose(made, peer.predict(x - level) + level, atol=1e-4)


def test_periodic_weights_are_those_of_ridge_regression(windows, monkeypatch):
    """Each hour of the next day is a weighted sum of the same hour of earlier days, all with one set of weights."""
    monkeypatch.setattr(periodic, "PENALTIES", (0.1,))
    monkeypatch.setattr(periodic, "CYCLES", 4)
    learned = learned_by("periodic", windows, until(windows, 600), "mae")
    own, rows, targets = windows.values[:, 0].astype(float), [], []
    origins = np.arange(96, 595)
    for origin in origins:
        past = own[origin - 96 : origin] - own[origin - 96 : origin].mean()
        padded = np.pad(past, 12, mode="edge")
        past = past + [padded[place : place + 25].mean() for place in range(96)]
        rows.append(past.reshape(4, 24)[:, :HORIZON].T)
        targets.append(own[origin : origin + HORIZON] - own[origin - 96 : origin].mean())
    x, y = np.concatenate(rows), np.concatenate(targets)
    kernel = Ridge(0.1 * np.trace(x.T @ x) / 4, fit_intercept=False).fit(x, y).coef_
    np.testing.assert_allclose(learned["weights"][:, 0], kernel, atol=1e-5)
    made = METHODS["periodic"].forecast(learned, windows, origins[:1])
    np.testing.assert_allclose(made[0], rows[0] @ kernel + own[:96].mean(), atol=1e-5)


def test_own_ridge_is_the_baseline_of_the_results(windows):
    learned = learned_by("ridge", windows, until(windows, 400), "mae")
    origins = np.array([450, 500])
    baseline = ridge_forecast(windows, until(windows, 400))
    assert baseline is not None
    made = METHODS["ridge"].forecast(learned, windows, origins)
    np.testing.assert_allclose(made, baseline(origins), atol=1e-6)


def test_logarithms_are_for_series_that_vary_with_their_level():
    steps = np.arange(144)
    wave = 1 + 0.2 * np.sin(2 * np.pi * steps / 12)
    assert grows_with_level((100 + 3 * steps) * wave, 12)
    assert not grows_with_level(100 + 3 * steps + 20 * wave, 12)  # varies evenly
    assert not grows_with_level((100 + 0.1 * steps) * wave, 12)  # hardly grows
    assert not grows_with_level((100 + 3 * steps) * wave - 100, 12)  # below 0
    windows = windows_for(np.exp(LEVELS / 4 + np.arange(STEPS) / 150))
    assert windows.logarithms.all()
    origins = np.array([100, 300])
    np.testing.assert_allclose(
        windows.truth(origins)[0], np.exp(LEVELS / 4 + np.arange(STEPS) / 150)[100:106], rtol=1e-5
    )


def test_amounts_are_never_forecast_below_zero():
    windows = windows_for(np.maximum(LEVELS, 0))
    assert (windows.lowest == 0).all() and (windows.unscaled(np.array([100]), np.full((1, 6), -9.0)) == 0).all()
    assert np.isinf(windows_for(LEVELS).lowest).all()
