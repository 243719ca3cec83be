"""Societies whose members have different networks, and exchange answers."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from tests.society.test_society import QUICK, X_TEST, X, Y, network


def deep(outputs=3, loss="sparse_categorical_crossentropy", activation="softmax"):
    model = pl.Sequential([pl.Dense(5, "relu"), pl.Dense(4, "tanh"), pl.Dense(outputs, activation)], seed=0)
    model.compile(pl.optimizers.Adam(0.02), loss)
    return model


@pytest.mark.parametrize("exchange", ["imitate", "teach", "trust"])
def test_members_with_different_networks_learn_from_each_other(exchange):
    made, alone = (pl.Society([network(), deep()], "ring", members=4, exchange=each) for each in (exchange, "none"))
    for each in (made, alone):
        each.fit(X, Y, **QUICK)
    assert [len(model.get_weights()) for model in made] == [4, 6, 4, 6]
    pairs = zip(made, alone, strict=True)
    moved = [(one.predict(X_TEST, verbose=0) != other.predict(X_TEST, verbose=0)).any() for one, other in pairs]
    assert all(moved) if exchange != "teach" else any(moved)  # who has no better neighbour is not taught
    np.testing.assert_allclose(made.evaluate(X_TEST, Y).scores, made.history.scores[-1], atol=1e-6)
    assert np.isnan(made.history["spread"]).all() and made.history.members().height == 4


def test_answers_are_in_the_order_of_the_members():
    made = pl.Society([network(), deep()], "ring", members=4, exchange="imitate")
    made.fit(X, Y, **QUICK)
    asked = np.random.default_rng(0).permutation(120)[:64]
    each = np.stack([model.predict(X_TEST[asked], verbose=0) for model in made])
    np.testing.assert_allclose(made.history.answers[-1], each, atol=2e-3)


def test_one_network_given_twice_is_one_kind():
    twice, once = (pl.Society(models, "ring", members=4) for models in ([network(), network()], network()))
    for each in (twice, once):
        each.fit(X, Y, **QUICK)
    np.testing.assert_array_equal(twice.history.scores, once.history.scores)


REFUSED = {
    "weights": (lambda: pl.Society([network(), deep()], exchange="average"), "exchange of answers"),
    "outputs": (lambda: pl.Society([network(), deep(4)], "ring", members=4).fit(X, Y, **QUICK), "as many outputs"),
    "losses": (
        lambda: pl.Society([network(), deep(loss="mse")], "ring", members=4).fit(X, Y, **QUICK),
        "give losses of one kind",
    ),
    "steps": (
        lambda: pl.Society([network(), deep()], "ring", members=4, every_steps=2).fit(X, Y, **QUICK),
        "differ in network",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_sentence(case):
    make, message = REFUSED[case]
    with pytest.raises(InvalidValue, match=message):
        make()
