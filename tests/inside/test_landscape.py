"""The loss over weights: closed forms of linear networks, planes through models, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.inside.directions import random_direction

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(40, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5], np.float32)


def linear():
    model = pl.Sequential([pl.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.build((3,))
    return model


def classifier(seed=0):
    model = pl.Sequential([pl.Dense(5, "tanh"), pl.Dense(3, "softmax")], seed=seed)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.build((3,))
    return model


LABELS = X.argmax(1)


def test_the_landscape_of_a_linear_network_is_the_paraboloid_of_its_formula():
    model = linear()
    found = pl.inside.loss_landscape(model, X, Y, points=5, span=0.7, normalize="none", seed=3)
    weights = np.asarray(model.params[0]["kernel"], np.float64)[:, 0]
    random = np.random.default_rng(3)
    u, v = (np.asarray(random_direction(model.network, model.params, random, "none")[0]["kernel"])[:, 0] for _ in "uv")
    expected = [[np.mean((X @ (weights + a * u + b * v) - Y) ** 2) for a in found.a] for b in found.b]
    np.testing.assert_allclose(found.loss, expected, rtol=1e-5)
    second = 2 * X.T.astype(np.float64) @ X / len(X)
    np.testing.assert_allclose(found.curvature, [u @ second @ u, v @ second @ v], rtol=1e-3)
    assert found.own["loss"] == pytest.approx(found.loss[2, 2], rel=1e-6)


def test_filter_normalized_directions_have_the_norm_of_each_unit_and_leave_biases():
    model = classifier()
    found = random_direction(model.network, model.params, np.random.default_rng(0))
    for own, along in zip(model.params, found, strict=True):
        np.testing.assert_allclose(
            np.linalg.norm(along["kernel"], axis=0), np.linalg.norm(own["kernel"], axis=0), rtol=1e-5
        )
        assert not np.asarray(along["bias"]).any()
    by_layer = random_direction(model.network, model.params, np.random.default_rng(0), "layer")[0]["kernel"]
    assert np.linalg.norm(by_layer) == pytest.approx(np.linalg.norm(model.params[0]["kernel"]), rel=1e-5)
    with pytest.raises(InvalidValue, match="normalize='unit': expected one of filter, layer, none"):
        random_direction(model.network, model.params, np.random.default_rng(0), "unit")


def test_frozen_layers_do_not_move():
    model = pl.Sequential([pl.Dense(4, trainable=False), pl.Dense(1)])
    model.build((3,))
    found = random_direction(model.network, model.params, np.random.default_rng(0))
    assert not np.asarray(found[0]["kernel"]).any() and np.asarray(found[1]["kernel"]).any()


def test_a_plane_through_models_has_their_losses_at_their_places():
    models = [classifier(seed) for seed in range(3)]
    found = pl.inside.loss_landscape(models[0], X, LABELS, through=models[1:], points=51)
    assert found.places.shape == (3, 2) and not found.places[0].any() and found.normalize == "models"
    flat = [np.concatenate([np.ravel(leaf) for leaf in each.get_weights()]) for each in models]
    for place, weights in zip(found.places, flat, strict=True):
        assert np.linalg.norm(place) == pytest.approx(np.linalg.norm(weights - flat[0]), abs=1e-4)
    for model, (a, b) in zip(models, found.places, strict=True):
        nearest = found.loss[np.abs(found.b - b).argmin(), np.abs(found.a - a).argmin()]
        assert nearest == pytest.approx(model.evaluate(X, LABELS, verbose=0)[0], abs=0.03)
    two = pl.inside.loss_landscape(models[0], X, LABELS, through=models[1:2], points=5)
    assert two.places[1, 0] > 0 and two.places[1, 1] == pytest.approx(0, abs=1e-6)


def test_a_landscape_says_itself_and_is_a_table_and_a_picture(tmp_path):
    found = pl.inside.loss_landscape(classifier(), X, LABELS, points=5)
    assert repr(found).startswith("The loss is ") and "second derivatives" in repr(found)
    assert found.to_frame().columns == ["a", "b", "loss", "accuracy"] and found.to_frame().height == 25
    assert len(found.to_dict()["rows"]) == 25
    found.plot(tmp_path / "a.svg")
    assert "loss on a plane of weights" in (tmp_path / "a.svg").read_text()


def test_what_has_no_landscape_is_refused():
    with pytest.raises(InvalidValue, match=r"points=4\): give an odd number"):
        pl.inside.loss_landscape(linear(), X, Y, points=4)
    with pytest.raises(InvalidValue, match=r"span=0\): expected a number above 0"):
        pl.inside.loss_landscape(linear(), X, Y, span=0)
    with pytest.raises(InvalidValue, match="a dict has no layers to look at"):
        pl.inside.loss_landscape({}, X, Y)
    with pytest.raises(InvalidValue, match="loss_landscape: this model has no loss"):
        pl.inside.loss_landscape(linear(), X, None)
    model = linear()
    with pytest.raises(InvalidValue, match="all models have the weights of the first one"):
        pl.inside.loss_landscape(model, X, Y, through=[model])
    other = pl.Sequential([pl.Dense(2), pl.Dense(1)])
    other.build((3,))
    with pytest.raises(InvalidValue, match="expected models of one network"):
        pl.inside.loss_landscape(model, X, Y, through=[other])
