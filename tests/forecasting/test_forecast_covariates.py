"""Covariates of words, and public holidays."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.errors import InvalidValue, MissingExtra, PlasticaWarning
from plastica.forecasting import Forecaster, public_holidays, read_panel
from plastica.forecasting.joining import before

STEPS = 600
RANDOM = np.random.default_rng(1)
HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(STEPS) * np.timedelta64(1, "h")
WEATHER = RANDOM.choice(["sun", "rain", "fog"], STEPS)
EFFECT = np.array([{"sun": 0.0, "rain": 3.0, "fog": -3.0}[each] for each in WEATHER])
LOAD = 5 + np.sin(np.arange(STEPS) * 2 * np.pi / 24) + EFFECT + 0.05 * RANDOM.normal(size=STEPS)
FRAME = polars.DataFrame({"time": HOURS, "load": LOAD, "weather": WEATHER})
QUICK: dict[str, Any] = {"model": "linear_calendar", "horizon": 6, "look_back": 48, "target": "load"}


@pytest.fixture(scope="module")
def fitted():
    return Forecaster(known=["weather"], **QUICK).fit(FRAME[:500])


def test_words_known_of_the_future_tell_the_forecast(fitted, tmp_path):
    found = fitted.evaluate(FRAME)
    assert found.own.mae < 0.2 < 1 < found.errors["ridge"].mae  # the noise has .05; the weather ±3
    assert "has 3 words" in " ".join(map(str, fitted.notes_))
    future = FRAME[480:506].with_columns(load=polars.when(polars.int_range(26) < 20).then("load"))
    made = fitted.predict(future)
    assert np.abs(made["load"].to_numpy() - LOAD[500:506]).max() < 0.5
    again = pl.load(fitted.save(tmp_path / "load.plastica"))
    assert again.predict(future).equals(made)


def test_a_word_that_was_not_in_training_counts_as_none_and_is_said(fitted):
    strange = FRAME.with_columns(
        weather=polars.when(polars.int_range(STEPS) == 550).then(polars.lit("snow")).otherwise("weather")
    )
    with pytest.warns(PlasticaWarning, match="'snow' in column 'weather' was not in training"):
        fitted.evaluate(strange)
    panel = read_panel(strange, target="load", known=["weather"])  # read before the span of training is known
    model = Forecaster(known=["weather"], **QUICK).fit(before(panel, int(panel.starts[0]) + 500))
    with pytest.warns(PlasticaWarning, match="'weather=snow' never varied in training"):
        found = model.evaluate(panel)
    assert found.own.mae < 0.3


def test_rare_words_share_a_place():
    words = [f"w{place % 40}" for place in range(STEPS)]
    panel = read_panel(FRAME.with_columns(weather=polars.Series(words)), target="load", past=["weather"])
    assert len(panel.roles.past_columns) == 30 and "10 rare words" in " ".join(map(str, panel.notes))


def country_holidays(country, subdiv=None, years=()):
    if country != "XY":
        raise NotImplementedError
    return {np.datetime64(f"{year}-01-14").item(): "day of series" for year in years}


@pytest.fixture
def calendar(monkeypatch):
    public_holidays.days_off.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", SimpleNamespace(country_holidays=country_holidays))
    yield
    public_holidays.days_off.cache_clear()


def test_holidays_are_known_with_the_days_around_them(calendar):
    days = np.arange("2026-01-12", "2026-01-18", dtype="datetime64[D]")
    expected = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(public_holidays.holiday_features("XY", days), expected)
    model = Forecaster(holidays="XY", **QUICK).fit(FRAME[:500])
    plain = Forecaster(**QUICK).fit(FRAME[:500])
    shapes = [each.fitted_.windows(each.fitted_.tail).shape.future for each in (model, plain)]
    assert shapes[0] == shapes[1] + public_holidays.FEATURES


def test_unknown_countries_and_a_missing_package_are_errors(calendar, monkeypatch):
    with pytest.raises(InvalidValue, match="holidays='QQ': no such country or state"):
        Forecaster(holidays="QQ", **QUICK).fit(FRAME)
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(MissingExtra, match=r"pip install 'plastica\[holidays\]'"):
        Forecaster(holidays="XY", **QUICK).fit(FRAME)
