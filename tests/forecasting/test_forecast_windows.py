"""Windows for networks: what they read, what they may not read, holes, scales."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError
from plastica.forecasting.architectures import ARCHITECTURES
from plastica.forecasting.imputation import best_lag, filled
from plastica.forecasting.joining import before
from plastica.forecasting.panel import read_panel
from plastica.forecasting.scales import learn_scales
from plastica.forecasting.windows import WindowShape, has_holes, windows_of

HOURS = [str(each) for each in np.datetime64("2026-01-05T00") + np.arange(400) * np.timedelta64(1, "h")]
RANDOM = np.random.default_rng(0)


def panel_of(values, **more):
    names = [f"{hour.replace('T', ' ')}:00" for hour in HOURS[: len(values)]]
    given = {"past": ["rain"] if "rain" in more else [], "known": ["price"] if "price" in more else []}
    return read_panel({"time": names, "load": values, **more}, target="load", **given)


def windows(panel, look_back=48, horizon=6, until=None):
    scales = learn_scales(panel if until is None else before(panel, until))
    return windows_of(panel, scales, look_back, horizon, flags=has_holes(panel))


def test_a_window_has_the_past_and_the_calendar_of_the_steps_to_forecast():
    values = RANDOM.normal(size=400)
    made = windows(panel_of(values))
    origins = made.origins()
    assert (origins[0], origins[-1], len(origins)) == (48, 394, 347)
    past, future = (np.asarray(each) for each in made.inputs(origins))
    scaled = (values - values.mean()) / values.std()
    np.testing.assert_allclose(past[3, :, 0], scaled[3:51], rtol=1e-5)
    np.testing.assert_allclose(made.targets(origins)[3, :, 0], scaled[51:57], rtol=1e-5)
    np.testing.assert_allclose(made.truth(origins)[3], values[51:57], rtol=1e-5)
    np.testing.assert_array_equal(future[3, :, :24].argmax(1), [3, 4, 5, 6, 7, 8])
    np.testing.assert_array_equal(future[3, :, 24:31].argmax(1), [2] * 6)  # the third day is a Wednesday


def test_inputs_and_scales_hold_nothing_of_what_is_to_be_forecast():
    """A leak planted in every column behind the origin changes nothing before it."""
    clean = {"load": RANDOM.normal(size=300), "rain": RANDOM.normal(size=300), "price": RANDOM.normal(size=300)}
    planted = {name: np.where(np.arange(300) >= 200, 1e6, values) for name, values in clean.items()}
    planted["price"] = clean["price"]  # known ahead: may be seen
    clean["load"][20:24] = planted["load"][20:24] = np.nan
    made = []
    for given in (clean, planted):
        panel = panel_of(given["load"], rain=given["rain"], price=given["price"])
        made.append(windows(panel, until=int(panel.starts[0]) + 200))
    one, other = made
    origins = np.array([48, 150, 200])
    for first, second in zip(one.inputs(origins), other.inputs(origins), strict=True):
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second))
    np.testing.assert_array_equal([one.means, one.deviations], [other.means, other.deviations])


def test_holes_are_filled_from_the_past_and_left_out_of_the_loss():
    values = np.tile(np.arange(24.0), 15) + RANDOM.normal(0, 0.01, 360)
    values[[30, 31, 32, 200, 201]] = np.nan
    made = windows(panel_of(values))
    assert made.shape.past == 1 and has_holes(panel_of(values))
    flags = np.asarray(made.inputs(np.array([60]))[1])[0, :, 0]
    np.testing.assert_array_equal(np.flatnonzero(flags == 0), [18, 19, 20])
    weights = made.weights(np.array([197, 300]))
    np.testing.assert_array_equal(weights, [[1, 1, 1, 0, 0, 1], [1] * 6])
    assert np.isnan(made.truth(np.array([197]))[0, 3:5]).all()
    assert best_lag(values, (24, 168)) == 24
    np.testing.assert_array_equal(filled(values, 24)[30:33], values[6:9])


def test_origins_do_not_cross_series_or_spans():
    days = [f"2026-01-{day:02d}" for day in range(1, 31)]
    table = {"day": days * 2, "shop": ["a"] * 30 + ["b"] * 30, "sold": RANDOM.normal(size=60)}
    panel = read_panel(table)
    made = windows(panel, look_back=10, horizon=3)
    np.testing.assert_array_equal(made.origins(), [*range(10, 28), *range(40, 58)])
    cut = int(panel.starts[0]) + 20
    np.testing.assert_array_equal(made.origins(last=cut), [*range(10, 18), *range(40, 48)])
    np.testing.assert_array_equal(made.origins(first=cut), [*range(20, 28), *range(50, 58)])


def test_a_constant_series_is_an_error():
    with pytest.raises(DataError, match="'load' is 3 throughout the training span"):
        learn_scales(panel_of(np.full(100, 3.0)))


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("shape", [WindowShape(20, 5, 2, 3)])
def test_architectures_answer_every_step_of_the_horizon(name, shape):
    model = ARCHITECTURES[name](shape, 0)
    model.build([(None, *each) for each in shape.inputs])
    x = [RANDOM.normal(size=(7, *each)).astype(np.float32) for each in shape.inputs]
    made = model.predict(tuple(x), verbose=0)
    assert made.shape == (7, 5, 1) and np.isfinite(made).all()
    x[-1] = x[-1] + 1  # behind the zeros of the first correction
    assert name != "mlp" or (model.predict(tuple(x), verbose=0) != made).any()
