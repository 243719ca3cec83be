"""Hooks of fit: called with the run after each call of the program."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


def network():
    model = pl.Sequential([pl.Dense(4, "tanh"), pl.Dense(1)])
    model.compile(pl.optimizers.SGD(0.1), "mse")
    return model


def test_a_hook_sees_steps_figures_and_weights_of_that_moment():
    seen = []

    def look(run):
        (member,) = run.members
        own = member.trainee.get_weights()[0].copy()
        seen.append((run.step, member.logs.get("loss"), own, run.seconds))

    model = network()
    history = model.fit(X, Y, 8, 6, verbose=0, hooks=[look])
    steps, losses, weights, seconds = zip(*seen, strict=True)
    assert steps[-1] == 30 and list(steps) == sorted(set(steps))
    assert losses[-1] == history.history["loss"][-1]
    np.testing.assert_array_equal(weights[-1], model.get_weights()[0])
    assert list(seconds) == sorted(seconds)
    plain = network()
    plain.fit(X, Y, 8, 6, verbose=0)
    np.testing.assert_array_equal(plain.get_weights()[0], model.get_weights()[0])


def test_a_hook_may_stop_the_run_and_set_weights():
    def hook(run):
        model = run.members[0].trainee
        model.set_weights([np.zeros_like(array) for array in model.get_weights()])
        model.stop("enough")

    model = network()
    history = model.fit(X, Y, 8, 500, verbose=0, hooks=hook)
    assert history.stopped_by == "enough" and not any(array.any() for array in model.get_weights())


def test_what_is_no_function_is_refused():
    with pytest.raises(InvalidValue, match=r"hooks: 5 is not a function of the run.*Callbacks belong in callbacks="):
        network().fit(X, Y, hooks=[5], verbose=0)
    with pytest.raises(InvalidValue, match="is not a function of the run"):
        network().fit(X, Y, hooks=pl.EarlyStopping("loss"), verbose=0)
