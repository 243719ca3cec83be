"""Forecaster: from frame to frame, going on, files, errors in one sentence."""

from __future__ import annotations

from copy import copy
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars
import pytest

import plastica as pl
from plastica.errors import DataError, FileError, InvalidValue, NotFitted, PlasticaWarning, UnknownName
from plastica.evaluation.intervals import Figure
from plastica.forecasting import Forecaster
from plastica.forecasting.interval_learning import learn_intervals
from plastica.forecasting.methods import METHODS
from plastica.forecasting.results import gain_over, judge, naive_scales

RANDOM = np.random.default_rng(0)
HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(480) * np.timedelta64(1, "h")
LOAD = 5 + np.sin(np.arange(480) * 2 * np.pi / 24) + 0.05 * RANDOM.normal(size=480)
PRICE = RANDOM.normal(size=480)
QUICK: dict[str, Any] = {"horizon": 6, "look_back": 48, "members": 1, "epochs": 2}


def frame(rows=slice(None), library=polars, **more):
    given = {"time": HOURS[rows], "load": LOAD[rows], **{name: values[rows] for name, values in more.items()}}
    return library.DataFrame(given)


@pytest.fixture(scope="module")
def fitted():
    return Forecaster(**QUICK).fit(frame(slice(400)))


@pytest.fixture(scope="module")
def priced():
    return Forecaster(model="linear_calendar", target="load", known=["price"], **QUICK).fit(
        frame(slice(300), price=PRICE)
    )


def test_the_forecast_is_a_frame_with_intervals_behind_the_last_value(fitted):
    made = fitted.predict()
    assert made.columns == ["time", "load", "load_low", "load_high"] and made.height == 6
    np.testing.assert_array_equal(made["time"].to_numpy(), HOURS[400:406])
    assert (made["load_low"] < made["load"]).all() and (made["load"] < made["load_high"]).all()
    assert np.abs(made["load"].to_numpy() - LOAD[400:406]).mean() < 0.5
    assert fitted.predict(horizon=2).equals(made[:2])


def test_a_pandas_frame_gives_a_pandas_frame():
    made = Forecaster(model="linear", **QUICK).fit(frame(slice(200), pd)).predict()
    assert isinstance(made, pd.DataFrame) and len(made) == 6


def test_newer_rows_move_the_forecast_on(fitted):
    made = fitted.predict(frame(slice(390, 450)))
    np.testing.assert_array_equal(made["time"].to_numpy(), HOURS[450:456])
    again = copy(fitted).update(frame(slice(400, 450)))
    # Exponential smoothing begins with what is kept of the past.
    np.testing.assert_allclose(again.predict()["load"].to_numpy(), made["load"].to_numpy(), rtol=1e-4)


def test_results_stand_beside_simple_forecasts(fitted):
    found = fitted.evaluate(frame())
    parts = list(found.weights)
    assert set(found.errors) == {"auto", *parts, "last_value", "yesterday", "last_week", "ridge"}
    own = np.stack([fitted.judged(frame())[1].forecasts[name] for name in ("auto", *parts)])
    low, high = own[1:].min(0) - 1e-9, own[1:].max(0) + 1e-9
    assert ((low <= own[0]) & (own[0] <= high)).all()  # a weighted mean
    assert (found.origins, found.first, found.last) == (75, "2026-01-21 16:00:00", "2026-01-24 23:00:00")
    origins = np.arange(400, 475)[:, None]
    naive = np.abs(LOAD[origins + np.arange(6)] - LOAD[origins + np.arange(6) - 24])
    assert found.errors["yesterday"].mae == pytest.approx(naive.mean(), rel=1e-5)
    np.testing.assert_allclose(found.errors["yesterday"].by_step, naive.mean(0), rtol=1e-5)
    scale = np.abs(LOAD[24:400] - LOAD[:376]).mean()
    assert found.errors["yesterday"].mase == pytest.approx(naive.mean() / scale, rel=1e-5)
    assert 0.5 < found.coverage <= 1 and found.promised == 0.9 and found.rival in found.errors
    assert "simple forecast" in str(found.verdict)


