"""Forecasters as ONNX, C and HTML: the last values in, the forecasts of Forecaster.predict out."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue
from plastica.export.forecast_program import forecast_program
from plastica.export.measuring import check_rows, measure
from plastica.export.targets import TARGETS
from plastica.forecasting import Forecaster
from plastica.forecasting.calendar import calendar_features
from plastica.forecasting.frequency import Frequency

from .test_forecast_file import CASES, fitted, hourly

NEEDS = {"onnx": "", "c": "gcc", "html": "node"}
CASES_BY_TARGET = [
    ("theta", "c"), ("periodic", "html"), ("ridge", "onnx"), ("known covariates", "onnx"), ("open hours", "onnx"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "to"), CASES_BY_TARGET)
def test_a_file_forecasts_after_each_newer_step_as_the_forecaster_does(name, to, tmp_path):
    if NEEDS[to] and shutil.which(NEEDS[to]) is None:
        pytest.skip(f"needs {NEEDS[to]}")
    forecaster, _ = fitted(name)
    draw, until, _ = CASES[name]
    longer = hourly(4000) if draw is hourly else draw()
    longer[until - 20 :].write_csv(tmp_path / "newer.csv")
    written = pl.export.write(forecaster, tmp_path / f"ahead.{to}")
    assert measure(written).difference < 1e-5
    found = measure(written, check_rows(written.exported, tmp_path / "newer.csv"))
    assert found.rows > 5 and found.difference < 1e-5


def test_the_last_values_and_the_number_of_a_step_are_all_it_takes(tmp_path):
    pytest.importorskip("onnxruntime")
    frame = hourly(600)
    forecaster = Forecaster("linear_calendar", horizon=6, look_back=24, target="load").fit(frame[:500])
    written = pl.export.write(forecaster, tmp_path / "ahead.onnx")
    program = written.exported.program
    (history,) = (value.shape[1] for value in program.inputs if len(value.shape) == 2)
    hours = int((np.datetime64("2026-01-05T00", "h") + np.timedelta64(600, "h")).astype(int))
    x = [frame["load"].to_numpy()[None, -history:].astype(np.float32), np.array([hours], np.int32)]
    forecast, low, high = TARGETS["onnx"].writer.opened(written.paths[0], program)(x)
    expected = forecaster.predict(frame)
    for own, name in ((forecast, "load"), (low, "load_low"), (high, "load_high")):
        np.testing.assert_allclose(own[0], expected[name].to_numpy(), rtol=1e-5)
    told = written.exported.forecast.sentences()
    assert f"the last {history} values" in told[0] and f"{500 + hours - 600} is 2026-01-25 20:00:00" in told[1]
    assert "only in Python files" in told[-1]


@pytest.mark.parametrize(
    "frequency",
    [
        Frequency(3600.0),
        Frequency(1800.0, phase=600.0),
        Frequency(900.0),
        Frequency(600.0),
        Frequency(86_400.0, phase=43_200.0),
        Frequency(604_800.0, phase=345_600.0),
        Frequency(3.0, "month"),
        Frequency(3600.0, cycle=24, slots=(9, 10, 11)),
    ],
)
def test_the_calendar_in_whole_numbers_is_that_of_time_stamps(frequency):
    from plastica.export.forecast_calendar import StepCalendar

    day = frequency.positions(np.array([0.0, 86_400.0 * 11_000, 86_400.0 * 46_200]))
    steps = np.concatenate([np.arange(each, each + 3000) for each in day])  # 1970, 2000 with its leap day, 2096 to 2100
    found = StepCalendar(frequency, True, None).features(steps[None].astype(np.int32))
    expected = calendar_features(frequency, steps, yearly=True)
    np.testing.assert_allclose(np.asarray(found)[0], expected, atol=1e-6)


def test_days_of_odd_steps_cannot_be_told():
    frame = hourly(600, 5000)
    forecaster = Forecaster("linear_calendar", horizon=6, look_back=24, target="load").fit(frame)
    with pytest.raises(InvalidValue, match="steps of this series are 5000 seconds apart"):
        forecast_program(forecaster)


def test_newer_rows_that_are_too_few_are_refused(tmp_path):
    forecaster = Forecaster("last_value", horizon=6, look_back=24, target="load").fit(hourly(500))
    written = pl.export.write(forecaster, tmp_path / "ahead.onnx")
    hourly(502)[499:].write_csv(tmp_path / "newer.csv")
    with pytest.raises(DataError, match=r"^\S+ has no step after which 6 steps are known"):
        check_rows(written.exported, tmp_path / "newer.csv")
