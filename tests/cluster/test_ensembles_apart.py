"""The copies of an ensemble on several workers: the weights of one process, whoever is lost."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.cluster import ensembles
from plastica.errors import PlasticaWarning
from plastica.layers import Ensemble, MemberDense, Members
from plastica.losses import MeanSquaredError, MemberLoss

RNG = np.random.default_rng(0)
X = RNG.normal(size=(45, 5)).astype(np.float32)
Y = X[:, :1] ** 2 + 0.1 * RNG.normal(size=(45, 1)).astype(np.float32)
LEFT_OUT = np.repeat(np.eye(4)[np.arange(45) % 4], 2, axis=1).astype(np.float32)  # (rows, members), 2 of each copy
RUN = {
    "epochs": 30,
    "batch_size": 8,
    "verbose": 0,
    "sample_weight": (1 - LEFT_OUT) * (4 / 3),
    "validation_data": (X, Y, LEFT_OUT * 4),
}


def model_of(optimizer=None):
    inside = [Members(2), MemberDense(6, "tanh"), pl.Dropout(0.2), MemberDense(1, shared=False)]
    model = pl.Sequential([pl.Input((5,)), Ensemble(inside, copies=4)], seed=3)
    chosen = optimizer or pl.optimizers.AdamW(0.02)
    model.compile(chosen, MemberLoss(MeanSquaredError()), ["mae"], weighted_metrics=[MeanSquaredError()])
    return model


def stopping():
    return pl.EarlyStopping("val_loss", patience=2, min_delta=0.01, restore_best_weights=True)


@pytest.fixture(scope="module")
def alone():
    model = model_of()
    own = stopping()
    model.fit(X, Y, callbacks=own, **RUN)
    return model, own


def assert_same(model, one, apart=0.0):
    for own, other in zip(model.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=apart)
    assert model.history.epoch == one.history.epoch and model.history.stopped_by == one.history.stopped_by
    assert model.history.history.keys() == one.history.history.keys()
    for name, values in one.history.history.items():
        np.testing.assert_allclose(model.history.history[name], values, rtol=1e-5)


def test_workers_have_the_bits_of_one_process_and_stop_early_where_it_does_also_when_one_is_lost(threads, alone):
    one, wanted = alone
    model, own = model_of(), stopping()
    threads.losses[1] = 3  # the second worker, before it says the sums of the fourth epoch
    with pytest.warns(PlasticaWarning, match=r"worker 2 of 2 was lost"):
        pl.cluster.fit(model, X, Y, callbacks=own, cluster="local:2", checkpoint_seconds=0.0, **RUN)
    assert 3 < len(one.history.epoch) < 30
    assert_same(model, one)
    assert own.best_epoch == wanted.best_epoch
    np.testing.assert_array_equal(model.predict(X), one.predict(X))


def test_a_network_is_trained_on_by_three_workers_of_which_two_have_a_single_copy(threads):
    one, several = model_of(), model_of()
    for _ in range(2):
        one.fit(X, Y, **{**RUN, "epochs": 2})
        pl.cluster.fit(several, X, Y, cluster="local:3", **{**RUN, "epochs": 2})
    assert len(threads.begun) == 6
    assert_same(several, one, apart=1e-6)
    assert several.epochs_trained == 4


def test_a_time_limit_ends_all_workers_after_an_epoch_and_says_so(threads):
    model = model_of()
    pl.cluster.fit(model, X, Y, cluster="local:2", time_limit=1e-6, **RUN)
    assert model.history.epoch == [0] and model.history.stopped_by == "time_limit"


@pytest.mark.parametrize(
    "optimizer", [pl.optimizers.Lamb(), pl.optimizers.Adam(global_clipnorm=1.0), pl.optimizers.LBFGS()], ids=str
)
def test_steps_that_depend_on_other_copies_are_made_in_one_network(optimizer):
    assert ensembles.has_copies_apart(model_of())
    assert not ensembles.has_copies_apart(model_of(optimizer))
