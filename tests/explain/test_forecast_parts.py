"""Why a forecast is as it is: closed forms, completeness, time stamps, and heat maps over time."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

import plastica
from plastica.errors import DataError, InvalidValue, UnknownName
from plastica.explain import explain_forecast
from plastica.forecasting import Forecaster

STEPS = 600
HOURS = np.arange(STEPS) * np.timedelta64(1, "h") + np.datetime64("2026-01-01", "s")
RANDOM = np.random.default_rng(0)


def frame():
    temp = 10 + np.convolve(RANDOM.normal(size=STEPS + 19), np.ones(20), "valid")
    load = 50 + 10 * np.sin(np.arange(STEPS) * 2 * np.pi / 24) + temp + RANDOM.normal(size=STEPS)
    return {"time": HOURS, "temp": temp, "load": load}


FRAME = frame()


@pytest.fixture(scope="module")
def linear():
    return Forecaster("ridge", horizon=4, look_back=24, target="load").fit(FRAME)


@pytest.fixture(scope="module")
def network():
    return Forecaster("mlp", horizon=4, look_back=24, target="load", past="temp", members=1, epochs=1).fit(FRAME)


def test_a_linear_forecast_has_its_closed_form(linear):
    # phi of a block = sum of w (x - mean of the background x), for weights w of each of its lags.
    read = linear.origin_rows(FRAME)
    found = explain_forecast(linear, FRAME)
    kernel = linear.fitted_.parts[0].arrays["kernels"][0]  # (lags, horizon), the oldest first
    memory, deviation = linear.fitted_.memory, linear.fitted_.scales.deviations[0]
    for place, name in enumerate(found.feature_names):
        numbers = read.groups[name]
        lags = [each - (memory - 24) for each in numbers if memory - 24 <= each < memory]
        far = (read.row[0] - read.background.mean(0))[[each + memory - 24 for each in lags]]
        expected = deviation * far @ kernel[lags] if lags else np.zeros(4)
        np.testing.assert_allclose(found.values[0, place, 1:], expected, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("which", ["linear", "network"])
def test_contributions_lead_from_other_forecasts_to_this_one(which, request):
    forecaster = request.getfixturevalue(which)
    found = explain_forecast(forecaster, FRAME)
    np.testing.assert_allclose(found.gap, 0, atol=1e-6)
    np.testing.assert_allclose(found.answers[0, 1:], forecaster.predict()["load"].to_numpy(), rtol=1e-5)
    assert found.answers[0, 0] == pytest.approx(found.answers[0, 1:].mean())
    assert found.error is not None and found.output_names[1] == "2026-01-26 00:00:00"
    assert found.cells[0][found.feature_names.index("value 1 step before")] == f"{FRAME['load'][-1]:.4g}"


def test_covariates_and_the_calendar_have_a_bar_each(network):
    found = explain_forecast(network, FRAME, output=["mean", 2])
    assert {"temp", "calendar"} <= set(found.feature_names) and found.output_names == ("mean", "2026-01-26 01:00:00")
    assert found.cells[0][found.feature_names.index("temp")] != "–"


def test_a_forecast_of_the_past_is_that_of_its_moment(linear):
    found = explain_forecast(linear, FRAME, at="2026-01-20 06:00")
    place = int(np.flatnonzero(np.datetime64("2026-01-20T06") == HOURS)[0])
    cut = {name: values[:place] for name, values in FRAME.items()}
    again = explain_forecast(linear, cut)
    np.testing.assert_allclose(found.answers, again.answers, rtol=1e-6)
    others = linear.origin_rows(FRAME, at="2026-01-20 06:00").background
    assert 10 <= len(others) <= STEPS // 24  # other days at six o'clock


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"at": "2031-01-01"}, InvalidValue, "at the latest"),
        ({"at": "noon"}, InvalidValue, "expected a time such as 2026-01-01"),
        ({"series": "b"}, InvalidValue, "expected one of"),
        ({"output": "2026-01-27"}, UnknownName, "no output"),
        ({"method": "deep"}, InvalidValue, "expected auto"),
        ({"most": 0}, InvalidValue, "at least 1"),
    ],
)
def test_what_is_not_forecast_is_refused(linear, given, error, said):
    with pytest.raises(error, match=said):
        explain_forecast(linear, FRAME, **given)


def test_too_little_of_a_series_is_refused(linear):
    with pytest.raises(DataError, match="reads 24"):
        explain_forecast(linear, {name: values[-9:] for name, values in FRAME.items()})
    with pytest.raises(DataError, match="no other forecast to compare with"):
        explain_forecast(linear, {name: values[-24:] for name, values in FRAME.items()})


def test_heat_maps_have_a_cell_for_each_feature_and_step(linear, tmp_path):
    explain_forecast(linear, FRAME).heat_map(tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text()
    assert "value 1 step before" in drawn and "2026-01-26" in drawn
    model = plastica.Sequential([plastica.LSTM(4), plastica.Dense(1)])
    x = RANDOM.normal(size=(3, 7, 2)).astype(np.float32)
    model.build((7, 2))
    found = plastica.explain.integrated_gradients(model, x, feature_names=[f"{n} t{t}" for t in range(7) for n in "ab"])
    assert found.values.shape == (3, 7, 2, 1)
    found.heat_map(tmp_path / "b.svg", row=2)
    assert "time step" in (tmp_path / "b.svg").read_text()
    with pytest.raises(InvalidValue, match="Use plot for a single list"):
        plastica.explain.integrated_gradients(lambda x: x.sum(1), np.ones((2, 3))).heat_map()


def test_the_command_explains_a_forecast(linear, network, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from plastica.cli.main import app

    monkeypatch.chdir(tmp_path)
    linear.save(tmp_path / "model.plastica")
    pl.DataFrame({**FRAME, "time": HOURS.astype("datetime64[ms]")}).write_csv("a.csv")

    def run(*given):
        return CliRunner().invoke(app, ["explain", "model.plastica", "a.csv", *given])

    said = run("--step", "2", "--out", "why.svg").stdout
    assert "forecast 2026-01-26 01:00:00: " in said and "±" in said and (tmp_path / "why.svg").exists()
    found = json.loads(run("--json").stdout)
    assert len(found["by_step"]) == 4 == len(found["steps"]) and found["mean"]["output"] == "mean"
    assert "预测 2026-01-26 00:00:00 至" in run("--lang", "zh").stdout
    for option, told in (
        ("--row=3", "--row is for tables"),
        ("--step=9", "has steps 1 to 4"),
        ("--changes", "for tables"),
    ):
        assert told in run(option).stderr
