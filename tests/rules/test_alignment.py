"""The angle between a rule's direction and the true gradient."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFitted
from plastica.rules import Oja
from plastica.rules.alignment import compared

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)


def model_under(rule, units=30):
    hidden = (pl.Dense(units, activation="tanh"), pl.Dropout(0.2), pl.Dense(units, activation="tanh"))
    model = pl.Sequential([*hidden, pl.Dense(1, activation="sigmoid")])
    model.compile(pl.optimizers.Adam(0.003), "binary_crossentropy", rule=rule)
    return model


def angle_by_hand(one, other):
    a, b = (np.concatenate([np.ravel(part) for part in jax.tree.leaves(t)]).astype(float) for t in (one, other))
    return np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))


def test_backprop_has_no_angle_to_itself_even_under_dropout():
    found = model_under("backprop").alignment(X, Y)
    assert [layer.path for layer in found] == ["layer 0, Dense", "layer 2, Dense", "layer 3, Dense"]
    assert [layer.angle for layer in found] == pytest.approx([0, 0, 0], abs=1e-3)
    assert [layer.cosine for layer in found] == pytest.approx([1, 1, 1], abs=1e-6)


@pytest.fixture(scope="module")
def angle():
    found = jax.jit(compared)
    return lambda one, other: tuple(map(float, found(one, other)))


def test_a_direction_at_random_stands_at_about_90_degrees(angle):
    for _ in range(5):
        cosine, degrees = angle([RNG.normal(size=(40, 100))], [RNG.normal(size=(40, 100))])
        assert degrees == pytest.approx(90, abs=4)  # four standard deviations of 1 / sqrt(4000)
        assert cosine == pytest.approx(np.cos(np.radians(degrees)), abs=1e-5)


def test_the_angle_is_that_of_the_textbook_and_exact_where_it_is_small(angle):
    one = {"kernel": RNG.normal(size=(4, 3)), "bias": RNG.normal(size=3)}
    other = {"kernel": RNG.normal(size=(4, 3)), "bias": RNG.normal(size=3)}
    near = jax.tree.map(lambda a, b: a + 1e-4 * b, one, other)
    for pair in ((one, other), (one, jax.tree.map(np.negative, one)), (one, near)):
        assert angle(*pair)[1] == pytest.approx(angle_by_hand(*pair), rel=2e-3)
    assert np.isnan(angle(one, jax.tree.map(np.zeros_like, one))[1])


def test_the_step_that_a_rule_makes_itself_counts_as_its_direction():
    model = pl.Sequential([pl.Dense(3), pl.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", rule=Oja())
    first, last = model.alignment(X, Y)
    kernel = model.params[0]["kernel"]
    y = X @ kernel
    change = (X.T @ y - (y * y).sum(0) * kernel) / len(X)
    gradient = model.trace(X, Y)[0].gradient
    wanted = angle_by_hand([-change, np.zeros(3)], [gradient["kernel"], gradient["bias"]])
    assert first.angle == pytest.approx(wanted, abs=0.01)
    assert last.angle == pytest.approx(0, abs=1e-3)  # the read-out follows the gradient


def test_feedback_alignment_turns_towards_the_gradient_and_the_history_shows_it():
    model = model_under("feedback_alignment")
    history = model.fit(X, Y, epochs=60, verbose=0, callbacks=[pl.GradientAlignment(X, Y)]).history
    assert len(history["angle_layer_0"]) == 60
    assert history["angle_layer_0"][-1] < 75
    assert history["angle_layer_2"][-1] < 75
    assert max(history["angle_layer_3"]) < 1e-3
    assert "angle_layer_1" not in history  # dropout has no parameters


def test_without_a_loss_there_is_no_gradient():
    model = pl.Sequential([pl.Dense(2)])
    model.compile(rule="oja")
    with pytest.raises(InvalidValue, match=r"compiled without a loss.*Oja"):
        model.alignment(X, None)
    with pytest.raises(NotFitted, match="is not compiled"):
        pl.Sequential([pl.Dense(2)]).alignment(X, Y)
