"""pl.Search: trials equal fits, the leaderboard, budgets, resuming, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFitted, PlasticaWarning, UnknownName

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])
SPACE = {"learning_rate": pl.LogUniform(1e-4, 0.3), "batch_size": [16, 32]}


def network(rate=0.01):
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.SGD(rate), "mse", metrics=["mae"])
    return model


@pytest.fixture(scope="module")
def found():
    search = pl.Search(network(), SPACE, trials=6, folds=3, seed=2)
    search.fit(X, Y, epochs=3, verbose=0)
    return search


def test_each_trial_is_the_fit_of_its_settings(found):
    from plastica.populations.splits import fold_splits

    for trial in found.trials[:3]:
        model = network(trial.settings["learning_rate"])
        train, held_out = fold_splits(3, len(X), None, None, model.seed)[1]
        options = {"epochs": 3, "batch_size": trial.settings["batch_size"], "verbose": 0}
        history = model.fit(X[train], Y[train], validation_data=(X[held_out], Y[held_out]), **options)
        assert trial.values[1] == pytest.approx(history.history["val_loss"][-1], rel=1e-4)
        assert trial.value == pytest.approx(np.mean(trial.values))


def test_the_leaderboard_has_every_trial_the_best_first(found):
    board = found.leaderboard()
    assert board.columns[:5] == ["rank", "trial", "learning_rate", "batch_size", "val_loss"]
    assert board["rank"].to_list() == [1, 2, 3, 4, 5, 6] and board["val_loss"].is_sorted()
    assert sorted(board["trial"]) == list(range(6)) and set(board["epochs"]) == {3}
    best = board.row(0, named=True)
    assert found.best_settings == {name: best[name] for name in SPACE}
    assert f"val_loss is best ({best['val_loss']:.4g})" in repr(found)
    values = found.trials.best().values
    held_out = found._run.splits[int(np.argmin(values))].held_out
    assert found.best().evaluate(X[held_out], Y[held_out], verbose=0)[0] == pytest.approx(min(values), rel=1e-4)


def test_settings_to_try_first_come_first_and_their_models_are_kept():
    search = pl.Search(
        network(), {"learning_rate": pl.LogUniform(1e-4, 0.3)}, trials=2, first=[{"learning_rate": 1e-5}]
    )
    search.fit(X, Y, epochs=1, verbose=0)
    assert len(search.trials) == 3 and search.trials[0].settings == {"learning_rate": 1e-5}
    assert len(search.models_of(0)) == 1
    worst = search.leaderboard()["trial"][1]
    with pytest.raises(InvalidValue, match=f"the models of trial {worst} were not kept"):
        search.models_of(worst)


def test_a_function_builds_the_model_of_a_trial():
    def build(units, rate):
        model = pl.Sequential([pl.Dense(units), pl.Dense(1)])
        model.compile(pl.optimizers.SGD(rate), "mse")
        return model

    search = pl.Search(build, {"units": [2, 3], "rate": [0.01, 0.1]}, strategy="grid")
    search.fit(X, Y, epochs=1, verbose=0)
    assert [tuple(each.settings.values()) for each in search.trials] == [(2, 0.01), (2, 0.1), (3, 0.01), (3, 0.1)]
    assert search.best().layers[0].units == search.best_settings["units"]
    with pytest.raises(InvalidValue, match="must return a compiled model"):
        pl.Search(lambda units: pl.Sequential([pl.Dense(units)]), {"units": [1]})


def test_a_failed_trial_is_last_and_no_mean_of_its_other_folds():
    search = pl.Search(network(), {"learning_rate": [0.01, 1e25]}, strategy="grid", folds=2)
    search.fit(X, Y, epochs=2, verbose=0)
    assert math.isnan(search.trials[1].value) and "not finite" in search.trials[1].ended
    assert search.leaderboard()["rank"].to_list() == [1, None]
    search = pl.Search(network(), {"learning_rate": [1e25]}, strategy="grid")
    search.fit(X, Y, epochs=2, verbose=0)
    with pytest.raises(NotFitted, match="none of the 1 trials"):
        search.best()


class Stop(Exception):
    pass


class StopAt(pl.Callback):
    """Raise an error after some epochs, counted over all waves."""

    epochs, at = 0, 10**9

    def on_epoch_end(self, epoch, logs=None):
        StopAt.epochs += 1
        if StopAt.epochs == StopAt.at:
            raise Stop


@pytest.mark.parametrize("at", [3, 17])  # in the first wave, in the second
def test_a_search_that_was_killed_and_resumed_finds_the_same(found, tmp_path, monkeypatch, at):
    monkeypatch.setattr("plastica.search.running.MOST_IN_WAVE", 4)

    def fit(at):
        StopAt.epochs, StopAt.at = 0, at
        search = pl.Search(network(), SPACE, trials=6, folds=3, seed=2)
        options = {"checkpoint": tmp_path / "search", "resume": True, "checkpoint_seconds": 0}
        search.fit(X, Y, epochs=3, verbose=0, callbacks=StopAt(), **options)
        return search

    with pytest.raises(Stop):
        fit(at)
    again = fit(10**9)
    assert again.leaderboard().equals(found.leaderboard())
    np.testing.assert_array_equal(again.best().predict(X), found.best().predict(X))
    done = fit(1)  # complete: nothing is trained
    assert done.leaderboard().equals(found.leaderboard())
    np.testing.assert_array_equal(done.best().predict(X), found.best().predict(X))
    search = pl.Search(network(), SPACE, trials=6, folds=3, seed=3)
    with pytest.raises(InvalidValue, match="belongs to another search: the space differ"):
        search.fit(X, Y, epochs=3, verbose=0, checkpoint=tmp_path / "search", resume=True)
    with pytest.raises(InvalidValue, match="already contains a search"):
        search.fit(X, Y, epochs=3, verbose=0, checkpoint=tmp_path / "search")


def test_a_budget_ends_the_search():
    space = {"learning_rate": pl.LogUniform(1e-4, 0.3)}
    pl.Search(network(), space, trials=8).fit(X, Y, epochs=2, verbose=0)  # the program of the first wave
    search = pl.Search(network(), space)
    search.fit(X, Y, epochs=2, verbose=0, budget="1s")
    assert len(search.trials) >= 8 and search.trials.good and search.seconds > 0.9


def test_a_budget_too_short_for_one_trial_trains_one_and_says_so():
    search = pl.Search(network(), SPACE)
    with pytest.warns(PlasticaWarning, match="too short for one epoch of one trial; the first trial was trained"):
        search.fit(X, Y, epochs=2, verbose=0, budget=1e-6)
    assert len(search.trials) == 1 and search.trials[0].epochs == 2


@pytest.mark.parametrize(
    ("space", "error", "message"),
    [
        ({"learning_rat": [0.1]}, UnknownName, 'did you mean "learning_rate"'),
        ({"learning_rate": []}, InvalidValue, "an empty grid has no member"),
        ({}, InvalidValue, "give settings by name"),
        (
            {"layers.0.units": pl.Uniform(1, 9)},
            InvalidValue,
            '"layers.0.units" does not take .* must be a whole number',
        ),
        ({"optimizer": ["sgd", "adamm"]}, UnknownName, 'did you mean "adam"'),
        ({"learning_rate": [0.1], "optimizer.learning_rate": [0.1]}, InvalidValue, "stand for"),
    ],
)
def test_what_cannot_be_searched_is_said(space, error, message):
    with pytest.raises(error, match=message):
        pl.Search(network(), space)


def test_other_mistakes_are_said():
    with pytest.raises(InvalidValue, match="give a compiled model, or a function"):
        pl.Search("model", SPACE)
    with pytest.raises(InvalidValue, match="trials=0"):
        pl.Search(network(), SPACE, trials=0)
    with pytest.raises(NotFitted, match="no trials yet"):
        pl.Search(network(), SPACE).leaderboard()
