"""Kinds of targets: each checks targets, expands them to the outputs and returns classes."""

from __future__ import annotations

import warnings

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import losses
from plastica.errors import DataError, PlasticaWarning, ShapeError
from plastica.losses.class_targets import CLASS_NUMBERS, ONE_HOT, SHARES, of_shapes
from plastica.losses.targets import AMOUNTS, COUNTS, LABELS, SIGNS, UNKNOWN

SCORES = jnp.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
X = np.random.default_rng(0).standard_normal((12, 4)).astype("float32")
NUMBERS = np.arange(12) % 3


@pytest.mark.parametrize(("name", "kind"), [
    ("mse", AMOUNTS), ("poisson", COUNTS), ("bce", LABELS), ("binary_focal_crossentropy", LABELS),
    ("hinge", SIGNS), ("squared_hinge", SIGNS), ("categorical_hinge", ONE_HOT), ("kld", SHARES),
    ("categorical_crossentropy", SHARES), ("sparse_categorical_crossentropy", CLASS_NUMBERS),
    ("sparse_categorical_focal_crossentropy", CLASS_NUMBERS), (lambda y, a: y - a, UNKNOWN),
])  # fmt: skip
def test_each_loss_declares_its_kind_of_targets(name, kind):
    assert losses.get(name).meaning.targets == kind


def test_every_kind_spreads_to_one_target_per_output():
    np.testing.assert_array_equal(CLASS_NUMBERS.spread("own", jnp.array([2, 0]), SCORES), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(SIGNS.spread("own", jnp.array([[0, 1, -1]]), SCORES[:1]), [[-1, 1, -1]])
    for kind in (AMOUNTS, COUNTS, LABELS, ONE_HOT, SHARES):
        np.testing.assert_array_equal(kind.spread("own", SCORES, SCORES), SCORES)
        with pytest.raises(ShapeError, match="own: got targets of shape"):
            kind.spread("own", SCORES[:, :2], SCORES)
    with pytest.raises(ShapeError, match="own: an output for each pair of classes has no target of its own"):
        losses.OneVsOne().meaning.targets.spread("own", jnp.array([2, 0]), SCORES)


@pytest.mark.parametrize(("y", "outputs", "kind"), [
    ((4,), (4, 3), CLASS_NUMBERS), ((4, 1), (4, 3), CLASS_NUMBERS), ((4, 3), (4, 3), SHARES), ((4, 1), (4, 1), LABELS),
    ((4,), (4,), LABELS), ((4, 5), (4, 5, 3), CLASS_NUMBERS),
])  # fmt: skip
def test_shapes_tell_the_kind_where_no_loss_does(y, outputs, kind):
    assert of_shapes(jnp.zeros(y), jnp.zeros(outputs)) == kind


@pytest.mark.parametrize("loss", [losses.OneVsRest(), losses.OneVsOne()])
def test_a_sigmoid_per_class_or_pair_is_trained_without_a_warning_and_wrong_numbers_are_refused(loss):
    model = pl.Sequential([pl.Dense(3, activation="sigmoid")])
    model.compile("sgd", loss)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PlasticaWarning)
        assert np.isfinite(model.fit(X, NUMBERS, verbose=0, class_weight={0: 1, 1: 2, 2: 1}).history["loss"]).all()
    with pytest.raises(DataError, match=r"y\[0\] is 3; the network has 3 outputs"):
        model.fit(X, NUMBERS + 3, verbose=0)


def test_a_last_layer_without_activation_is_told_the_form_for_logits():
    model = pl.Sequential([pl.Dense(3)])
    model.compile("sgd", losses.OneVsRest())
    expected = r'activation="sigmoid", or use OneVsRest\(loss=BinaryCrossentropy\(from_logits=True\)\) as the loss'
    with pytest.raises(pl.errors.InvalidValue, match=expected):
        model.fit(X, NUMBERS, verbose=0)