def test_what_happens_after_the_origin_does_not_change_the_forecast(fitted):
    """A leak planted behind the origin must not be seen."""
    later = frame(slice(400, 440)).with_columns(load=polars.Series(np.append(LOAD[400:420], np.full(20, 1e6))))
    panel = fitted.read(polars.concat([frame(slice(400)), later]))
    windows = fitted.fitted_.windows(panel)
    clean = fitted.fitted_.windows(fitted.read(frame(slice(440))))
    made = [fitted.fitted_.answers(each, np.array([420])) for each in (windows, clean)]
    np.testing.assert_array_equal(*made)


def test_a_file_keeps_everything(fitted, tmp_path):
    path = fitted.save(tmp_path / "load.plastica")
    again = pl.load(path)
    assert isinstance(again, Forecaster) and again.get_params() == fitted.get_params()
    assert again.predict().equals(fitted.predict())
    assert again.predict(frame(slice(390, 450))).equals(fitted.predict(frame(slice(390, 450))))
    assert again.evaluate(frame()) == fitted.evaluate(frame())
    assert path.read_bytes() == again.save(tmp_path / "again.plastica").read_bytes()


def test_other_files_are_refused(tmp_path):
    model = pl.Sequential([pl.Dense(1, input_dim=2)])
    with pytest.raises(FileError, match="contains a network, not a forecaster"):
        Forecaster.load(model.save(tmp_path / "net.plastica"))


def test_known_covariates_of_the_future_are_needed(priced):
    with pytest.raises(DataError, match="'price' of the series is known for 0 of 6 steps after 2026-01-17 11:00:00"):
        priced.predict()
    rows = frame(slice(290, 303), price=PRICE).with_columns(
        load=polars.when(polars.col("time") < HOURS[300]).then(polars.col("load"))
    )
    with pytest.raises(DataError, match="known for 3 of 6 steps"):
        priced.predict(rows)
    assert priced.predict(rows, horizon=3).height == 3


def test_several_series_and_targets_share_a_network():
    rows = [
        {"time": HOURS, "place": [name] * 480, "a": LOAD * scale, "b": -LOAD * scale}
        for name, scale in (("x", 1), ("y", 100))
    ]
    table = polars.concat([polars.DataFrame(each) for each in rows])
    made = Forecaster(model="nlinear", target=["a", "b"], group="place", **{**QUICK, "epochs": 6}).fit(table).predict()
    assert made.columns == ["place", "time", "a", "a_low", "a_high", "b", "b_low", "b_high"] and made.height == 12
    y = made.filter(polars.col("place") == "y")
    np.testing.assert_allclose(y["a"].to_numpy() / 100, LOAD[:6], atol=0.5)
    np.testing.assert_allclose(y["b"].to_numpy() / 100, -LOAD[:6], atol=0.5)


def test_auto_weighs_networks_and_methods(fitted):
    weights = np.array([part.weights for part in fitted.fitted_.parts])
    np.testing.assert_allclose(weights.sum(0), 1)
    np.testing.assert_allclose(sum(np.array(part.without) for part in fitted.fitted_.parts), 1)
    assert (weights >= 0).all() and {part.name for part in fitted.fitted_.parts} <= {"mlp", *METHODS}


def test_the_verdict_says_what_networks_add(fitted):
    found = fitted.evaluate(frame())
    assert ("mlp" in found.networks) == ("mlp" in found.weights)
    left_out = msgspec.structs.replace(found, networks=(), network=Figure(0.0))
    assert "networks were left out" in str(left_out.network_verdict)
    for gain, words in ((Figure(0.1, 0.05, 0.15), "lower the error by 10.0 %"), (Figure(-0.1, -0.2, -0.05), "nothing")):
        told = msgspec.structs.replace(found, networks=("mlp",), network=gain)
        assert words in str(told.network_verdict)


