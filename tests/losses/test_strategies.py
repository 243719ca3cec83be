"""One-vs-rest and one-vs-one losses, and losses of packed ensembles, compared with sums by hand."""

from __future__ import annotations

from math import log

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica import losses
from plastica.activations import Sigmoid, Softmax
from plastica.errors import DataError, ShapeError
from plastica.losses import place


def test_one_vs_rest_asks_each_class_once():
    found = losses.OneVsRest().values(jnp.array([2, 0]), jnp.array([[0.1, 0.2, 0.9], [0.8, 0.5, 0.5]]))
    by_hand = [-(log(0.9) + log(0.8) + log(0.9)) / 3, -(log(0.8) + 2 * log(0.5)) / 3]
    np.testing.assert_allclose(found, by_hand, rtol=1e-5)


def test_one_vs_one_counts_only_the_pairs_that_hold_the_class():
    shares = jnp.array([[0.7, 0.6, 0.2]])  # (0, 1), (0, 2), (1, 2)
    for number, by_hand in enumerate(
        (-(log(0.7) + log(0.6)) / 2, -(log(0.3) + log(0.2)) / 2, -(log(0.4) + log(0.8)) / 2)
    ):
        np.testing.assert_allclose(losses.OneVsOne().values(jnp.array([number]), shares), [by_hand], rtol=1e-5)


@pytest.mark.parametrize("inner", [losses.BinaryCrossentropy(), losses.BinaryFocalCrossentropy()])
@pytest.mark.parametrize("kind", [losses.OneVsRest, losses.OneVsOne])
def test_questions_have_the_stable_form_over_potentials(kind, inner):
    z = jnp.asarray(np.random.default_rng(0).normal(size=(5, 6)), jnp.float32)
    stable = place(losses.MemberLoss(kind(inner)), Sigmoid())
    assert stable.at_potential and not place(kind(inner), Softmax()).at_potential
    y = jnp.array([0, 1, 2, 3, 0])
    np.testing.assert_allclose(
        stable.loss.values(y, z[:, None]), kind(inner).values(y, Sigmoid()(z)), rtol=1e-4, atol=1e-5
    )


def test_the_focal_loss_of_class_numbers_is_that_of_one_hot_targets():
    shares = jnp.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]])
    found = losses.SparseCategoricalFocalCrossentropy(alpha=1.0, gamma=1.5).values(jnp.array([1, 2]), shares)
    np.testing.assert_allclose(found, [-(0.5**1.5) * log(0.5), -(0.9**1.5) * log(0.1)], rtol=1e-5)


def test_the_loss_of_members_is_the_mean_of_each_ones_own_and_not_that_of_their_mean():
    answers = jnp.array([[[1.0], [3.0]], [[0.0], [4.0]]])
    np.testing.assert_allclose(
        losses.MemberLoss(losses.MeanSquaredError()).values(jnp.array([[2.0], [1.0]]), answers), [1.0, 5.0]
    )
    with pytest.raises(ShapeError, match=r"\(batch, members, units\)"):
        losses.MemberLoss(losses.MeanSquaredError()).values(jnp.ones((2, 1)), jnp.ones((2, 1)))


def test_the_figure_of_members_is_that_of_their_mean_answer():
    metric = pl.metrics.MemberMetric(pl.metrics.get("mae"))
    sums = metric.sums(jnp.array([[2.0], [1.0]]), jnp.array([[[1.0], [3.0]], [[0.0], [4.0]]]), jnp.ones(2))
    assert metric.result(np.asarray(sums)) == 0.5 and metric.label == "mae"


def test_a_number_of_outputs_that_is_no_number_of_pairs_is_refused():
    assert [losses.classes_of(pairs) for pairs in (1, 3, 6, 10)] == [2, 3, 4, 5]
    with pytest.raises(ShapeError, match="4 outputs are no number of pairs"):
        losses.OneVsOne().values(jnp.array([0]), jnp.ones((1, 4)))


def test_wrong_class_numbers_are_refused_under_every_strategy():
    x, y = np.zeros((4, 2), np.float32), np.array([0, 1, 2, 3])
    for loss in (losses.OneVsRest(), losses.OneVsOne()):
        model = pl.Sequential([pl.Dense(3, activation="sigmoid")])
        model.compile("adam", loss)
        with pytest.raises(DataError, match="labels must be whole numbers from 0 to 2"):
            model.fit(x, y, verbose=0)
