"""Declarative memory of ACT-R: closed forms, the spacing effect, and planted parameters."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue
from plastica.memory.people.declarative import DeclarativeMemory
from plastica.memory.people.forgetting import base_level_activation
from plastica.memory.people.practice import fit_declarative, practice_testing_curve, spacing_curve

PLAIN = DeclarativeMemory(decay_scale=0.0, decay_intercept=0.5)


def test_without_the_scale_it_is_base_level_learning():
    times = np.array([0.0, 4.0, 30.0, 31.0])
    assert PLAIN.activation(times, 100.0) == pytest.approx(base_level_activation(100.0 - times, 0.5))
    assert PLAIN.decays(times).tolist() == [0.5] * 4


def test_decays_of_two_presentations_by_hand():
    memory = DeclarativeMemory(decay_scale=0.2, decay_intercept=0.1)
    # The second comes 10 s later, at exp(m) = 10^-0.1; the trace of the first has the decay of the intercept alone.
    decays = [0.1, 0.2 * 10**-0.1 + 0.1]
    np.testing.assert_allclose(memory.decays([0, 10]), decays)
    activation = np.log(110**-0.1 + 2 * 100 ** -decays[1])
    assert memory.activation([0, 10], 110, weights=[1, 2]) == pytest.approx(activation)
    assert memory.recall([0, 10], 110, [1, 2]) == pytest.approx(1 / (1 + np.exp((-0.704 - activation) / 0.255)))


def test_spaced_practice_lasts_longer_and_massed_practice_is_better_at_once():
    memory = DeclarativeMemory()
    massed, spaced = [0, 10, 20, 30], [0, 200, 400, 600]
    assert memory.recall(massed, 31) > memory.recall(spaced, 601) - 0.05
    assert memory.recall(massed, 30 + 5000) < memory.recall(spaced, 600 + 5000)
    # Without decay by activation there is no such difference, except for the age of traces.
    plain = DeclarativeMemory(decay_scale=0.0)
    assert abs(plain.recall(massed, 30 + 5000) - plain.recall(spaced, 600 + 5000)) < 0.02
    table = spacing_curve(gaps=[10, 100, 1000], delays=[100, 3000])
    assert table.columns == ["gap", "delay", "recall", "best"] and table["best"].sum() == 2
    best = table.filter("best").sort("delay")["gap"].to_list()
    assert best[0] <= best[1]


def test_tests_strengthen_only_what_is_recalled():
    sure = DeclarativeMemory(threshold=-50.0)  # everything is recalled, so that a test of weight 1 is a study period
    table = practice_testing_curve(sure, test_weight=1.0, delays=[5, 50])
    np.testing.assert_allclose(table["restudied"], table["tested"])
    none = DeclarativeMemory(threshold=5.0, noise=0.01)  # nothing is, so that a single study period is left
    assert practice_testing_curve(none)["tested"].max() == pytest.approx(0)
    assert practice_testing_curve().row(0, named=True)["people_tested"] == 0.71
    assert practice_testing_curve(delays=[60])["people_tested"].to_list() == [None]


def test_planted_parameters_of_practice_are_found():
    rng = np.random.default_rng(0)
    planted = DeclarativeMemory(decay_scale=0.3, decay_intercept=0.25, threshold=-1.0, noise=0.3)
    presentations = [np.cumsum(rng.uniform(5, 300, rng.integers(1, 5))) for _ in range(120)]
    tests = [times[-1] + rng.uniform(10, 5000) for times in presentations]
    recalled = [planted.recall(*each) for each in zip(presentations, tests, strict=True)]
    found = fit_declarative(presentations, tests, recalled)
    for name in ("decay_scale", "decay_intercept", "threshold", "noise"):
        assert getattr(found.memory, name) == pytest.approx(getattr(planted, name), abs=0.03), name
    assert found.log_likelihood > found.chance


def test_lists_have_primacy_by_rehearsal_and_recency_without():
    memory = DeclarativeMemory(0.0, 0.5, -0.5, 0.3)
    rehearsed, plain = memory.simulate(16, 400, rehearsals=1), memory.simulate(16, 400, rehearsals=0)
    assert rehearsed.recalls.shape == (400, 16) and rehearsed.recalls.max() == 16
    primacy = [each.serial_position()[0] - each.serial_position()[7] for each in (rehearsed, plain)]
    assert primacy[0] > 0.2 > 0.05 > primacy[1]
    recency = plain.serial_position()
    assert recency[-1] > recency[7] + 0.3
    # One word, shown a second before: m = 0, so that it is recalled with the probability 1 / (1 + exp(tau / s)).
    alone = memory.simulate(1, 4000, rehearsals=0)
    assert alone.serial_position()[0] == pytest.approx(1 / (1 + np.exp(-0.5 / 0.3)), abs=0.02)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: DeclarativeMemory(noise=0), InvalidValue, "noise=0.*above 0"),
        (lambda: DeclarativeMemory(decay_scale=-1), InvalidValue, "at least 0"),
        (lambda: PLAIN.activation([3, 1], 9), DataError, "ascending order"),
        (lambda: PLAIN.activation([0, 5], 5), DataError, "after the last presentation, 5 s"),
        (lambda: PLAIN.activation([0, 5], 9, [1]), DataError, "2 presentations and 1 weights"),
        (lambda: PLAIN.recall([0], 9, [0]), DataError, "above 0"),
        (lambda: PLAIN.simulate(trials=0), InvalidValue, "at least one word and list"),
        (lambda: spacing_curve(gaps=[0.0]), InvalidValue, "above 0"),
        (lambda: practice_testing_curve(test_weight=0), InvalidValue, "above 0"),
        (lambda: fit_declarative([[0]], [1], [1, 0]), DataError, "1 presentations, 1 tests and 2 recalls"),
        (lambda: fit_declarative([[0]], [1], [1]), DataError, "more than 4 recalls"),
        (lambda: fit_declarative([[0]], [1], [1], free=["d"]), InvalidValue, "decay_scale, decay_intercept"),
    ],
)
def test_mistakes_with_declarative_memory(call, error, message):
    with pytest.raises(error, match=message):
        call()
