"""plastica forecast: the folder, the output, going on with predict, errors in one sentence."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from plastica.cli.main import app

HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(480) * np.timedelta64(1, "h")
LOAD = 5 + np.sin(np.arange(480) * 2 * np.pi / 24) + 0.05 * np.random.default_rng(0).normal(size=480)
QUICK = ["--horizon", "6", "--look-back", "48", "--members", "1", "--epochs", "1", "--model", "nlinear"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("forecast")
    table = pl.DataFrame({"time": HOURS, "load": LOAD, "rain": LOAD[::-1] ** 2})
    table[:460].write_csv(path / "load.csv")
    table[450:].write_csv(path / "later.csv")
    return path


def call(*given):
    return CliRunner().invoke(app, [str(each) for each in given], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(folder):
    return call("forecast", folder / "load.csv", "-t", "load", *QUICK, "--out", folder / "run", "--test", "60")


def test_errors_stand_beside_simple_forecasts(made):
    assert made.exit_code == 0, made.stderr
    text = " ".join(made.stdout.split())  # lines are wrapped to the width of the terminal
    assert "load.csv: every hour, 2026-01-05 00:00:00 to 2026-01-24 03:00:00 (460 steps)" in text
    for name in ("network (nlinear)", "last value", "same time yesterday", "ridge regression", "90 % promised"):
        assert name in text, name
    assert "test from 2026-01-21 16:00:00 on" in text and "times the usual error" in text


def test_the_folder_has_the_model_the_forecast_and_the_errors(folder, made):
    run = folder / "run"
    forecast = pl.read_csv(run / "forecast.csv", try_parse_dates=True)
    assert forecast.columns == ["time", "load", "load_low", "load_high"]
    np.testing.assert_array_equal(forecast["time"].to_numpy(), HOURS[460:466])
    facts = json.loads((run / "results.json").read_text())
    assert facts["results"]["errors"]["nlinear"]["mae"] > 0 and facts["seasons"] == [24, 168]
    assert pl.read_csv(run / "errors_by_step.csv").columns[:2] == ["step", "nlinear"]


def test_predict_goes_on_from_the_end_and_from_newer_rows(folder, made):
    end = call("predict", folder / "run")
    assert end.exit_code == 0 and end.stdout == (folder / "run" / "forecast.csv").read_text()
    later = call("predict", folder / "run", folder / "later.csv")
    assert later.exit_code == 0 and later.stdout.splitlines()[1].startswith("2026-01-25 00:00:00,")


def test_json_is_one_object(folder):
    given = ["-t", "load", "--horizon", "6", "--look-back", "48", "--model", "linear", "--folds", "2", "--json"]
    found = call("forecast", folder / "load.csv", *given, "--out", folder / "json", "--explain", "2026-01-05T01")
    facts = json.loads(found.stdout)
    assert "at='2026-01-05T01': forecasts can begin 48 steps after" in " ".join(found.stderr.split())
    page = (folder / "json" / "report.html").read_text("utf-8")
    assert "The worst forecast, from 2026-01-" in page and "A chosen forecast, from" not in page
    assert [each["slot"] for each in facts["analysis"]["by_slot"]] == ["hour", "weekday"]
    assert len({each["fold"] for each in facts["backtest"]}) == 2
    parts = pl.read_csv(folder / "json" / "decomposition.csv")
    whole = parts["trend"] + parts["season_24"] + parts["season_168"] + parts["rest"]
    np.testing.assert_allclose(whole, parts["value"], atol=1e-9)
    assert facts["targets"] == ["load"] and facts["horizon"] == 6 and "simple forecast" in facts["verdict"]


def test_the_parking_data_need_no_options():
    """The columns of the included table are found; it is not trained on here."""
    from plastica.cli.forecast_run import usual_target
    from plastica.forecasting import read_panel

    assert usual_target("parking") == ("Occupancy",)
    panel = read_panel("parking", target=usual_target("parking"))
    assert (len(panel), panel.frequency.seasons, panel.roles.group) == (30, (18, 126), "SystemCodeNumber")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--target", "loud"], "loud"),
        ([], "2 columns of numbers; choose the one to forecast: --target"),
        (["-t", "load", "--look-back", "400"], "too few for"),
        (["-t", "load", "--test", "5000"], "leaves no steps to train on"),
        (["-t", "load", "--test", "nan"], "give a share or a number of steps above 0"),
        (["-t", "load", "--test", "3", "--horizon", "24"], "leaves 3 steps to test on, fewer than --horizon 24"),
        (["-t", "load", "--quantiles", "0,0.5"], "give rising levels between 0 and 1"),
        (["-t", "load", "--coverage", "2"], "give a share between 0 and 1"),
        (["-t", "load", "--time", "rain", "--known", "rain"], "'rain' has two roles"),
    ],
)
def test_bad_input_is_one_sentence(folder, given, message):
    found = call("forecast", folder / "load.csv", *given, "--out", folder / "none")
    assert found.exit_code == 1 and message in found.stderr and not (folder / "none").exists()
    in_chinese = call("forecast", folder / "load.csv", *given, "--out", folder / "none", "--lang", "zh")
    assert in_chinese.exit_code == 1 and not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", in_chinese.stderr)
    assert "Forecaster(" not in in_chinese.stderr and in_chinese.stderr.startswith("错误：")


def test_a_time_stamp_of_another_century_is_one_sentence(folder):
    table = pl.DataFrame({"time": HOURS, "load": LOAD}).with_columns(
        time=pl.when(pl.int_range(480) < 479).then("time").otherwise(pl.datetime(2226, 1, 1))
    )
    table.write_csv(folder / "far.csv")
    found = call("forecast", folder / "far.csv", *QUICK, "--out", folder / "none")
    assert found.exit_code == 1
    assert "the longest hole being from 2026-01-24 22:00:00 to 2226-01-01 00:00:00" in " ".join(found.stderr.split())


def test_quantiles_are_numbers(folder):
    found = call("forecast", folder / "load.csv", "-t", "load", "--quantiles", "low,high", "--out", folder / "none")
    assert found.exit_code == 2 and "--quantiles expects numbers such as 0.1,0.5,0.9; got low,high" in found.stderr


def test_a_table_is_needed_for_other_models(tmp_path):
    import plastica

    path = plastica.Sequential([plastica.Dense(1, input_dim=2)]).save(tmp_path / "net.plastica")
    found = call("predict", path)
    assert found.exit_code == 2 and "only a forecast goes on without one" in found.stderr


def test_a_run_is_examined_on_its_series(folder, made):
    found = call("doctor", folder / "run", folder / "load.csv", "--json")
    assert found.exit_code == 0, found.stderr
    facts = json.loads(found.stdout)
    assert facts["measures"]["reliance"]["past"] is not None and facts["source"].endswith("load.csv")
    assert not any("no step after training" in each for each in facts["unjudged"])
    other = pl.read_csv(folder / "load.csv").with_columns(pl.col("load") * 2)
    other.write_csv(folder / "other.csv")
    refused = call("doctor", folder / "run", folder / "other.csv")
    assert refused.exit_code == 1 and "their values differ" in refused.stderr and "Traceback" not in refused.stderr
