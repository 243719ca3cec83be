"""What other optimizers propose: the protocol of ask and tell, and Optuna by it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, MissingExtra, UnknownName

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = X @ np.array([1.0, -2.0, 0.5])
SPACE = {"learning_rate": pl.LogUniform(1e-4, 0.3), "batch_size": [16, 32]}


def network():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Halves:
    """Proposes half of the best learning rate so far; a stand-in for the optimizer of another library."""

    def __init__(self, waves=3):
        self.waves, self.best, self.told = waves, (np.inf, 0.2), []

    def ask(self, count):
        self.waves -= 1
        rates = [self.best[1], self.best[1] / 2] if self.waves >= 0 else []
        return [{"learning_rate": rate, "batch_size": 16} for rate in rates]

    def tell(self, trials, sign):
        self.told.append([sign * trial.value for trial in trials])
        self.best = min(self.best, *((sign * each.value, each.settings["learning_rate"]) for each in trials))


def test_an_optimizer_of_ones_own_is_asked_and_told_wave_by_wave():
    own = Halves()
    search = pl.Search(network(), SPACE, strategy=own, trials=6, monitor="val_loss")
    search.fit(X, Y, epochs=2, verbose=0)
    values = [trial.value for trial in search.trials]
    assert own.told == [values[:2], values[2:4], values[4:]]
    rates = [trial.settings["learning_rate"] for trial in search.trials]
    assert rates[2] == rates[int(values[1] < values[0])]  # the better one of the first wave is tried again
    assert len(search.trials) == 6 and own.waves == 0


def test_a_resumed_search_tells_what_is_known_and_refuses_other_settings(tmp_path):
    def fit(own, trials, space=SPACE):
        search = pl.Search(network(), space, strategy=own, trials=trials)
        search.fit(X, Y, epochs=1, verbose=0, checkpoint=tmp_path, resume=True)
        return search

    straight = fit(Halves(), 4)
    own = Halves()
    again = fit(own, 4)
    assert again.leaderboard().equals(straight.leaderboard()) and len(own.told) == 2
    other = Halves()
    other.best = (np.inf, 0.1)
    with pytest.raises(InvalidValue, match="now proposes other settings than in the earlier run"):
        fit(other, 4)


def test_settings_that_are_not_of_the_space_are_said():
    class Wrong(pl.Proposals):
        def ask(self, count):
            return [{"learning_rat": 0.1}]

    with pytest.raises(InvalidValue, match=r"proposed \{'learning_rat': 0.1\}; ask\(count\) must return"):
        pl.Search(network(), SPACE, strategy=Wrong(), trials=2).fit(X, Y, verbose=0)
    with pytest.raises(UnknownName, match='did you mean "optuna"'):
        pl.Search(network(), SPACE, strategy="optuma")


def test_optuna_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r'pip install "plastica\[optuna\]"'):
        pl.Search(network(), SPACE, strategy="optuna")
    with pytest.raises(UnknownName, match='unknown sampler "tpa"; did you mean "tpe"'):
        pl.OptunaSearch("tpa")
    with pytest.raises(InvalidValue, match="batch=0"):
        pl.OptunaSearch(batch=0)


def test_optuna_finds_the_valley_of_a_known_function():
    """TPE learns from what it is told: its last trials are nearer to the optimum than its first, random ones."""
    pytest.importorskip("optuna")
    from plastica.search.space import Space
    from plastica.search.trials import SearchTrial

    space = Space({"rate": pl.LogUniform(1e-4, 1.0), "size": pl.IntUniform(1, 64, log=True), "kind": ["a", "b", "c"]})
    proposals = pl.OptunaSearch().proposals(space, 96, 0)
    distances = []
    while asked := proposals.ask(16):
        values = [abs(np.log10(each["rate"]) + 2) + abs(each["size"] - 8) / 8 + (each["kind"] != "b") for each in asked]
        values[0] = np.nan  # a trial that failed
        proposals.tell([SearchTrial(0, each, value) for each, value in zip(asked, values, strict=True)], 1.0)
        distances.append(np.nanmedian(values))
    assert len(distances) == 6 and np.mean(distances[3:]) < 0.7 * distances[0]
    assert pl.OptunaSearch("random").proposals(space, 3, 1).ask(9) == pl.OptunaSearch("random").proposals(
        space, 3, 1
    ).ask(3)


def test_a_search_by_optuna_is_told_of_the_settings_to_try_first_and_resumes(tmp_path):
    optuna = pytest.importorskip("optuna")

    def fit(trials=4):
        strategy = pl.OptunaSearch(batch=2)
        search = pl.Search(
            network(), SPACE, strategy=strategy, trials=4, first=[{"learning_rate": 0.01, "batch_size": 32}]
        )
        search.fit(X, Y, epochs=1, verbose=0, checkpoint=tmp_path, resume=True)
        return search

    found = fit()
    assert len(found.trials) == 5 and found.trials[0].settings["learning_rate"] == 0.01
    assert fit().leaderboard().equals(found.leaderboard())
    with pytest.raises(InvalidValue, match=r"makes its own study of Optuna; give OptunaSearch\(\)"):
        pl.Search(network(), SPACE, strategy=optuna.samplers.RandomSampler())
    assert optuna.logging.get_verbosity() == optuna.logging.INFO  # as it was
