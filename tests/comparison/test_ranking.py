"""Ranges of ranks by the uncertainty of seeds and rows, equal time budgets, and rules equivalent to backprop."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sklearn.metrics import accuracy_score, r2_score

import plastica as pl
from plastica import rules
from plastica.comparison import RuleRecord, compare_rules
from plastica.comparison.ranking import Ranks, is_better, ranks
from plastica.comparison.task import Task
from plastica.comparison.timing import epochs_planned, level
from plastica.comparison.trial import row_scores

RNG = np.random.default_rng(0)


def record(name, test, row_error=0.0, **fields):
    return RuleRecord(name=name, test=list(test), row_error=row_error, epochs=1, **fields)


@pytest.mark.parametrize("gap", [0.004, 0.01, 0.02])
def test_without_an_error_from_the_rows_it_is_welchs_test(gap):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        one, other = 0.9 + gap + 0.01 * rng.normal(size=5), 0.9 + 0.003 * rng.normal(size=4)
        expected = ttest_ind(one, other, equal_var=False)
        found = is_better(record("one", one), record("other", other))
        assert found == (expected.statistic > 0 and expected.pvalue < 0.05)


def test_with_seeds_that_agree_it_is_the_test_of_two_proportions():
    # p (1 - p) / n of 1,000 rows each: 0.90 against 0.87 is 2.10 standard errors apart, against 0.88 it is 1.43.
    one, near, far = (record(str(p), [p, p], np.sqrt(p * (1 - p) / 1000)) for p in (0.9, 0.88, 0.87))
    assert is_better(one, far) and not is_better(one, near) and not is_better(far, one)
    assert not is_better(one, far, comparisons=10)  # one of ten such differences may well be chance


def test_rules_with_the_same_figures_share_their_ranks():
    found = ranks([record("a", [0.9, 0.901]), record("b", [0.9, 0.901]), record("c", [0.5, 0.501])])
    assert found == [Ranks(1, 2), Ranks(1, 2), Ranks(3, 3)]
    assert [str(each) for each in found] == ["1-2", "1-2", "3"]


def test_one_seed_tells_nothing_of_ranks():
    assert ranks([record("a", [0.9]), record("b", [0.1])]) == [Ranks(1, 2), Ranks(1, 2)]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression"])
def test_the_mean_of_the_row_scores_is_the_figure(kind):
    y = {
        "binary": RNG.integers(0, 2, 50).astype(np.float32),
        "multiclass": RNG.integers(0, 4, 50).astype(np.float32),
        "multilabel": RNG.integers(0, 2, (50, 3)).astype(np.float32),
        "regression": RNG.normal(size=(50, 2)).astype(np.float32),
    }[kind]
    answers = RNG.random((50, {"binary": 1, "multiclass": 4, "multilabel": 3, "regression": 2}[kind]))
    x = np.zeros((50, 1), np.float32)
    expected = {
        "binary": lambda: accuracy_score(y, answers[:, 0] > 0.5),
        "multiclass": lambda: accuracy_score(y, answers.argmax(1)),
        "multilabel": lambda: np.mean([accuracy_score(y[:, k], answers[:, k] > 0.5) for k in range(3)]),
        "regression": lambda: r2_score(y, answers),
    }[kind]()
    assert row_scores(Task("t", kind, 1, x, y, x, y), y, answers).mean() == pytest.approx(expected)


@pytest.mark.parametrize("cost, believed", [(1.0, 1.0), (1.0, 3.0), (3.0, 1.0), (0.7, 0.2), (25.0, 1.0)])
def test_a_run_takes_its_time_to_half_an_epoch_whatever_was_believed_of_its_cost(cost, believed):
    seconds, done, learned, planned = 20.0, 0, 0.0, max(1, int(20.0 / believed))
    while done < planned:
        done, learned = done + 1, learned + cost
        planned = epochs_planned(done, learned, seconds, 100)
    assert done == 1 if cost > seconds else abs(learned - seconds) <= cost / 2 + 1e-9


def test_what_cheap_rules_leave_goes_to_all_others_alike():
    assert level([1, 100, 200], 11) == 5 and level([2, 2], 100) == 2


@pytest.fixture(scope="module")
def found():
    x = RNG.normal(size=(160, 5)).astype(np.float32)
    names = ["backprop", "predictive_coding_zero_divergence", "feedback_alignment", "hebb"]
    return compare_rules(x, x[:, :3].argmax(1), rules=names, layers=(6, 6), epochs=3, seeds=2, batch_size=32)


def test_a_rule_whose_direction_is_the_gradient_is_said_to_be_backprop(found):
    told = {each.name: each.is_backprop for each in found.records}
    assert told == dict.fromkeys(told, False) | {"predictive_coding_zero_divergence": True}
    coded = next(each for each in found.records if each.is_backprop)
    plain = found.records[0]
    assert coded.test == plain.test  # so it must not outrank it
    assert found.ranks[coded.name] == found.ranks["backprop"]
    assert "equivalent to backprop" in found.table() and "variant of predictive_coding" in found.table("csv")
    assert found.headline.startswith("3 rules and 1 variant on arrays")


def test_hebbs_units_all_learn_one_direction_so_it_has_no_rank(found):
    assert "hebb" not in found.ranks and found.ranked[-1].name == "hebb"
    assert "not ranked: all its units learn the same direction" in found.table("markdown")


def test_all_rules_stand_side_by_side_after_equal_epochs_and_equal_steps(found):
    assert found.equal_epochs == 3 and "after 3 epochs" in found.table()
    assert all(each.after(3) == [values[-1] for values in each.curve] for each in found.records)
    assert "An epoch has 4 steps for every rule" in found.legend


def test_every_name_of_a_variant_stands_for_a_form_of_its_rule():
    for name, of in rules.VARIANTS.items():
        assert isinstance(rules.get(name), type(rules.get(of))) and rules.get(name) != rules.get(of)
    kinds = [type(rules.get(name)) for name in rules.NAMES if name not in rules.VARIANTS]
    assert len(kinds) - len(set(kinds)) == kinds.count(rules.Greedy) - 1  # two ways to go layer by layer


def test_the_usual_optimizer_is_the_same_in_compile_and_in_comparisons(found):
    for each in found.records:
        model = pl.Sequential([pl.Dense(3, activation="softmax")])
        model.compile(loss="sparse_categorical_crossentropy", rule=each.name)
        assert repr(model.optimizer) == each.optimizer
