"""The largest eigenvalue of the Hessian: closed forms, and the learning rate at which gradient descent diverges."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.populations.lanczos import largest_eigenvalue
from plastica.populations.sweep import stable_rate_of

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(50, 5)).astype(np.float32) * [3, 1, 1, 0.5, 0.1]
Y = X @ np.ones(5)


def linear(optimizer="sgd", rule="backprop", bias=True):
    model = pl.Sequential([pl.Dense(1, use_bias=bias)])
    model.compile(optimizer, "mse", rule=rule)
    return model


def test_of_a_linear_network_it_is_that_of_the_second_moments():
    ones = np.concatenate([X, np.ones((50, 1))], axis=1)
    expected = np.linalg.eigvalsh(2 * ones.T @ ones / 50)[-1]
    assert pl.sharpness(linear(), X, Y) == pytest.approx(expected, rel=1e-4)


def test_of_two_layers_it_is_that_of_the_whole_hessian():
    model = pl.Sequential([pl.Dense(3, "tanh"), pl.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    found = pl.sharpness(model, X, Y)
    flat, rebuilt = jax.flatten_util.ravel_pytree(model.params)

    def loss(weights):
        first, second = rebuilt(weights)
        hidden = jnp.tanh(X @ first["kernel"] + first["bias"])
        return jnp.mean((hidden @ second["kernel"] + second["bias"] - Y[:, None]) ** 2)

    expected = np.linalg.eigvalsh(jax.hessian(loss)(flat))
    assert found == pytest.approx(expected[-1], rel=1e-3)
    assert model.params[0]["kernel"].shape == (5, 3)  # the weights are as they were


def test_lanczos_finds_the_largest_not_the_one_farthest_from_zero():
    matrix = GENERATOR.normal(size=(30, 30))
    matrix = matrix + matrix.T - 8 * np.eye(30)
    found = largest_eigenvalue(lambda vector: matrix @ vector, GENERATOR.normal(size=30), 30)
    assert found == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-3)
    assert largest_eigenvalue(lambda vector: 3 * vector, np.ones(4)) == pytest.approx(3)


@pytest.mark.parametrize(("momentum", "nesterov"), [(None, False), (0.5, False), (0.5, True), (0.9, True)])
def test_gradient_descent_on_a_quadratic_diverges_above_the_bound_and_not_below(momentum, nesterov):
    curvature = 4.0
    bound = pl.optimizers.SGD(0.1, momentum=momentum, nesterov=nesterov).stable_rate(curvature)

    def far(rate):
        optimizer = pl.optimizers.SGD(rate, momentum=momentum, nesterov=nesterov)
        weights = {"w": jnp.float32(1.0)}

        def step(_, carry):
            weights, state = carry
            return optimizer.update(jax.tree.map(lambda w: curvature * w, weights), state, weights)

        return abs(float(jax.lax.fori_loop(0, 300, step, (weights, optimizer.init(weights)))[0]["w"]))

    assert far(0.97 * bound) < 1 < far(1.03 * bound)


def test_a_sweep_of_learning_rates_marks_the_bound_where_it_is_known(tmp_path):
    given = {"learning_rate": [0.001, 0.01, 0.05], "epochs": 1, "batch_size": 50, "verbose": 0}
    found = pl.sweep(linear(), X, Y, validation_data=(X, Y), **given)
    assert found.marks["stable"] == pytest.approx(2 / pl.sharpness(linear(), X, Y), rel=1e-3)
    found.plot(tmp_path / "sweep.svg")
    assert f"2/λ = {found.marks['stable']:.2g}" in (tmp_path / "sweep.svg").read_text("utf-8")
    clipped = pl.optimizers.SGD(0.1, clipnorm=1.0)
    for model in (linear("adam"), linear(clipped), linear(rule="feedback_alignment")):
        assert stable_rate_of(pl.Population(model, learning_rate=[0.1]), X, Y) == {}


def test_what_has_no_hessian_is_refused():
    with pytest.raises(InvalidValue, match="this model has no loss"):
        pl.sharpness(linear(), X, None)
    broken = linear()
    with pytest.raises(InvalidValue, match="second derivatives of the loss are not finite"):
        pl.sharpness(broken, X * 1e30, Y)