def test_a_method_without_networks_is_a_model_too():
    model = Forecaster("theta", horizon=6, look_back=48).fit(frame(slice(400)))
    found = model.evaluate(frame())
    assert found.network_verdict is None and found.own.mae < found.errors["last_value"].mae


def test_a_season_that_occurred_twice_is_used():
    """Two days of hours: what was a day before is the best guess, and the first fold must know a day."""
    found = Forecaster(horizon=6, members=1, epochs=2).fit(frame(slice(48))).evaluate(frame(slice(80)))
    assert found.own.mae < 1.2 * found.errors["yesterday"].mae


@pytest.mark.parametrize("rows", [40, 60])
def test_short_series_are_forecast(rows):
    """Fewer steps than two horizons of validation: one fold, a shorter look-back."""
    model = Forecaster(horizon=12, members=1, epochs=2).fit(frame(slice(rows)))
    assert model.predict()["load"].is_finite().all() and model.fitted_.look_back >= 1


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_three_windows_to_train_and_three_to_validate_are_enough(horizon):
    steps = 4 + 2 * (horizon + 2)  # the first window reads 4 steps; two windows of either kind begin later
    years = np.arange(1900, 1900 + steps).astype(str).astype("datetime64[Y]").astype("datetime64[D]")
    census = {"year": years, "people": np.random.default_rng(0).normal(100, 5, steps).cumsum()}
    forecaster = pl.Forecaster(horizon=horizon, look_back=4, model="theta")
    assert len(forecaster.fit(census).predict()) == horizon
    with pytest.raises(DataError, match=f"has {steps - 1} steps, too few"):
        forecaster.fit({name: values[1:] for name, values in census.items()})


def test_errors_are_those_of_formulas():
    truth = np.array([[1.0, 2.0], [3.0, np.nan]])
    made = judge(truth, {"m": np.array([[2.0, 0.0], [3.0, 9.0]])}, np.array([0, 1]), np.array([1.0, 2.0]))["m"]
    assert (made.mae, made.rmse, made.mase, made.by_step) == (1.0, np.sqrt(5 / 3), 0.75, (0.5, 2.0))
    walk = np.cumsum(RANDOM.normal(size=500))  # the last value is the best naive forecast of a random walk
    last = np.mean([np.abs(walk[step:] - walk[:-step]).mean() for step in (1, 2, 3)])
    assert naive_scales([walk], 3, (24,))[0] == pytest.approx(last)
    gain = gain_over(np.zeros((40, 2)), np.ones((40, 2)), 2 + np.zeros((40, 2)) + RANDOM.normal(0, 0.1, (40, 2)))
    assert gain.value == pytest.approx(0.5, abs=0.02) and gain.sure


def test_intervals_cover_what_they_promise(fitted):
    """On exchangeable errors, the coverage of new ones is the promised one up to chance."""
    rows = 3000
    noise = RANDOM.normal(size=rows) * np.where(np.arange(rows) % 24 < 12, 1.0, 5.0)
    table = polars.DataFrame(
        {"time": np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "h"), "load": noise}
    )
    windows = fitted.fitted_.windows(fitted.read(table))
    first, later = np.arange(48, 1500), np.arange(1500, 2900)
    zero = -windows.means[0] / windows.deviations[0]
    made = learn_intervals(windows, first, np.full((len(first), 6), zero), 24, 0.8)
    off = windows.scaled_truth(later) - zero
    reach = made.reach(windows, later)
    plain = np.array(made.thresholds) * reach.above

    def followed(errors):
        return plain * np.exp(made.widening(windows, later, errors, reach).at_origins)

    assert (np.abs(off) <= plain).mean() == pytest.approx(0.8, abs=0.03)
    assert made.spread[14] / made.spread[3] == pytest.approx(5, rel=0.3)
    assert (np.abs(off) <= followed(off)).mean() == pytest.approx(0.8, abs=0.02)
    # Errors become half as large again: widths follow, and only from the past.
    wider = followed(1.5 * off)
    assert (np.abs(1.5 * off) <= plain).mean() < 0.67 < 0.77 < (np.abs(1.5 * off) <= wider).mean() < 0.82
    np.testing.assert_array_equal(wider[:6], plain[:6])  # no forecast has ended yet
    changed = 1.5 * off
    changed[700:] = 1e3
    np.testing.assert_array_equal(followed(changed)[:700], wider[:700])
    assert (made.widening(windows, later, 1.5 * off, reach).after > 0.2).all()


