"""Doctors of populations: which members are ill, and which settings these have in common."""

from __future__ import annotations

import json

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFitted
from plastica.language import using

RNG = np.random.default_rng(0)
X = RNG.normal(size=(96, 4)).astype(np.float32)
Y = np.tanh(X[:, 0] - X[:, 1])
BIAS = "layers.0.bias_initializer"


def network():
    model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(1)], seed=0)
    model.compile(pl.optimizers.SGD(0.05), "mse")
    return model


@pytest.fixture(scope="module")
def watched():
    """A population half of which has dead units, and its history."""
    population = pl.Population(network(), {BIAS: ["zeros", pl.initializers.Constant(-50)]}, seeds=2)
    history = population.fit(X, Y, epochs=6, verbose=0, doctor=True)
    return population, history


def test_members_are_the_same_bit_for_bit_with_a_doctor(watched):
    population, _ = watched
    alone = pl.Population(network(), {BIAS: ["zeros", pl.initializers.Constant(-50)]}, seeds=2)
    alone.fit(X, Y, epochs=6, verbose=0)
    for one, other in zip(population, alone, strict=True):
        for left, right in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(left, right)
    assert alone.history.diagnosis is None


def test_the_ill_members_are_named_with_their_setting(watched):
    _, history = watched
    found = history.diagnosis
    assert found.ill == (2, 3) and found["dead_units"].members == (2, 3)
    assert list(found["dead_units"].settings) == [BIAS]
    assert found[0].is_healthy and found[2]["dead_units"].where == "layer 0, Dense"
    said = repr(found)
    assert said.startswith("2 of 4 members are ill.") and "2 of 4 members (layers.0.bias_initializer=" in said
    assert found.by_setting().filter(setting=BIAS)["ill"].to_list() == [0, 2]
    assert set(found.to_frame()["member"]) == {2, 3}
    assert json.loads(json.dumps(found.to_dict()))["ill"] == [2, 3]
    assert "<table>" in found._repr_html_()
    with using("zh"):
        assert "4 个成员中有 2 个存在问题" in repr(found)
    with pytest.raises(KeyError, match="'leak' was not found; there are: dead_units"):
        found["leak"]


def test_members_are_examined_on_their_own_rows(watched):
    population, _ = watched
    found = population.diagnose(X, Y)
    assert found.ill == (2, 3) and "dead_units" in found.codes
    folds = pl.Population(network(), folds=2)
    folds.fit(X, Y, epochs=1, verbose=0)
    examined = folds.diagnose(X, Y)
    # With held-out rows of its own, each fold can be judged.
    assert not any("held-out" in str(each) for each in examined[0].unjudged)
    with pytest.raises(InvalidValue, match="give the rows of fit"):
        folds.diagnose(X[:40], Y[:40])


def test_a_member_that_diverges_is_ill_with_its_rate():
    population = pl.Population(network(), learning_rate=[0.05, 1e6])
    with pytest.warns(Warning, match="not finite"):
        history = population.fit(X, Y, epochs=6, verbose=0, doctor=True)
    found = history.diagnosis["not_finite"]
    assert found.members == (1,) and found.settings == {"learning_rate": (1e6,)}


def test_a_range_of_a_setting_is_said_by_its_edge():
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.SGD(0.01), "mse")
    population = pl.Population(model, learning_rate=[0.001, 0.01, 3.0, 4.0])
    population.fit(X, Y, epochs=1, verbose=0)
    found = population.diagnose(X, Y)
    assert found["rate_above_bound"].edges == {"learning_rate": "≥ 3"}
    assert "2 of 4 members (learning_rate ≥ 3): serious" in repr(found)


def test_healthy_members_are_said_nothing_of(capsys):
    history = pl.Population(network(), seeds=2).fit(X, Y, epochs=4, verbose=2, doctor=True)
    assert history.diagnosis.ill == () and "No problems were found." in repr(history.diagnosis)
    assert "ill" not in capsys.readouterr().out


def test_what_was_found_is_printed_once_at_the_end(capsys):
    model = pl.Sequential([pl.Dense(8, "relu", bias_initializer=pl.initializers.Constant(-50)), pl.Dense(1)])
    model.compile("sgd", "mse")
    pl.Population(model, seeds=3).fit(X, Y, epochs=4, verbose=1, doctor=True, callbacks=lambda place: [])
    printed = capsys.readouterr().out
    assert printed.count("dead") + printed.count("slope of 0") == 1 and "all 3 members" in printed


def test_doctors_in_callbacks_see_members():
    doctors = [pl.doctor.Doctor(), pl.doctor.Doctor()]
    pl.Population(network(), seeds=2).fit(X, Y, epochs=4, verbose=0, callbacks=lambda place: [doctors[place]])
    assert all(each.looks for each in doctors)


def test_a_population_without_weights_has_no_diagnosis():
    with pytest.raises(NotFitted):
        pl.Population(network(), seeds=2).diagnose(X, Y)


def test_folds_of_a_cross_validation_are_watched():
    found = pl.cross_validate(network(), X, Y, folds=2, epochs=2, doctor=True)
    assert len(found.history.diagnosis) == 2


def test_the_ill_settings_of_a_search_are_named(tmp_path):
    space = {BIAS: [pl.initializers.Zeros(), pl.initializers.Constant(-50)]}

    def search():
        return pl.Search(network(), space, strategy="grid")

    trials = search().fit(X, Y, epochs=4, verbose=0, doctor=True, checkpoint=tmp_path / "search")
    found = trials.diagnosis
    assert found["dead_units"].members == (1,) and BIAS in found["dead_units"].settings
    assert "dead_units" in trials.leaderboard().sort("trial")["findings"][1]
    again = search().fit(X, Y, epochs=4, verbose=0, doctor=True, checkpoint=tmp_path / "search", resume=True)
    assert again[1].findings == trials[1].findings
