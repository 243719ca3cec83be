"""find_learning_rate: the losses of the steps, the rates, and the suggestion."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.populations.rate_finder import steepest

X = np.random.default_rng(0).normal(size=(70, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])


def network():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_the_losses_are_those_of_steps_made_by_hand():
    found = pl.find_learning_rate(network(), X, Y, low=1e-3, high=0.1, steps=10, batch_size=32)
    table = found.to_frame().sort("learning_rate")
    np.testing.assert_allclose(table["learning_rate"], 1e-3 * 100 ** (np.arange(10) / 9), rtol=5e-3)
    alone, losses = network(), []
    alone.build((3,))
    for step in range(10):
        order = np.random.default_rng([0, step // 3]).permutation(70)
        batch = order[32 * (step % 3) : 32 * (step % 3) + 32]
        kernel, bias = alone.get_weights()
        error = X[batch] @ kernel + bias - Y[batch, None]
        losses.append(np.mean(error**2))
        rate = 1e-3 * 100 ** (step / 9)
        alone.set_weights([kernel - rate * 2 * X[batch].T @ error / len(batch), bias - rate * 2 * error.mean(0)])
    np.testing.assert_allclose(table["loss"], losses, rtol=1e-4)


def test_several_inputs_have_the_rows_of_one():
    one, other = pl.Input((2,)), pl.Input((1,))
    model = pl.Model([one, other], pl.Dense(1)(pl.Concatenate()([one, other])))
    model.compile("sgd", "mse")
    found = pl.find_learning_rate(model, (X[:, :2], X[:, 2:]), Y, low=1e-3, high=0.1, batch_size=5)
    whole = pl.find_learning_rate(network(), X, Y, low=1e-3, high=0.1, batch_size=5)
    assert len(found.to_frame()) == len(whole.to_frame())


def test_the_suggestion_is_where_the_loss_falls_fastest(tmp_path):
    found = pl.find_learning_rate(network(), X, Y, seeds=2, batch_size=16)
    rate = found.best["learning_rate"]
    assert 0.005 < rate < 1 and found.marks == {"steepest": rate}
    assert found.to_frame()["learning_rate"].to_numpy().max() < 10  # it stopped once the loss had grown
    found.plot(tmp_path / "found.svg")
    assert f"steepest at {rate:.2g}" in (tmp_path / "found.svg").read_text("utf-8")
    rates = np.geomspace(1e-4, 1, 50)
    assert steepest(rates, 1 / (1 + np.exp(8 * (np.log10(rates) + 2))), 5) == pytest.approx(1e-2, rel=0.2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"low": 1.0, "high": 0.1}, "two numbers above 0, the lower first"),
        ({"steps": 3}, r"\(steps=3\): give a whole number"),
    ],
)
def test_bad_ranges_are_refused(given, message):
    with pytest.raises(InvalidValue, match=message):
        pl.find_learning_rate(network(), X, Y, **given)


def test_a_moment_of_a_run_has_no_model():
    found = pl.find_learning_rate(network(), X, Y, steps=10)
    with pytest.raises(InvalidValue, match="kept no weights"):
        _ = found.model
