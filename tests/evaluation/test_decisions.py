"""Decisions from probabilities: thresholds compared with brute force, costs with sums by hand."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from sklearn import metrics

from plastica.data.columns import Column
from plastica.data.target import Target
from plastica.evaluation.decisions import Decision, best_threshold, usual_decision
from plastica.evaluation.thresholds import aim_of, choose_decision, say_decision
from plastica.tables import Settings

TWO = Target((Column("y", "category"),), "binary", ("no", "yes"))
THREE = Target((Column("y", "category"),), "multiclass", ("a", "b", "c"))
LABELS = Target((Column("p", "number"), Column("q", "number")), "multilabel", ("p", "q"))


@pytest.mark.parametrize("aim", ["f1", "balanced_accuracy", "accuracy", "costs"])
def test_the_threshold_is_the_one_that_brute_force_finds(aim):
    rng = np.random.default_rng(0)
    costs = ((0.0, 1.0), (7.0, 0.5))
    figures = {
        "f1": lambda y, z: metrics.f1_score(y, z, zero_division=0),
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "accuracy": metrics.accuracy_score,
        "costs": lambda y, z: -np.array(costs)[y.astype(int), z.astype(int)].mean(),
    }
    for _ in range(40):
        y = rng.random(25) < 0.3
        y[:2] = True, False
        share = np.round(rng.random(25), 1)  # with ties, zeros and ones
        every = [0.0, *np.nextafter(np.unique(share), 2)]
        best = max(figures[aim](y, share >= cut) for cut in every)
        found = best_threshold(y, share, aim, costs)
        assert figures[aim](y, share >= found) == pytest.approx(best)


def test_of_thresholds_that_serve_alike_the_one_nearest_to_one_half_is_taken():
    assert best_threshold(np.array([False, True]), np.array([0.1, 0.7]), "f1") == pytest.approx(0.4)
    assert best_threshold(np.array([True, True]), np.array([0.1, 0.7]), "accuracy") == 0


def test_the_answer_of_least_expected_cost_is_the_one_worked_by_hand():
    # A missed disease costs 10, a false alarm 1: Elkan's threshold is 1 / (1 + 10).
    two = Decision(rule="costs", costs=((0, 1), (10, 0)))
    assert list(two.decide(np.array([[0.91, 0.09], [0.90, 0.10]]))) == [0, 1]
    # Of (.5, .3, .2): answering a costs .3 + .2 * 9 = 2.1, b costs .5 * 2 + .2 = 1.2, c costs .5 * 3 + .3 = 1.8.
    three = Decision(rule="costs", costs=((0, 2, 3), (1, 0, 1), (9, 1, 0)))
    assert list(three.decide(np.array([[0.5, 0.3, 0.2], [0.9, 0.08, 0.02]]))) == [1, 0]


def test_thresholds_of_a_rare_first_class_are_about_it():
    decision = Decision(rule="threshold", thresholds=(0.2,), positive=0)
    assert list(decision.decide(np.array([[0.25, 0.75], [0.1, 0.9]]))) == [0, 1]
    y = np.array([0] * 6 + [1] * 34)
    shares = np.where(y == 0, 0.3, 0.05)
    found = choose_decision(Settings(), TWO, (0,), (), y, np.stack([shares, 1 - shares], 1))
    assert (found.positive, found.aim, found.rows) == (0, "f1", 40)
    assert found.thresholds == pytest.approx((0.175,))
    # Costs are given as rows no, yes; the positive class here is no.
    asked = Settings(costs=((0, 1), (1, 0)), threshold="costs")
    assert choose_decision(asked, TWO, (0,), (), y, np.stack([shares, 1 - shares], 1)).thresholds == (0.175,)


def test_what_is_asked_for_decides():
    y, shares = np.arange(20) % 2, np.full((20, 2), 0.5)
    costs = ((0.0, 1.0), (9.0, 0.0))

    def chosen(target=TWO, rare=(), shift=(), **asked):
        return choose_decision(Settings(**asked), target, rare, shift, y, shares)

    assert chosen() == Decision()
    assert chosen(threshold=0.3).thresholds == (0.3,)
    assert chosen(costs=costs).rule == "costs"
    assert chosen(shift=(0.5, 5.0), class_weight="balanced").weights == (0.5, 5.0)
    assert chosen(rare=(1,)).aim == "f1"
    assert chosen(THREE, rare=(2,)) == Decision()
    assert chosen(LABELS) == usual_decision("multilabel", 2)
    assert aim_of(Settings(), LABELS, (0,)) == "micro_f1"


def test_weights_for_balanced_accuracy_undo_the_classes_shares():
    y = np.array([0] * 10 + [1] * 5 + [2] * 5)
    found = choose_decision(Settings(threshold="balanced_accuracy"), THREE, (), (), y, np.zeros((20, 3)))
    assert found.weights == (2.0, 4.0, 4.0)
    assert list(found.decide(np.array([[0.6, 0.35, 0.05]]))) == [1]


def test_labels_share_one_threshold_or_have_their_own():
    rng = np.random.default_rng(1)
    y = (rng.random((60, 2)) < (0.1, 0.5)).astype(np.float32)
    shares = np.clip(y * 0.2 + rng.random((60, 2)) * 0.5, 0, 1)
    one = choose_decision(Settings(), LABELS, (0,), (), y, shares)
    assert len(set(one.thresholds)) == 1
    best = max(metrics.f1_score(y, shares >= cut, average="micro") for cut in np.unique(shares))
    assert metrics.f1_score(y, one.decide(shares), average="micro") == pytest.approx(best)
    each = choose_decision(Settings(threshold="f1"), LABELS, (0,), (), y, shares)
    assert each.thresholds[1] == best_threshold(y[:, 1] == 1, shares[:, 1], "f1")
    few = choose_decision(Settings(threshold="f1"), LABELS, (0,), (), y[:4], shares[:4])
    assert few.thresholds == (0.5, 0.5)


def test_decisions_are_said():
    one = Decision(rule="threshold", thresholds=(0.3,), aim="f1", rows=1200)
    said = str(say_decision(TWO, one))
    assert said == "'yes' if its probability is at least 0.3, chosen for F1 on 1,200 validation rows"
    of_labels = Decision(rule="threshold", thresholds=(0.2, 0.4))
    assert "each label by its own threshold, 0.2 to 0.4" in str(say_decision(LABELS, of_labels))
    assert say_decision(TWO, Decision()) is None
    assert "'b' 2" in str(say_decision(THREE, Decision(rule="weights", weights=(1, 2, 4))))


@pytest.mark.parametrize(
    "change",
    [{"rule": "threshold"}, {"rule": "magic"}, {"thresholds": [float("inf")]}, {"costs": [[0, 1]]}, {"positive": 2}],
)
def test_damaged_decisions_are_refused(change):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(json.loads(json.dumps({"rule": "largest"} | change)), Decision)


def test_a_decision_fits_so_many_classes():
    assert Decision().fits("multiclass", 3) and not usual_decision("multilabel", 2).fits("multilabel", 3)
    assert not Decision(rule="weights", weights=(1, 2)).fits("multiclass", 3)
    assert not Decision(rule="threshold", thresholds=(0.5,)).fits("multiclass", 3)
    costs = ((0.0, 1.0), (5.0, 0.0))
    assert Decision(costs=costs).fits("binary", 2) and not Decision(costs=costs).fits("multiclass", 3)
