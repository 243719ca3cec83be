"""The report of forecasts: the same in both languages, complete, loading nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from plastica.errors import InvalidValue
from plastica.forecasting import Forecaster
from plastica.forecasting.analysis import analyse, series_parts
from plastica.forecasting.diagnosis import diagnose_forecast
from plastica.report import write_forecast_report
from plastica.report.forecast_reasons import explain_forecasts

HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(300) * np.timedelta64(1, "h")
LOAD = 5 + np.sin(np.arange(300) * 2 * np.pi / 24) + 0.05 * np.random.default_rng(0).normal(size=300)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "input", "link", "br", "img"):
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    # A recurrent network with several inputs: past values, a covariate, the calendar.
    frame = pl.DataFrame({"time": HOURS, "<b>load": LOAD, "heat": 20 - 2 * LOAD})
    given = {"horizon": 6, "look_back": 48, "members": 1, "epochs": 1, "target": "<b>load", "past": "heat"}
    forecaster = Forecaster("lstm", **given).fit(frame[:240])
    panel = forecaster.read(frame)
    results, judged = forecaster.judged(panel)
    parts = series_parts(panel)
    analysis = analyse(forecaster.fitted_, panel, results, judged, parts=parts)
    seen = results, judged, analysis.reliance
    more = {
        "analysis": analysis,
        "examined": diagnose_forecast(forecaster.fitted_, panel, forecaster.fitted_.until, seen),
        "parts": (panel, parts),
        "folds": forecaster.backtest(frame, 2),
    }
    fitted = forecaster.update(frame).fitted_
    more["explained"] = explain_forecasts(forecaster, judged, panel, "lstm", ["2026-01-15T06"])
    path = tmp_path_factory.mktemp("page") / "report.html"
    given = {"source": "a&b.csv", "lang": "zh", **more}
    write_forecast_report(forecaster, results, judged, fitted.ahead(fitted.tail, 6), path, **given)
    return path.read_text("utf-8")


def test_the_page_is_well_formed_and_loads_nothing(page):
    tags = Tags()
    tags.feed(page)
    assert tags.open == [] and len(tags.ids) == len(set(tags.ids))
    assert "<script" not in page and not re.search(r"(src|href)=[\"'](?!#)", page)
    assert "<b>load" not in page and "&lt;b&gt;load" in page


def test_errors_forecast_and_intervals_are_there_in_both_languages(page):
    for english, chinese in [
        ("ridge regression", "岭回归"),
        ("same time yesterday", "昨日同一时刻"),
        ("What comes next", "接下来的预测"),
        ("When it fails", "何时出错"),
        ("Backtest", "回测"),
        ("What it leans on", "依据什么"),
        ("1 to 2 days before (steps 25 to 48)", "前 1 至 2 天（前 25 至 48 步）"),
        ("calendar: the time of day", "日历：一天中的时刻"),
        ("Trend, seasons and rest", "趋势、季节项与残差"),
        ("Sat", "周六"),
        ("a forecast of 6 steps reads the last 48 values", "每次读取最近 48 个值，预测 6 步"),
    ]:
        assert english in page and chinese in page
    assert page.count("<svg") >= 8 and '<html lang="zh">' in page


def test_reasons_of_forecasts_add_up_and_are_told_in_both_languages(page):
    for english, chinese in [
        ("Why this forecast", "预测的理由"),
        ("The worst forecast, from", "最差的一次预测，自"),
        ("A chosen forecast, from", "指定的一次预测，自"),
        ("It turned out to be", "实际为"),
        ("Diagnosis", "诊断"),
    ]:
        assert english in page and chinese in page
    assert "A chosen forecast, from 2026-01-15 06:00:00 on" in page


def test_other_languages_are_refused(tmp_path):
    from types import SimpleNamespace

    made = SimpleNamespace(fitted_=SimpleNamespace(tail=SimpleNamespace(roles=SimpleNamespace(targets=("a",)))))
    with pytest.raises(InvalidValue, match="lang='de'"):
        write_forecast_report(made, None, None, None, tmp_path / "r.html", source="x", lang="de")
