"""Misleading set-ups give exactly one warning, correct ones none."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import plastica as pl
from plastica.errors import PlasticaWarning

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 3)).astype("float32")
LABELS = np.arange(12) % 3
ONE_HOT = np.eye(3)[LABELS]


def said(layers, loss, x, y):
    """Return the warnings when a network is trained for one step."""
    model = pl.Sequential(layers)
    model.compile("sgd", loss)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(x, y, max_steps=1, epochs=1, verbose=0, batch_size=4)
    assert all(issubclass(each.category, PlasticaWarning) and each.filename == __file__ for each in caught)
    return [str(each.message) for each in caught]


def only(found, *words):
    assert len(found) == 1, found
    for word in words:
        assert word in found[0]


SPARSE, CROSS, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"


@pytest.mark.parametrize(("loss", "last", "y"), [
    (SPARSE, pl.Dense(3, "softmax"), np.full(12, 2)),
    (CROSS, pl.Dense(3, "softmax"), ONE_HOT[[1] * 12]),
    (BINARY, pl.Dense(1, "sigmoid"), np.ones(12)),
    ("hinge", pl.Dense(1, "tanh"), -np.ones(12)),
    (pl.losses.SparseCategoricalCrossentropy(from_logits=True), pl.Dense(3), np.zeros(12)),
])  # fmt: skip
def test_targets_of_one_class_only(loss, last, y):
    only(said([last], loss, X, y), "all 12 targets are", "always predict this class", "Add rows of the other classes")


@pytest.mark.parametrize("loss", [SPARSE, CROSS, "kl_divergence", pl.losses.SparseCategoricalFocalCrossentropy()])
@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid"])
def test_shares_of_one_whole_under_units_that_answer_each_for_itself(loss, activation):
    dense = loss in (CROSS, "kl_divergence")
    found = said([pl.Dense(3, activation)], loss, X, ONE_HOT if dense else LABELS)
    only(found, "mutually exclusive", 'activation="softmax"', '"binary_crossentropy"')


def test_inputs_and_targets_of_a_size_that_no_network_learns_from():
    large = X.copy()
    large[4, 1] = -1e30
    only(said([pl.Dense(3, "softmax")], SPARSE, large * 1e-3, LABELS), "x reaches 1e+27 in column 1:", "x.std(0)")
    only(said([pl.Dense(1)], "mae", X, X[:, 0] * 1e12), "y reaches", "y.std()", "NetworkRegressor")
    only(said([pl.Flatten(), pl.Dense(1)], "mae", X.reshape(12, 3, 1) * 1e7, X[:, 0]), "x reaches")


def test_what_makes_inputs_small_itself_may_take_large_ones():
    assert not said([pl.BatchNormalization(), pl.Dense(1)], "mae", X * 1e7, X[:, 0])


def test_two_columns_of_one_name():
    frame = pd.DataFrame(X, columns=["size", "age", "size"])
    only(said([pl.Dense(1)], "mae", frame, X[:, 0]), "two columns called 'size'", "Rename")
    model = pl.Sequential([pl.Dense(1, input_dim=3)])
    with pytest.warns(PlasticaWarning, match="two columns called 'size'"):
        np.testing.assert_array_equal(model.predict(frame), model.predict(X))


@pytest.mark.parametrize(("layers", "loss", "y"), [
    ([pl.Dense(3, "softmax")], SPARSE, LABELS),
    ([pl.Dense(3, "softmax")], CROSS, ONE_HOT),
    ([pl.Dense(3)], pl.losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
    ([pl.Dense(3, "sigmoid")], BINARY, ONE_HOT),
    ([pl.Dense(1, "sigmoid")], BINARY, LABELS % 2),
    ([pl.Dense(1)], "mse", np.ones(12)),
    ([pl.Dense(1)], "mse", X[:, 0] * 1000),
])  # fmt: skip
def test_what_is_as_it_should_be_is_not_spoken_of(layers, loss, y):
    assert not said(layers, loss, X, y)


def test_answers_before_any_training_are_those_of_initial_weights_and_that_is_said_once(tmp_path):
    def made():
        model = pl.Sequential([pl.Dense(1, input_dim=3)])
        model.compile("sgd", "mse")
        return model

    fresh = made()
    with pytest.warns(PlasticaWarning, match=r"not been trained.*initial weights.*fit\(\)"):
        fresh.predict(X)
    fresh.predict(X)
    path = fresh.save(tmp_path / "net.plastica")
    pl.load(path).predict(X)
    fitted, given, restored, loaded = (made() for _ in range(4))
    fitted.fit(X, X[:, 0], verbose=0)
    fitted.compile("adam", "mae")
    given.set_weights(fitted.get_weights())
    restored.restore(fitted.snapshot())
    loaded.load_weights(path)
    for model in (fitted, given, restored, loaded):
        model.predict(X)
