"""Dimensions: of activities with a known covariance, and of matrices with a known spectrum."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.inside.lanczos_quadrature import quadrature
from plastica.model.loss_of_weights import linearized_gradient, loss_of_weights

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(50, 4)).astype(np.float32) * [2, 1, 0.5, 0.1]


def diagonal_matrix(values):
    return lambda vector: values * vector


def full_matrix(matrix):
    return lambda vector: matrix @ vector


def linear():
    model = pl.Sequential([pl.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.build((4,))
    return model


def test_the_effective_dimension_of_a_linear_network_is_that_of_its_second_moments():
    found = pl.inside.hessian_spectrum(linear(), X, X @ np.ones(4), z=5.0)
    expected = np.linalg.eigvalsh(2 * X.T.astype(np.float64) @ X / 50)
    np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-4)
    assert found.effective == pytest.approx((50 * expected / (50 * expected + 5)).sum(), rel=1e-4)
    assert found.error == 0 and found.weights == 4
    assert "directions of weights (z = 5)" in repr(found)


def test_quadrature_gives_the_trace_of_a_known_spectrum():
    # Three different eigenvalues: three Lanczos steps are exact, and vectors of ±1 have no variance for a diagonal.
    diagonal = np.repeat([0.01, 1.0, 100.0], [60, 30, 10]).astype(np.float32)
    found = quadrature(diagonal_matrix, diagonal, 100, lambda each: each / (each + 1), 40, 4, np.random.default_rng(0))
    assert found.trace == pytest.approx((diagonal / (diagonal + 1)).sum(), rel=1e-5)
    assert found.error == pytest.approx(0, abs=1e-4) and found.change == 0
    assert found.shares.sum() == pytest.approx(1)


def test_quadrature_of_a_full_matrix_is_within_its_error():
    size = 120
    directions, _ = np.linalg.qr(GENERATOR.normal(size=(size, size)))
    values = np.geomspace(1e-3, 10, size)
    matrix = (directions * values @ directions.T).astype(np.float32)
    found = quadrature(full_matrix, matrix, size, lambda each: each / (each + 1), size, 8, np.random.default_rng(1))
    assert abs(found.trace - (values / (values + 1)).sum()) < 4 * found.error and found.error > 0


def test_quadrature_of_a_network_is_within_its_error_of_all_its_eigenvalues():
    model = pl.Sequential([pl.Dense(12, "tanh"), pl.Dense(5, "tanh"), pl.Dense(1)])
    model.compile("sgd", "mse")
    y = np.sin(X.sum(1))
    exact = pl.inside.hessian_spectrum(model, X, y)
    loss = loss_of_weights("a", model, X, y)

    def determined(each):
        return np.maximum(50 * each, 0) / (np.maximum(50 * each, 0) + 1)

    found = quadrature(linearized_gradient, loss.fixed, exact.weights, determined, 100, 10, np.random.default_rng(0))
    assert exact.weights == 131 and abs(found.trace - exact.effective) < 3 * found.error
    assert found.values[-1] == pytest.approx(exact.eigenvalues[-1], rel=1e-4)


def test_too_few_lanczos_steps_are_told():
    values = np.geomspace(1e-4, 100, 400).astype(np.float32)
    found = quadrature(diagonal_matrix, values, 400, lambda each: each / (each + 1e-3), 20, 2, np.random.default_rng(0))
    assert found.change > 0.01 * found.trace


def test_activities_have_the_participation_ratio_of_their_covariance(tmp_path):
    model = pl.Sequential([pl.Dense(4, use_bias=False), pl.Dense(1, use_bias=False)])
    model.build((4,))
    model.set_weights([np.diag([1.0, 1.0, 0.0, 0.0]), np.ones((4, 1))])
    x = np.concatenate([np.eye(4), -np.eye(4)])
    found = pl.inside.activity_dimensions(model, x)
    np.testing.assert_allclose(found.participation, [4, 2, 1], atol=1e-6)
    assert found.components == (4, 2, 1) and found.layers == ("input", "layer 0, Dense", "layer 1, Dense")
    assert "fewest dimensions: 1 of 1" in repr(found)
    found.plot(tmp_path / "a.svg")


def test_a_layer_that_answers_all_rows_alike_has_no_dimensions():
    model = pl.Sequential([pl.Dense(3, "relu"), pl.Dense(1)])
    model.build((2,))
    model.set_weights([np.zeros((2, 3)), np.zeros(3), np.ones((3, 1)), np.zeros(1)])
    found = pl.inside.activity_dimensions(model, np.eye(2).repeat(3, 0))
    assert np.isnan(found.participation[1]) and found.components[1] == 0
    assert found.to_dict()["rows"][1]["dimensions"] is None


def test_a_spectrum_is_drawn_and_bad_arguments_are_refused(tmp_path):
    pl.inside.hessian_spectrum(linear(), X, np.ones(50)).plot(tmp_path / "a.png")
    with pytest.raises(InvalidValue, match=r"z=0\): expected a precision above 0"):
        pl.inside.hessian_spectrum(linear(), X, np.ones(50), z=0)
    with pytest.raises(InvalidValue, match="probes=1: give a whole number of at least 2"):
        pl.inside.hessian_spectrum(linear(), X, np.ones(50), probes=1)
    broken = linear()
    broken.set_weights([np.full((4, 1), np.nan)])
    model = pl.Sequential([pl.Dense(1, "exponential", use_bias=False)])
    model.compile("sgd", "mse")
    model.build((4,))
    model.set_weights([np.full((4, 1), 1e4)])
    with pytest.raises(InvalidValue, match="second derivatives of the loss are not finite"):
        pl.inside.hessian_spectrum(model, np.abs(X), np.ones(50))
