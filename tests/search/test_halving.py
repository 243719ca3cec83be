"""Successive halving keeps the best of a known ranking."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.search.halving import promoted

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])
# From the start at 0 a step leaves the error times 1 - rate: the higher of these rates is better at every epoch.
RATES = [0.001, 0.004, 0.016, 0.002, 0.064, 0.008, 0.032, 0.0005, 0.09]


def network():
    model = pl.Sequential([pl.Dense(1, kernel_initializer="zeros")])
    model.compile(pl.optimizers.SGD(0.01), "mse")
    return model


def search_for(rates=RATES, **options):
    strategy = pl.SuccessiveHalving(factor=3, lowest=1)
    first = [{"learning_rate": rate} for rate in rates]
    return pl.Search(
        network(), {"learning_rate": pl.LogUniform(1e-5, 1e-4)}, strategy=strategy, trials=1, first=first, **options
    )


def test_the_best_of_a_known_ranking_survive_each_rung():
    search = search_for(folds=2)
    search.fit(X, Y, epochs=8, batch_size=20, verbose=0)
    board = search.leaderboard()
    epochs = dict(zip(board["learning_rate"], board["epochs"], strict=True))
    best_first = sorted(epochs, reverse=True)
    assert [epochs[rate] for rate in best_first] == [8, 3, 3, *[1] * 7]
    assert board["learning_rate"][0] == 0.09 and board["ended"].to_list()[:2] == ["epochs", "given up after 3 epochs"]
    assert search.best_settings == {"learning_rate": 0.09}


def test_the_survivor_is_trained_as_if_it_were_alone():
    search = search_for()
    search.fit(X, Y, epochs=5, batch_size=16, validation_split=0.25, verbose=0)
    alone = network()
    alone.learning_rate = 0.09
    history = alone.fit(X, Y, epochs=5, batch_size=16, validation_split=0.25, verbose=0)
    assert search.trials.best().value == pytest.approx(history.history["val_loss"][-1], rel=1e-4)


def test_later_waves_must_beat_what_earlier_ones_reached(monkeypatch):
    monkeypatch.setattr("plastica.search.running.MOST_IN_WAVE", 5)
    search = search_for([*RATES[:4], 0.09, 0.0001, 0.0002, 0.0003, 0.0004])
    search.fit(X, Y, epochs=8, batch_size=20, verbose=0)
    epochs = [trial.epochs for trial in search.trials]
    assert (
        epochs[4] == 8 and epochs[5:] == [1] * 5
    )  # 3 of 10 would go on: the three best of both waves are of the first
    assert [len(trial.rungs) for trial in search.trials][4:6] == [2, 1]


def test_it_is_resumed_where_it_was(tmp_path):
    straight = search_for()
    straight.fit(X, Y, epochs=8, batch_size=20, verbose=0)
    again = search_for()
    options = {"epochs": 8, "batch_size": 20, "verbose": 0, "checkpoint": tmp_path / "search", "checkpoint_seconds": 0}

    class Stop(pl.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 4:
                raise RuntimeError

    class Idle(Stop):
        def on_epoch_end(self, epoch, logs=None):
            pass

    Idle.__name__ = "Stop"
    with pytest.raises(RuntimeError):
        again.fit(X, Y, callbacks=Stop(), **options)
    resumed = search_for()
    resumed.fit(X, Y, callbacks=Idle(), resume=True, **options)
    assert resumed.leaderboard().equals(straight.leaderboard())
    np.testing.assert_array_equal(resumed.best().predict(X), straight.best().predict(X))


def test_who_goes_on():
    assert promoted([5, 1, 3, 2, 4, 6], [], 3) == [False, True, False, True, False, False]
    assert promoted([2, 2, 1], [], 2) == [False, False, True]
    assert promoted([float("inf")], [], 3) == [False]
    assert promoted([1.0, 2.0], [3.0, 4.0], 2) == [True, True]


def test_rungs_are_powers_of_the_factor():
    assert pl.SuccessiveHalving().rungs(100) == [4, 12, 36] and pl.SuccessiveHalving().rungs(1) == []
    with pytest.raises(InvalidValue, match=r"SuccessiveHalving\(factor=1\): give a whole number of at least 2"):
        pl.SuccessiveHalving(factor=1)
    with pytest.raises(InvalidValue, match="lowest=0"):
        pl.SuccessiveHalving(lowest=0)
