"""When forecasts fail, what networks lean on, what series are made of: against planted causes and plain loops."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars
import pytest

from plastica.forecasting import Forecaster, read_panel
from plastica.forecasting.analysis import analyse, failures, series
from plastica.forecasting.analysis.reliance import blocks, isolated, reliance
from plastica.forecasting.fitted import JudgedForecasts
from plastica.forecasting.scales import learn_scales
from plastica.forecasting.windows import windows_of

RANDOM = np.random.default_rng(0)
HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(24 * 70) * np.timedelta64(1, "h")
NOISE = RANDOM.normal(size=len(HOURS))
HORIZON, LOOK_BACK = 6, 168


def panel_of(values, **more):
    return read_panel({"time": HOURS[: len(values)], "load": values, **more}, target="load", known=list(more))


def judged_by(panel, answer):
    """Forecasts of a function of windows and origins, as the networks of a forecaster."""
    windows = windows_of(panel, learn_scales(panel), LOOK_BACK, HORIZON, flags=False)
    fitted = SimpleNamespace(answers=answer, look_back=LOOK_BACK, horizon=HORIZON, frequency=panel.frequency)
    fitted.tail, fitted.memory = panel, LOOK_BACK
    origins = windows.origins(24 * 30 + int(panel.starts[0]))
    made = {"net": answer(windows, origins), "last_value": np.repeat(windows.values[origins - 1], HORIZON, 1)}
    return fitted, JudgedForecasts(windows, origins, windows.truth(origins), made, made["net"] - 1, made["net"] + 1)


def last_week(windows, origins):
    """Forecast the values of a week before; of a lag of 168 steps and the five after it."""
    return windows.unscaled(origins, windows.values[origins[:, None] - 168 + np.arange(HORIZON), 0])


def test_only_the_lags_that_are_read_matter():
    fitted, judged = judged_by(panel_of(np.tile(RANDOM.normal(size=168), 10)), last_week)
    found = reliance(fitted, replace(judged, truth=judged.truth + 0.1))  # exact forecasts have no error to grow
    growth = {(each.first, each.last): each.increase for each in found.lags}
    assert growth.pop((145, 168)) > 2
    assert set(growth.values()) == {0.0} and set(found.calendar.values()) == {0.0}


def test_a_known_covariate_and_the_calendar_matter_where_they_are_read():
    def from_rain_and_hour(windows, origins):
        known = windows.future[windows.rows[origins][:, None] + np.arange(HORIZON)]
        return windows.unscaled(origins, known[..., -1] + known[..., 7])  # rain, and whether it is 7 o'clock

    fitted, judged = judged_by(panel_of(NOISE, rain=NOISE[::-1]), from_rain_and_hour)
    found = reliance(fitted, replace(judged, truth=judged.forecasts["net"] + 0.1))
    assert found.covariates["rain"] > 1 and found.calendar["hour"] > 0.5
    assert abs(found.calendar["weekday"]) < 1e-6 and {each.increase for each in found.lags} == {0.0}


def test_windows_by_themselves_are_read_as_among_others():
    """Networks, covariates and holes included."""
    load = np.where(np.arange(600) % 50 == 0, np.nan, NOISE[:600])
    panel = panel_of(load, rain=NOISE[:600])
    forecaster = Forecaster("nlinear", horizon=6, look_back=48, members=1, epochs=1, target="load", known=["rain"])
    fitted = forecaster.fit(panel).fitted_
    windows = fitted.windows(panel)
    origins = windows.origins()[::40]
    alone, begins = isolated(windows, origins, fitted.memory)
    np.testing.assert_allclose(fitted.answers(alone, begins), fitted.answers(windows, origins), rtol=1e-5)


def test_methods_with_arrays_for_each_series_read_windows_by_themselves_too():
    """Of two series, one without a window in the test span."""
    table = {"time": np.tile(HOURS[:900], 2), "lot": ["a"] * 900 + ["b"] * 900, "load": NOISE[np.r_[:900, 700:1600]]}
    panel = read_panel(table, target="load", group="lot")
    # Smoothing of noise forgets slowly how it began: .99^200 is left of what lies before the memory.
    for name, tolerance in {"theta": 0.2, "seasonal_median": 1e-3, "ridge": 1e-3}.items():
        forecaster = Forecaster(name, horizon=6, look_back=48, target="load", group="lot")
        fitted = forecaster.fit(panel).fitted_
        windows = fitted.windows(panel)
        origins = windows.origins()[600:800:50]
        alone, begins = isolated(windows, origins, fitted.memory)
        found, wanted = fitted.answers(alone, begins), fitted.answers(windows, origins)
        np.testing.assert_allclose(found, wanted, atol=tolerance * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((168, (24, 168)), [(1, 1), (2, 6), (7, 24), (25, 48), *((d * 24 + 1, d * 24 + 24) for d in range(2, 7))]),
        ((20, ()), [(1, 1), (2, 5), (6, 10), (11, 15), (16, 20)]),
        ((3, (24,)), [(1, 1), (2, 2), (3, 3)]),
        ((672, (24, 168)), [(1, 1), (2, 6), (7, 24), (25, 96), *((d * 96 + 1, d * 96 + 96) for d in range(1, 7))]),
    ],
)
def test_blocks_of_lags_cover_the_window_once(given, wanted):
    found = blocks(*given)
    assert found == wanted
    assert [lag for first, last in found for lag in range(first, last + 1)] == list(range(1, given[0] + 1))


@pytest.fixture(scope="module")
def judged():
    """A network that is always .5 too high, but 3 on Sunday 1 March 2026 from 6 to 18."""
    values = 10 + np.tile(np.sin(np.arange(24) * 2 * np.pi / 24), 70)

    def answer(windows, origins):
        steps = windows.positions[origins][:, None] + np.arange(HORIZON) - int(panel.starts[0])
        off = np.where((steps >= 55 * 24 + 6) & (steps < 55 * 24 + 18), 3.0, 0.5)
        return windows.truth(origins) + off

    panel = panel_of(values)
    return panel, judged_by(panel, answer)[1]


def test_errors_by_hour_and_weekday_are_those_of_a_table(judged):
    panel, made = judged
    steps = made.windows.positions[made.origins][:, None] + np.arange(HORIZON)
    off = np.abs(made.forecasts["last_value"] - made.truth)
    table = polars.DataFrame({"step": steps.ravel() - int(panel.starts[0]), "off": off.ravel()})
    table = table.with_columns(hour=polars.col("step") % 24, weekday=polars.col("step") // 24 % 7)  # begins on a Monday
    for found in failures.errors_by_slot(made, panel.frequency)[:2]:
        wanted = table.group_by(found.slot).agg(polars.col("off").mean()).sort(found.slot)
        assert found.values == tuple(wanted[found.slot])
        np.testing.assert_allclose(found.errors["last_value"], wanted["off"])


def test_the_worst_day_is_the_planted_one(judged):
    panel, made = judged
    worst, second = failures.worst_days(made, panel, "net", "last_value")[:2]
    assert (worst.day, worst.weekday, worst.series) == ("2026-03-01", 6, "")
    assert worst.error == pytest.approx(1.75, abs=0.01) and worst.forecast - worst.happened == pytest.approx(1.75, 0.01)
    assert second.error == pytest.approx(0.5) and worst.times > 3


def test_the_parts_of_the_test_span_make_up_the_whole(judged):
    panel, made = judged
    spans = failures.errors_by_span(made, panel.frequency, "net", "last_value")
    whole = np.abs(made.forecasts["net"] - made.truth).mean()
    assert len(spans) == 6 and np.mean([each.error for each in spans]) == pytest.approx(whole, rel=0.02)
    assert max(range(6), key=lambda span: spans[span].error) == 3  # 1 March is 25 of 40 days after the first origin


def test_series_are_ranked_by_what_they_lose_to_the_rival():
    table = {"time": np.tile(HOURS[:600], 2), "lot": ["a"] * 600 + ["b"] * 600, "load": np.tile(NOISE[:600], 2)}
    panel = read_panel(table, target="load", group="lot")
    windows = windows_of(panel, learn_scales(panel), LOOK_BACK, HORIZON, flags=False)
    origins = windows.origins()
    truth, second = windows.truth(origins), (windows.series[origins] == 1)[:, None]
    made = {"net": truth + np.where(second, 2.0, 0.5), "last_value": truth + 1}
    found = failures.errors_by_series(
        JudgedForecasts(windows, origins, truth, made, truth, truth), panel, "net", "last_value"
    )
    assert [(each.series, round(each.error, 6)) for each in found] == [("b", 2.0), ("a", 0.5)]


def test_an_unusual_day_and_a_change_of_the_level_are_found():
    values = 10 + np.tile(np.sin(np.arange(24) * 2 * np.pi / 24), 70) + 0.1 * NOISE
    values[24 * 20 : 24 * 21] += 5
    values[24 * 45 :] += 2
    panel = panel_of(values)
    days = series.unusual_days(series.examined_days(panel))
    assert days[0].day == "2026-01-25" and days[0].value - days[0].usual == pytest.approx(5, abs=0.5)
    (change,) = series.level_changes(series.examined_days(panel))
    assert change.day == "2026-02-19" and change.after - change.before == pytest.approx(2, abs=0.2)


def test_short_series_and_those_without_seasons_have_no_parts():
    assert series.series_parts(panel_of(NOISE[:40])) is None
    numbers = read_panel({"step": np.arange(100), "load": NOISE[:100]}, time="step", target="load")
    assert series.series_parts(numbers) is None and series.examined_days(numbers) == []


@pytest.mark.parametrize(
    ("stamps", "slots", "moves"),
    [
        (np.arange("2015-01-01", "2026-01-01", dtype="datetime64[M]"), ["month"], {"month"}),
        (np.arange("2022-01-01", "2024-04-01", dtype="datetime64[D]"), ["weekday", "month"], {"weekday", "year"}),
        (np.arange(400), [], set()),
    ],
)
def test_other_frequencies_have_their_own_slots(stamps, slots, moves):
    values = np.sin(np.arange(len(stamps)) / 3) + 0.1 * NOISE[: len(stamps)]
    forecaster = Forecaster("linear_calendar", horizon=3, look_back=14, time="t")
    panel = forecaster.read({"t": stamps, "y": values})
    forecaster.fit({"t": stamps[:-40], "y": values[:-40]})
    found = analyse(forecaster.fitted_, panel, *forecaster.judged(panel))
    assert [each.slot for each in found.by_slot] == slots and set(found.reliance.calendar) == moves
    assert found.worst_days[0].times >= found.worst_days[-1].times > 0
