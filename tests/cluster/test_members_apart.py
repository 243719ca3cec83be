"""Searches, folds and populations whose members are divided among workers find what one process finds.

Workers are functions of this process here; tests/cluster/test_workers.py starts real ones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica.cluster import apart
from plastica.cluster.job import SETTINGS, read_json, write_json
from plastica.cluster.launching import raise_own_error
from plastica.cluster.work import work
from plastica.errors import InvalidValue
from plastica.search.halving import SuccessiveHalving
from plastica.settings import Settings
from plastica.tables import TableNetwork

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6)).astype(np.float32)
Y = X[:, :2].sum(1, keepdims=True)


def model_of():
    model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dropout(0.1), pl.Dense(1)], seed=1)
    model.compile("adam", "mse")
    return model


@pytest.fixture
def launched(monkeypatch):
    """Workers of this process, and the parts that they trained."""
    parts = []

    def run_apart(tasks, at_once, progress, look):
        for task in tasks:
            folder, how, part = task.arguments
            parts.append(int(part))
            code = work(Path(folder), how, int(part))
            raise_own_error(task.error)
            assert code == 0
        look()
        return 0

    monkeypatch.setattr(apart, "run_apart", run_apart)
    monkeypatch.setattr(apart, "BETWEEN", 0.0)
    return parts


def weights_of(models):
    return [array for model in models for array in model.get_weights()]


def assert_same_bits(found, wanted):
    for own, other in zip(weights_of(found), weights_of(wanted), strict=True):
        np.testing.assert_array_equal(own, other)


def search_of():
    space = {"learning_rate": pl.LogUniform(1e-3, 1e-1)}
    return pl.Search(model_of(), space, strategy=SuccessiveHalving(2, 2), trials=6, folds=2)


def test_trials_that_take_over_weights_are_refused_on_workers():
    search = pl.Search(model_of(), {"learning_rate": pl.LogUniform(1e-3, 1e-1)}, strategy="pbt", trials=4)
    with pytest.raises(InvalidValue, match=r'PopulationBasedTraining take over each other.*strategy="halving"'):
        search.fit(X, Y, verbose=0, cluster="local:2")
    with pytest.raises(InvalidValue, match="give devices= or cluster=, not both"):
        pl.Population(model_of(), seeds=2).fit(X, Y, verbose=0, cluster="local:2", devices=1)
    with pytest.raises(InvalidValue, match="give local:N"):
        search_of().fit(X, Y, verbose=0, cluster="nowhere")
    with pytest.raises(InvalidValue, match=r"the hook <?lambda>? cannot be sent"):
        search_of().fit(X, Y, verbose=0, cluster="local:2", hooks=lambda run: None)


def test_folds_with_doctors_and_the_search_inside_of_them_are_divided(launched):
    given = {"folds": 3, "epochs": 3, "batch_size": 10}
    one = pl.cross_validate(model_of(), X, Y, **given, doctor=True)
    several = pl.cross_validate(model_of(), X, Y, **given, doctor=True, cluster="local:2")
    np.testing.assert_allclose(several.to_frame()["loss"], one.to_frame()["loss"], rtol=1e-6)
    np.testing.assert_array_equal(several.predictions, one.predictions)
    assert [history.looks[0]["step"] for history in several.history.histories] == [0, 0, 0]
    assert several.history.diagnosis is not None
    inside = pl.Population(model_of(), learning_rate=[0.01, 0.1])
    nested = pl.cross_validate(inside, X, Y, **given, validation_split=0.3)
    apart_found = pl.cross_validate(inside, X, Y, **given, validation_split=0.3, cluster="local:2")
    np.testing.assert_array_equal(apart_found.predictions, nested.predictions)
    assert apart_found.chosen == nested.chosen


def test_folds_of_a_table_are_divided_and_stop_early_where_they_did(launched, tmp_path):
    settings = Settings(folds=3, epochs=12, patience=2, network="mlp", layers=(8,))
    one = TableNetwork.fit("penguins", "species", settings)
    several = TableNetwork.fit("penguins", "species", settings, cluster="local:2", checkpoint=tmp_path)
    assert launched == [0, 1]
    assert several.facts.cross_validation.epochs == one.facts.cross_validation.epochs
    for (_, own), (_, other) in zip(several.out_of_fold, one.out_of_fold, strict=True):
        np.testing.assert_allclose(own.answers["network"], other.answers["network"], atol=1e-5)
    assert_same_bits([several.model], [one.model])


def test_parts_with_an_answer_are_not_trained_again(launched, tmp_path):
    population, kept = pl.Population(model_of(), seeds=3), {"cluster": "local:2", "checkpoint": tmp_path}
    population.fit(X, Y, epochs=2, verbose=0, **kept)
    (tmp_path / "answer-1.json").unlink()
    again = pl.Population(model_of(), seeds=3)
    again.fit(X, Y, epochs=2, verbose=0, **kept, resume=True)
    assert launched == [0, 1, 1]
    assert_same_bits(again, population)
    settings = read_json(tmp_path / SETTINGS)
    write_json(tmp_path / SETTINGS, {**settings, "parts": [[0, 1]]})
    with pytest.raises(InvalidValue, match="belongs to other networks"):
        pl.Population(model_of(), seeds=3).fit(X, Y, epochs=2, verbose=0, **kept, resume=True)
