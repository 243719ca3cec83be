"""Copies of a network compared with separate networks, and weights that exclude rows from some copies."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.losses import MeanSquaredError, MemberLoss

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 3)).astype("float32")
Y = rng.normal(size=(24, 1)).astype("float32")
INSIDE = (pl.Members(2), pl.MemberDense(5, "tanh"), pl.MemberDense(1, shared=False))


def compiled(copies=3):
    model = pl.Sequential([pl.Ensemble(INSIDE, copies)], seed=4)
    model.compile(pl.optimizers.SGD(0.1), MemberLoss(MeanSquaredError()))
    model.build((3,))
    model.set_weights(model.get_weights())  # intended, so no warning that nothing was trained
    return model


def copy_of(params, number):
    parts = [{}, {}, {}]
    for name, array in params.items():
        place, _, own = name.partition("/")
        parts[int(place)][own] = array[number]
    return tuple(parts)


def test_each_copy_answers_as_a_network_of_its_own_would():
    model = compiled()
    found = model.predict(X)
    assert found.shape == (24, 6, 1)
    for number in range(3):
        alone = pl.layers.Sequential(INSIDE).apply(copy_of(model.params[0], number), X, ({}, {}, {}))[0]
        np.testing.assert_allclose(found[:, 2 * number : 2 * number + 2], alone, atol=1e-6)


def test_copies_of_plain_layers_answer_one_number_each():
    layer = pl.Ensemble([pl.Dense(4, "relu"), pl.Dense(2)], 3)
    params, state = layer.init(np.random.default_rng(0), (3,))
    assert layer.apply(params, X, state)[0].shape == (24, 3, 2)
    # Each copy draws its own weights.
    assert not np.array_equal(params["0/kernel"][0], params["0/kernel"][1])


def test_a_copy_learns_nothing_from_rows_that_weigh_nothing_for_its_members():
    weight = np.ones((24, 6), np.float32)
    weight[:8, 2:4] = 0  # the second copy
    other = Y.copy()
    other[:8] += 5
    one, two = compiled(), compiled()
    one.fit(X, Y, sample_weight=weight, epochs=3, batch_size=24, verbose=0)
    two.fit(X, other, sample_weight=weight, epochs=3, batch_size=24, verbose=0)
    for name, array in one.params[0].items():
        np.testing.assert_array_equal(array[1], two.params[0][name][1])
        assert not np.array_equal(array[0], two.params[0][name][0])


def test_the_loss_of_weighted_members_is_the_weighted_mean_of_their_losses():
    weight = rng.uniform(size=(24, 6)).astype("float32")
    model = compiled()
    wrong = (model.predict(X)[:, :, 0] - Y) ** 2
    assert model.evaluate(X, Y, sample_weight=weight, verbose=0) == pytest.approx((wrong * weight).mean(), rel=1e-5)
    history = compiled().fit(
        X, Y, sample_weight=weight, validation_data=(X, Y, weight), epochs=1, batch_size=24, verbose=0
    )
    assert history.history["loss"][0] == pytest.approx((wrong * weight).mean(), rel=1e-5)


def test_weighted_metrics_of_members_count_each_member_by_its_weight():
    weight = rng.uniform(size=(24, 6)).astype("float32")
    model = compiled()
    model.compile(pl.optimizers.SGD(0.1), MemberLoss(MeanSquaredError()), weighted_metrics=["mae"])
    off = np.abs(model.predict(X)[:, :, 0] - Y)
    found = model.evaluate(X, Y, sample_weight=weight, verbose=0, return_dict=True)
    assert found["mae"] == pytest.approx((off * weight).sum() / weight.sum(), rel=1e-5)


def test_each_copy_has_the_knots_of_the_data():
    model = pl.Sequential([pl.Input((3,)), pl.Ensemble([pl.PiecewiseLinearEmbedding((1,), bins=4), pl.Dense(1)], 2)])
    model.build()
    model.adapt(X)
    knots = np.quantile(X[:, 1], [0, 0.25, 0.5, 0.75, 1], method="nearest")
    np.testing.assert_array_equal(model.state[1]["0/knots"], [[knots], [knots]])


def test_what_cannot_work_is_refused():
    with pytest.raises(InvalidValue, match="copies=0: expected at least one of each"):
        pl.Ensemble([pl.Dense(1)], 0)
    with pytest.raises(InvalidValue, match="entry 0 is Residual, a composition; expected plain layers"):
        pl.Ensemble([pl.Residual([pl.Dense(3)])])
    with pytest.raises(ShapeError, match=r"\(24,\), or one for each step, \(24, 6\)"):
        compiled().fit(X, Y, sample_weight=np.ones((24, 5)), verbose=0)
