"""Python files of forecasters need NumPy only and forecast as Forecaster.predict does, from newer rows on."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFitted
from plastica.export.measuring import measure
from plastica.export.numpy_writer import opened_module
from plastica.forecasting import Forecaster
from plastica.forecasting.methods import METHODS

QUICK: dict[str, Any] = {"horizon": 6, "look_back": 24, "members": 1, "epochs": 1}


def hourly(count: int = 700, step: int = 3600) -> polars.DataFrame:
    """Return a daily course, with a covariate of numbers and one of words."""
    steps, random = np.arange(count), np.random.default_rng(0)
    load = 5 + np.sin(steps * 2 * np.pi * step / 86_400) + 0.1 * random.normal(size=count)
    moments = np.datetime64("2026-01-05T00", "s") + steps * np.timedelta64(step, "s")
    columns = {"time": moments.astype("datetime64[us]"), "load": load, "heat": random.normal(size=count)}
    return polars.DataFrame({**columns, "sky": np.array(["clear", "rain", "snow"])[steps // 7 % 3]})


def two_series() -> polars.DataFrame:
    """Return two series with holes, in mixed order, with two targets, one of which ends at 0."""
    frames, random = [], np.random.default_rng(1)
    for name in ("north", "south"):
        wet = np.where(random.random(400) < 0.3, random.exponential(size=400), 0.0)
        wet[random.random(400) < 0.1] = np.nan
        own = hourly(400).with_columns(polars.lit(name).alias("place"), polars.Series("wet", wet).fill_nan(None))
        frames.append(own.filter(random.random(400) > 0.05))
    return polars.concat(frames).sample(fraction=1.0, shuffle=True, seed=0)


def monthly() -> polars.DataFrame:
    """Return years of months whose variation grows with the level."""
    steps, random = np.arange(150), np.random.default_rng(2)
    level = np.exp(0.02 * steps) * (10 + 3 * np.sin(steps * np.pi / 6) + 0.2 * random.normal(size=150))
    months = np.datetime64("2010-01", "M") + steps
    return polars.DataFrame({"date": np.datetime_as_string(months, "D"), "sales": level})


def shop() -> polars.DataFrame:
    """Return the open hours of working days, with a date and an hour column."""
    stamps = np.datetime64("2026-01-05T00", "h") + np.arange(24 * 70)
    days = stamps.astype("datetime64[D]")
    hours = (stamps - days).astype(int)
    is_open = ((days.astype(int) + 3) % 7 < 5) & (hours >= 9) & (hours < 18)
    guests = np.random.default_rng(3).poisson(20 + 5 * (hours == 12))
    columns = {"date": np.datetime_as_string(days), "hour": hours, "guests": guests}
    return polars.DataFrame(columns).filter(polars.Series(is_open))


def numbered() -> polars.DataFrame:
    steps = np.arange(200)
    return polars.DataFrame({"step": 10 + 0.5 * steps, "y": np.cumsum(np.random.default_rng(4).normal(size=200))})


def fractions() -> polars.DataFrame:
    years = np.round(2010 + np.arange(150) / 12, 3)
    return polars.DataFrame({"time": years, "sales": monthly()["sales"]})


def milliseconds() -> polars.DataFrame:
    return hourly().select(polars.col("time").dt.epoch("ms").alias("ts"), "load")


def daily() -> polars.DataFrame:
    return hourly(1200, 86_400)


Case = tuple[Callable[[], polars.DataFrame], int, dict[str, Any]]
PINBALL = {"loss": "pinball", "quantiles": (0.1, 0.6), "coverage": 0.8}
CASES: dict[str, Case] = {
    **{name: (hourly, 600, {"model": name, "target": "load"}) for name in METHODS},
    "the default": (hourly, 600, {"target": "load"}),
    "a network of quantiles, two series with holes": (
        two_series,
        600,
        {"model": "mlp", "target": ["load", "wet"], "group": "place", "past": ["heat", "sky"], "members": 2, **PINBALL},
    ),
    "months, logarithms": (monthly, 120, {"model": "nlinear", "maximum": 1e4}),
    "known covariates": (hourly, 600, {"model": "linear_calendar", "target": "load", "known": ["heat", "sky"]}),
    "public holidays": (daily, 1100, {"model": "linear_calendar", "target": "load", "holidays": "DE-BY"}),
    "open hours": (shop, 400, {"model": "dlinear", "quantiles": (0.5,)}),
    "years with months as fractions": (fractions, 120, {"model": "nlinear"}),
    "milliseconds since 1970": (milliseconds, 500, {"model": "dlinear", "target": "load"}),
    "numbers for time": (numbered, 150, {"model": "theta", "time": "step"}),
}


def fitted(name: str) -> tuple[Forecaster, polars.DataFrame]:
    """Return a forecaster that was trained on the first rows of a frame, and the frame."""
    draw, until, settings = CASES[name]
    frame = draw()
    if frame.columns[0] == "time" and "place" in frame.columns:
        first = frame.filter(polars.col("time") < polars.col("time").sort().gather(until).first())
    else:
        first = frame[:until]
    return Forecaster(**{**QUICK, **settings}).fit(first), frame


def assert_same(found: dict[str, Any], expected: polars.DataFrame) -> None:
    assert list(found) == expected.columns
    for name in expected.columns:
        own, other = np.asarray(found[name]), expected[name].to_numpy()
        if other.dtype.kind == "f":
            np.testing.assert_allclose(own, other, rtol=1e-5, atol=1e-5 * np.abs(other).max())
        else:
            assert (own == other).all()


@pytest.mark.parametrize("name", CASES)
def test_a_file_forecasts_as_the_forecaster(name, tmp_path):
    if "holidays" in name:
        pytest.importorskip("holidays")
    forecaster, frame = fitted(name)
    if forecaster.known:  # what is known of the steps to forecast
        frame = frame.with_columns(polars.when(polars.arange(len(frame)) < 650).then("load").alias("load"))
    newer = tmp_path / "newer.csv"
    frame.write_csv(newer)
    module = opened_module(pl.export.write(forecaster, tmp_path / "model.py").paths[0])
    assert_same(module.predict(module.read_table(str(newer))), forecaster.predict(newer))
    assert_same(module.predict(frame.to_dict(as_series=False)), forecaster.predict(frame))
    if not forecaster.known:
        assert_same(module.predict(horizon=2), forecaster.predict(horizon=2))


@pytest.fixture(scope="module")
def going_on(tmp_path_factory) -> tuple[Forecaster, Any]:
    """Return a forecaster that went on from newer rows, whose intervals follow their errors, and its file."""
    forecaster = Forecaster(**QUICK, model="linear", target="load").fit(hourly()[:600])
    forecaster.update(hourly()[:650])
    assert forecaster.fitted_.widening[0] != 0
    return forecaster, pl.export.write(forecaster, tmp_path_factory.mktemp("file") / "model.py")


def test_the_command_prints_what_plastica_predict_prints(going_on, tmp_path):
    forecaster, written = going_on
    newer = tmp_path / "newer.csv"
    hourly().write_csv(newer)

    def called(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(written.paths[0]), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    printed = polars.read_csv(io.StringIO(called(newer).stdout), try_parse_dates=True)
    expected = forecaster.predict(newer)
    assert printed["time"].to_list() == expected["time"].to_list()
    np.testing.assert_allclose(printed[:, 1:].to_numpy(), expected[:, 1:].to_numpy(), rtol=1e-5)
    assert "load: to be forecast" in called("--help").stdout
    hourly()[:500].write_csv(newer)
    failed = called(newer)
    assert failed.returncode == 1 and "before the known ones, which end at 2026-02-01 01:00:00" in failed.stderr
    assert measure(written).difference < 1e-5 and measure(written).rows == 6


def test_a_file_needs_numpy_only(going_on):
    tree = ast.walk(ast.parse(going_on[1].paths[0].read_text()))
    names = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {each.name.split(".")[0] for node in names if isinstance(node, ast.Import) for each in node.names}
    imported |= {str(node.module).split(".")[0] for node in names if isinstance(node, ast.ImportFrom)}
    assert imported - set(sys.stdlib_module_names) == {"numpy"}


def test_rows_that_are_not_like_those_of_training_are_refused(going_on):
    module, rows = opened_module(going_on[1].paths[0]), hourly()[640:].to_dict(as_series=False)
    for changed, words in (
        ({"load": ["many"] * 60}, "row 1, column 'load': 'many' is not a number"),
        ({"time": ["soon"] * 60}, "row 1, column 'time': 'soon' is not a date or a time like those of training"),
        ({"load": [1.0]}, "the columns have different lengths"),
    ):
        with pytest.raises(ValueError, match=words):
            module.predict({**rows, **changed})
    with pytest.raises(ValueError, match="the column 'load' is missing; there are 'time'"):
        module.predict({"time": rows["time"]})
    with pytest.raises(ValueError, match="forecasts 1 to 6 steps"):
        module.predict(horizon=7)


def test_numbers_may_have_a_decimal_comma(going_on, tmp_path):
    forecaster, written = going_on
    module, newer = opened_module(written.paths[0]), tmp_path / "newer.csv"
    commas = polars.col("load").round(4).cast(polars.String).str.replace(".", ",", literal=True)
    hourly().with_columns(commas).write_csv(newer, separator=";")
    assert_same(module.predict(module.read_table(str(newer))), forecaster.predict(newer))
    with pytest.raises(ValueError, match="'5,013' may be two numbers; write a decimal point"):
        module.predict({"time": ["2026-02-20"], "load": ["5,013"]})


def test_what_cannot_be_written_is_refused_before_anything_is(going_on, tmp_path):
    forecaster, _ = going_on
    for ending in ("py", "c"):
        with pytest.raises(InvalidValue, match="int8 is not for forecasters"):
            pl.export.write(forecaster, tmp_path / f"model.{ending}", int8=[np.zeros(1)])
    with pytest.raises(NotFitted, match="not fitted yet"):
        pl.export.write(Forecaster(), tmp_path / "model.py")
    assert not list(tmp_path.iterdir())
