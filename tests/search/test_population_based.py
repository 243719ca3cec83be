"""Population-based training: bad trials go on from the weights of good ones, with changed settings."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])
SPACE = {"learning_rate": pl.LogUniform(1e-4, 0.1)}
FIT = {"epochs": 5, "batch_size": 16, "validation_split": 0.25, "verbose": 0}


def network(rate=0.01):
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.SGD(rate), "mse")
    return model


def search_for(**changes):
    strategy = pl.PopulationBasedTraining(**{"interval": 2, "fraction": 0.34, "resample": 0.0} | changes)
    first = [{"learning_rate": rate} for rate in (0.05, 1e-4)]
    return pl.Search(network(), SPACE, strategy=strategy, trials=1, first=first, seed=1)


def test_a_bad_trial_goes_on_from_the_weights_of_the_best_with_another_rate():
    search = search_for(interval=3, factors=(0.5, 0.5))
    search.fit(X, Y, **FIT)
    loser = search.trials[1]
    assert loser.settings == {"learning_rate": 1e-4} and loser.changed == {"learning_rate": 0.025}
    assert search.trials[0].changed == {"learning_rate": 0.05}
    alone = network(0.05)
    alone.fit(X, Y, **FIT | {"epochs": 3})
    alone.learning_rate = 0.025
    history = alone.fit(X, Y, **FIT | {"epochs": 2})
    assert loser.value == pytest.approx(history.history["val_loss"][-1], rel=1e-4)
    assert "final learning_rate" in search.leaderboard().columns


def test_nothing_changes_before_the_first_interval():
    search = search_for(interval=5)
    search.fit(X, Y, **FIT)
    assert all(trial.changed == trial.settings for trial in search.trials)


def test_it_is_resumed_where_it_was(tmp_path):
    class Stop(pl.Callback):
        at = 3

        def on_epoch_end(self, epoch, logs=None):
            if epoch == self.at:
                raise RuntimeError

    straight = search_for()
    straight.fit(X, Y, **FIT)
    options = FIT | {"checkpoint": tmp_path / "search", "resume": True, "checkpoint_seconds": 0}
    with pytest.raises(RuntimeError):
        search_for().fit(X, Y, callbacks=Stop(), **options)
    Stop.at = 99
    resumed = search_for()
    resumed.fit(X, Y, callbacks=Stop(), **options)
    assert resumed.leaderboard().equals(straight.leaderboard())
    np.testing.assert_array_equal(resumed.best().predict(X), straight.best().predict(X))


def test_what_cannot_change_while_a_network_learns_is_said():
    for space in ({"layers.0.units": [1, 2]}, {"batch_size": pl.IntUniform(8, 16)}):
        with pytest.raises(InvalidValue, match="cannot change while a network learns"):
            pl.Search(network(), space, strategy="pbt")

    def build(exponent):
        return network(10.0**exponent)

    search = pl.Search(build, {"exponent": pl.Uniform(-4, -1)}, strategy="pbt", trials=2)
    with pytest.raises(InvalidValue, match='"exponent" is no float of the compiled program'):
        search.fit(X, Y, **FIT)


@pytest.mark.parametrize("given", [{"interval": 0}, {"fraction": 0.6}, {"resample": 2}, {"factors": (0, 1)}])
def test_bad_numbers_are_said(given):
    with pytest.raises(InvalidValue, match="PopulationBasedTraining"):
        pl.PopulationBasedTraining(**given)
