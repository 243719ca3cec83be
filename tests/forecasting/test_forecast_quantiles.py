"""Quantiles: networks with the pinball loss, corrected by rolling origins; intervals that differ from hour to hour."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import polars
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.forecasting import Forecaster
from plastica.forecasting.metrics import pinball
from plastica.forecasting.training import pinball_loss

STEPS = 1200
RANDOM = np.random.default_rng(2)
HOURS = np.datetime64("2026-01-05T00", "us") + np.arange(STEPS) * np.timedelta64(1, "h")
WINDY = np.repeat(RANDOM.integers(0, 2, STEPS // 12), 12).astype(float)
LOAD = 5 + np.sin(np.arange(STEPS) * 2 * np.pi / 24) + RANDOM.exponential(size=STEPS) * (0.1 + WINDY)
FRAME = polars.DataFrame({"time": HOURS, "load": LOAD, "windy": WINDY})


def test_the_loss_is_that_of_the_formula():
    target, made = RANDOM.normal(size=(7, 3, 1)), RANDOM.normal(size=(7, 3, 2))
    found = pinball_loss((0.1, 0.9)).values(jnp.asarray(target), jnp.asarray(made))
    expected = [pinball(target[row, :, 0], made[row], (0.1, 0.9)).mean() for row in range(7)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert pinball_loss((0.1, 0.9)) is pinball_loss((0.1, 0.9))  # one compiled program


@pytest.fixture(scope="module")
def fitted():
    given: dict[str, Any] = {
        "horizon": 4,
        "look_back": 24,
        "target": "load",
        "known": ["windy"],
        "members": 1,
        "epochs": 12,
    }
    return Forecaster("mlp", loss="pinball", coverage=0.8, quantiles=(0.25, 0.75), **given).fit(FRAME[:900])


def test_intervals_are_wide_where_the_future_is_uncertain(fitted, tmp_path):
    found, judged = fitted.judged(FRAME)
    assert found.coverage == pytest.approx(0.8, abs=0.05)
    windy = WINDY[900 + np.arange(len(judged.origins))[:, None] + np.arange(4)] > 0
    width = judged.high - judged.low
    assert width[windy].mean() > 1.8 * width[~windy].mean()  # the noise is larger, and known to be
    assert (judged.low < judged.high).all()
    above, below = (
        (sign * (judged.truth - judged.quantiles[level]) > 0).mean() for sign, level in ((1, 0.75), (-1, 0.25))
    )
    assert above == pytest.approx(0.25, abs=0.06) and below == pytest.approx(0.25, abs=0.06)
    expected = pinball(judged.truth, judged.quantiles[0.75][..., None], (0.75,))[0]
    assert found.pinball["0.75"] == pytest.approx(expected)
    again = pl.load(fitted.save(tmp_path / "load.plastica"))
    assert again.evaluate(FRAME) == found


def test_quantiles_are_columns_of_the_forecast(fitted):
    future = FRAME[850:904].with_columns(load=polars.when(polars.int_range(54) < 50).then("load"))
    made = fitted.predict(future)
    assert made.columns == ["time", "load", "load_low", "load_high", "load_q25", "load_q75"]
    assert (made["load_q25"] < made["load_q75"]).all()


def test_quantiles_need_no_networks():
    levels = tuple(np.arange(1, 10) / 10)
    model = Forecaster("linear", horizon=4, look_back=24, target="load", quantiles=levels).fit(FRAME[:900])
    judged = model.judged(FRAME)[1]
    shares = [(judged.truth <= judged.quantiles[level]).mean() for level in levels]
    np.testing.assert_allclose(shares, levels, atol=0.08)
    assert (np.diff(np.stack([judged.quantiles[level] for level in levels]), axis=0) >= 0).all()


@pytest.mark.parametrize("levels", [(0.9, 0.1), (0.5, 1.0), (0.1, 0.1)])
def test_levels_rise_between_0_and_1(levels):
    with pytest.raises(InvalidValue, match="give rising levels between 0 and 1"):
        Forecaster(quantiles=levels).fit(FRAME)
