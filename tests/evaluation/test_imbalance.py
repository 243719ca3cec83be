"""Rare classes: their definition, the rows of an epoch, and corrected probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from plastica.data.columns import Column
from plastica.data.target import Target
from plastica.errors import InvalidValue
from plastica.evaluation.imbalance import check_fits, corrected, feed_for, percent, rare_classes, say_rare
from plastica.tables import Settings

TWO = Target((Column("y", "category"),), "binary", ("no", "yes"))
THREE = Target((Column("y", "category"),), "multiclass", ("a", "b", "c"))
LABELS = Target((Column("p", "number"), Column("q", "number")), "multilabel", ("p", "q"))
NUMBER = Target((Column("y", "number"),), "regression", means=(0.0,), scales=(1.0,))
EVEN = ((0, 1, 1), (1, 0, 1), (1, 1, 0))


def test_a_class_is_rare_below_two_fifths_of_an_equal_share():
    assert rare_classes(TWO, np.repeat([0, 1], [80, 20])) == ()
    assert rare_classes(TWO, np.repeat([0, 1], [81, 19])) == (1,)
    assert rare_classes(TWO, np.repeat([0, 1], [1, 99])) == (0,)
    assert rare_classes(THREE, np.repeat([0, 1, 2], [5, 90, 4])) == (2, 0)
    labels = np.stack([np.arange(10) < 1, np.arange(10) < 9], axis=1).astype(float)
    assert set(rare_classes(LABELS, labels)) == {0, 1}
    assert rare_classes(NUMBER, np.zeros(5)) == ()
    assert "'yes' 19 %" in str(say_rare(TWO, np.repeat([0, 1], [81, 19]), (1,)))
    assert percent(0.001) == "0.100 %"


@pytest.mark.parametrize(("how", "sizes"), [("over", (70, 70, 70)), ("under", (10, 10, 10))])
def test_resampled_rows_are_of_one_size_and_every_row_comes_as_often_as_its_like(how, sizes):
    y = np.repeat([0, 1, 2], [70, 20, 10])
    train = np.arange(100)
    feed = feed_for(Settings(resample=how), THREE, y, train)
    assert tuple(np.bincount(y[feed.rows])) == sizes
    times = np.bincount(feed.rows, minlength=100)
    assert all(np.ptp(times[y == number]) <= 1 for number in range(3))
    assert feed.shift == pytest.approx((100 / 210, 100 / 60, 100 / 30))
    again = feed_for(Settings(resample=how), THREE, y, train)
    np.testing.assert_array_equal(feed.rows, again.rows)


def test_balanced_draws_give_every_class_the_same_chance():
    y = np.repeat([0, 1, 2], [70, 20, 10])
    feed = feed_for(Settings(resample="balanced"), THREE, y, np.arange(100))
    assert np.bincount(y, weights=feed.sampling) == pytest.approx([100 / 3] * 3)


def test_class_weights_are_scikit_learns():
    from sklearn.utils.class_weight import compute_class_weight

    y = np.repeat([0, 1, 2], [70, 20, 10])
    feed = feed_for(Settings(class_weight="balanced"), THREE, y, np.arange(100))
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=y)
    assert list(feed.class_weight.values()) == pytest.approx(list(wanted)) == list(feed.shift)
    named = feed_for(Settings(class_weight=(("b", 3.0),)), THREE, y, np.arange(100))
    assert named.class_weight == {0: 1.0, 1: 3.0, 2: 1.0}
    assert feed_for(Settings(), THREE, y, np.arange(100)).shift == ()


def test_corrected_probabilities_are_those_of_a_model_without_weights():
    # Bayes with normal classes at -1 and 1: prior odds 1 : 9 times exp(2 x); balanced, the odds are exp(2 x).
    x = np.linspace(-2, 2, 9)
    seen = 1 / (1 + np.exp(-2 * x))
    true = 0.1 * np.exp(2 * x) / (0.9 + 0.1 * np.exp(2 * x))
    found = corrected(np.stack([1 - seen, seen], 1), (1 / 1.8, 5.0))
    np.testing.assert_allclose(found[:, 1], true, rtol=1e-12)
    # And on data: the intercept absorbs the weights, and the correction removes them.
    rng = np.random.default_rng(0)
    y = (rng.random(20_000) < 0.1).astype(int)
    z = (rng.normal(size=20_000) + 2 * y)[:, None]
    plain, weighted = LogisticRegression().fit(z, y), LogisticRegression(class_weight={0: 1, 1: 9}).fit(z, y)
    gap = np.abs(corrected(weighted.predict_proba(z), (1.0, 9.0)) - plain.predict_proba(z))
    assert gap.mean() < 0.005 < 0.1 < np.abs(weighted.predict_proba(z) - plain.predict_proba(z)).mean()


@pytest.mark.parametrize(
    ("target", "asked", "said"),
    [
        (NUMBER, {"class_weight": "balanced"}, "class_weight='balanced' is for two or more classes, not regression"),
        (NUMBER, {"threshold": 0.3}, "'y' is a number"),
        (NUMBER, {"label_smoothing": 0.1}, "'y' is a number"),
        (LABELS, {"resample": "over"}, "each label has its own threshold"),
        (LABELS, {"threshold": "costs", "costs": ((0, 1), (1, 0))}, "is for two or more classes"),
        (TWO, {"costs": EVEN}, "costs is 3 x 3 for 2 classes"),
        (TWO, {"strategy": "one_vs_one"}, "for more than two classes"),
        (TWO, {"class_weight": "balanced", "resample": "over"}, "would count rare classes twice"),
        (TWO, {"threshold": "micro_f1"}, "Expected f1"),
        (THREE, {"threshold": 0.5}, "has 3 classes"),
        (THREE, {"threshold": "f1"}, "Expected balanced_accuracy"),
        (THREE, {"class_weight": {"d": 2.0}}, "class_weight names 'd', which is not one of the classes 'a', 'b', 'c'"),
    ],
)
def test_what_a_task_cannot_have_is_refused_with_a_reason(target, asked, said):
    with pytest.raises(InvalidValue, match=said):
        check_fits(Settings(**asked), target)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"class_weight": "even"}, "expected one of None, balanced"),
        ({"class_weight": {"a": 0.0}}, "expected a number above 0"),
        ({"costs": ((0, 1),)}, "as many rows as columns"),
        ({"costs": ((1, 0), (0, 1))}, "Rows are true classes"),
        ({"threshold": 1.5}, "a probability from 0 to 1"),
        ({"threshold": "costs"}, "needs costs="),
        ({"resample": "smote"}, "expected one of None, over, under, balanced"),
        ({"baselines": ("forest",)}, "expected one of linear, trees, dummy"),
    ],
)
def test_settings_of_decisions_refuse_what_no_task_can_have(wrong, said):
    with pytest.raises(InvalidValue, match=said):
        Settings(**wrong)


def test_a_class_that_is_named_twice_is_refused_and_equal_numbers_are_one_class():
    settings = Settings(class_weight=(("b", 2.0), ("b", 3.0)))
    with pytest.raises(InvalidValue, match="names the class 'b' twice, as 'b' and as 'b'"):
        check_fits(settings, THREE)
    numbers = Target((Column("y", "number"),), "binary", (0, 1))
    with pytest.raises(InvalidValue, match="names the class 1 twice, as '1' and as 1"):
        check_fits(Settings(class_weight={"1": 2.0, 1: 3.0}), numbers)
    feed = feed_for(Settings(class_weight={1.0: 3.0}), numbers, np.array([0, 1, 1]), np.arange(3))
    assert feed.class_weight == {0: 1.0, 1: 3.0}