def test_rows_that_end_before_those_of_training_are_an_error(fitted):
    with pytest.raises(DataError, match="the new rows end at 2026-01-09 03:00:00, before the known ones"):
        fitted.predict(frame(slice(100)))


def test_a_gap_before_the_forecast_is_an_error(fitted):
    with pytest.raises(DataError, match=r"\d+ % of the last 48 steps of the series before .* are missing"):
        fitted.predict(frame(slice(440, 460)))


def test_a_long_gap_before_newer_rows_is_said(fitted):
    with pytest.warns(
        PlasticaWarning, match="50 steps are missing between the known rows, which end at 2026-01-21 15:00"
    ):
        made = fitted.predict(frame(slice(450, 480)))
    assert made["time"][0] > HOURS[-1].item() and made["load"].is_finite().all()


def test_newer_rows_without_the_target_are_an_error(fitted):
    with pytest.raises(DataError, match="has no column 'load'"):
        fitted.predict(frame(slice(390, 450)).drop("load"))


def test_an_unknown_series_is_an_error():
    table = polars.concat([frame(slice(200)).with_columns(place=polars.lit(name)) for name in "ab"])
    model = Forecaster(model="linear", target="load", group="place", **QUICK).fit(table)
    with pytest.raises(DataError, match="has the series 'c', which was not in training; the model knows 2 series"):
        model.predict(table.with_columns(place=polars.lit("c")))


@pytest.mark.parametrize(
    ("given", "rows", "error", "message"),
    [
        ({"model": "mlpp"}, 400, UnknownName, 'did you mean "mlp"'),
        ({"horizon": 0}, 400, InvalidValue, r"horizon=0\): give a whole number of at least 1"),
        ({"look_back": 2.5}, 400, InvalidValue, r"look_back=2.5\): give a whole number"),
        ({"validation": -1}, 400, InvalidValue, "validation=-1"),
        ({"loss": "mape"}, 400, InvalidValue, "loss='mape'"),
        ({}, 60, DataError, "the longest series has 60 steps, too few for look_back=48 and horizon=6"),
    ],
)
def test_bad_arguments_are_one_sentence(given, rows, error, message):
    with pytest.raises(error, match=message):
        Forecaster(**{**QUICK, **given}).fit(frame(slice(rows)))


def test_an_unknown_option_of_fit_is_an_error_for_methods_without_networks_too():
    with pytest.raises(UnknownName, match='unknown option of fit "checkpoints"; did you mean "checkpoint"'):
        Forecaster("last_value", horizon=2).fit(frame(), checkpoints="here")


def test_a_horizon_beyond_that_of_training_is_an_error(fitted):
    with pytest.raises(InvalidValue, match="the networks forecast 1 to 6 steps"):
        fitted.predict(horizon=7)


def test_nothing_after_training_is_an_error(fitted):
    with pytest.raises(DataError, match="no 6 steps after 2026-01-21 15:00:00, the end of training, are known"):
        fitted.evaluate(frame(slice(404)))


def test_an_unfitted_forecaster_says_so():
    with pytest.raises(NotFitted, match="call fit"):
        Forecaster().predict()
