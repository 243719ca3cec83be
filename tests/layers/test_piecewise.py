"""The piecewise linear embedding compared with its formula and NumPy's quantiles, and its use in networks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 4)).astype("float32")


def test_each_function_is_linear_between_the_quantiles_of_the_data_and_constant_outside():
    model = pl.Sequential([pl.PiecewiseLinearEmbedding((3, 0), bins=5, units=2)])
    model.adapt(X)
    (params,), (state,) = model.params, model.state
    probes = np.linspace(-9, 9, 400, dtype="float32")[:, None] * np.ones((1, 4), "float32")
    found = np.asarray(model.predict(probes))
    np.testing.assert_array_equal(found[:, :4], probes)
    for place, column in enumerate((3, 0)):
        knots = np.quantile(X[:, column], np.linspace(0, 1, 6), method="nearest")
        np.testing.assert_allclose(state["knots"][place], knots, rtol=1e-5)
        heights = np.vstack([np.zeros(2), np.cumsum(params["kernel"][place], axis=0)]) + params["bias"][place]
        for unit in range(2):
            expected = np.interp(probes[:, column], knots, heights[:, unit])
            np.testing.assert_allclose(found[:, 4 + 2 * place + unit], expected, atol=2e-5)


def test_without_data_the_knots_are_quantiles_of_the_standard_normal_distribution():
    knots = pl.PiecewiseLinearEmbedding((0,), bins=4).init(np.random.default_rng(0), (1,)).state["knots"]
    np.testing.assert_allclose(knots[0], norm.ppf([0.1, 0.3, 0.5, 0.7, 0.9]), rtol=1e-5)


def test_a_number_with_few_values_has_a_piece_between_each_two_of_them():
    layer = pl.PiecewiseLinearEmbedding((0, 1), bins=4, units=1)
    params, state = layer.init(np.random.default_rng(0), (2,))
    x = np.array([[0, 7], [0, 7], [1, 7], [1, 7]], np.float32)
    state = layer.adapted(x, state)
    np.testing.assert_array_equal(state["knots"], [[0, 1, 1, 1, 1], [7, 7, 7, 7, 7]])
    found = np.asarray(layer.apply(params, np.array([[0.25, 5], [9, 9]], np.float32), state)[0])
    first = params["kernel"][0, 0, 0]
    np.testing.assert_allclose(found[:, 2], [0.25 * first, first], rtol=1e-6)
    np.testing.assert_array_equal(found[:, 3], [0, 0])


def test_a_network_goes_on_with_its_knots_from_a_file(tmp_path):
    model = pl.Sequential([pl.PiecewiseLinearEmbedding((0, 1)), pl.Dense(1)])
    model.adapt(X)
    model.compile("adam", "mse")
    model.fit(X, X[:, :1] ** 2, epochs=2, verbose=0)
    model.save(tmp_path / "net.plastica")
    loaded = pl.load(tmp_path / "net.plastica")
    np.testing.assert_array_equal(loaded.state[0]["knots"], model.state[0]["knots"])
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_knots_are_those_of_the_data_where_it_reaches_the_layer_as_it_is():
    model = pl.Sequential([pl.Input((2, 2)), pl.Flatten(), pl.PiecewiseLinearEmbedding((3,), bins=3)])
    model.adapt(X.reshape(-1, 2, 2))
    np.testing.assert_array_equal(
        model.state[2]["knots"][0], np.quantile(X[:, 3], [0, 1 / 3, 2 / 3, 1], method="nearest")
    )
    behind = pl.Sequential([pl.Dense(2), pl.PiecewiseLinearEmbedding((1,), bins=3)])
    behind.adapt(X)  # what reaches this layer is yet to be learned
    np.testing.assert_allclose(behind.state[1]["knots"][0], norm.ppf(np.array([0.5, 1.5, 2.5, 3.5]) / 4), rtol=1e-5)


def test_what_cannot_work_is_refused():
    with pytest.raises(ShapeError, match="have no column 4; columns count from 0"):
        pl.PiecewiseLinearEmbedding((4,)).output_shape((4,))
    for wrong in ({"columns": ()}, {"columns": (0,), "bins": 0}, {"columns": (0,), "units": 0}):
        with pytest.raises(InvalidValue, match="one column, one bin and one unit"):
            pl.PiecewiseLinearEmbedding(**wrong)
