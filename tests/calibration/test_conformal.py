"""Conformal sets and intervals, against the distribution that theory gives their coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from plastica.calibration import ConformalIntervals, ConformalSets
from plastica.errors import DataError, InvalidValue, NotFitted, PlasticaWarning, ShapeError

ROWS, NEW, TRIALS, COVERAGE = 60, 4000, 150, 0.85


def predicted(rng, rows, classes=4):
    """Predictions of a bad model: probabilities that have little to do with how classes are drawn."""
    p = rng.dirichlet(np.full(classes, 0.7), rows)
    drawn_by = 0.6 * p + 0.4 * rng.dirichlet(np.ones(classes), rows)
    return p, (rng.random((rows, 1)) > np.cumsum(drawn_by, axis=1)).sum(1)


def numbers(rng, rows):
    x = rng.random(rows)
    return 3 * x, 3 * x + rng.gamma(2.0, 0.1 + x)  # skewed, and wider for large x


def by_sets(rng, score):
    held_out, new = predicted(rng, ROWS), predicted(rng, NEW)
    seed = int(rng.integers(1 << 30))
    sets = ConformalSets(COVERAGE, score=score, seed=seed).fit(*held_out).predict(new[0])
    return sets[np.arange(NEW), new[1]]


def by_intervals(rng, kind):
    (held_out, y), (new, true) = numbers(rng, ROWS), numbers(rng, NEW)

    def given(p):
        return {
            "plain": (p,),
            "spread": (p, 0.1 + p / 3),
            "quantiles": (np.stack([p - 0.1, p + 0.5 + p], axis=1),),
        }[kind]

    fitted = ConformalIntervals(COVERAGE)
    first, *rest = given(held_out)
    fitted.fit(first, y, *rest)
    low, high = fitted.predict(*given(new)).T
    return (low <= true) & (true <= high)


@pytest.mark.parametrize(
    ("covered", "kind"),
    [
        (by_sets, "aps"),
        (by_sets, "lac"),
        (by_intervals, "plain"),
        (by_intervals, "spread"),
        (by_intervals, "quantiles"),
    ],
)
def test_coverage_is_distributed_as_the_theory_says(covered, kind):
    """Over draws of the held-out rows the coverage of new rows is Beta(k, n + 1 - k) (Vovk 2012, proposition 2a)."""
    rng = np.random.default_rng(7)
    found = [covered(rng, kind).mean() for _ in range(TRIALS)]
    k = math.ceil((ROWS + 1) * COVERAGE)
    beta = stats.beta(k, ROWS + 1 - k)
    assert stats.kstest(found, beta.cdf).pvalue > 0.01
    assert np.mean(found) == pytest.approx(k / (ROWS + 1), abs=4 * beta.std() / math.sqrt(TRIALS))


def test_each_class_is_covered_where_that_is_asked():
    rng = np.random.default_rng(3)
    plain, by_class = [], []
    for _ in range(40):
        held_out, new = predicted(rng, 600), predicted(rng, NEW)
        # Class 0 is predicted as if it were rare, so that sets without a threshold of its own leave it out.
        rare = np.array([0.2, 1, 1, 1])
        held_out, new = ((p * rare / (p * rare).sum(1, keepdims=True), classes) for p, classes in (held_out, new))
        for found, separate in ((plain, False), (by_class, True)):
            sets = ConformalSets(0.8, by_class=separate, score="lac").fit(*held_out).predict(new[0])
            found.append(sets[new[1] == 0, 0].mean())
    assert np.mean(plain) < 0.7
    assert np.mean(by_class) == pytest.approx(0.8, abs=0.02)


def test_lac_accepts_what_the_held_out_rows_accept():
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6], [0.95, 0.05]])
    sets = ConformalSets(0.5, score="lac").fit(p, [0, 0, 0, 0, 0])
    # Scores 1 - p_0 are .05, .1, .2, .3, .6; k = ceil(6 * .5) = 3, so 1 - p_k <= .2 is accepted.
    np.testing.assert_allclose(sets.thresholds, [0.2, 0.2])
    assert sets.predict([[0.81, 0.19], [0.79, 0.21], [0.1, 0.9]]).tolist() == [
        [True, False],
        [False, False],
        [False, True],
    ]


def test_too_few_rows_allow_everything_and_say_so():
    with pytest.warns(PlasticaWarning, match="4 rows are too few for a coverage of 0.9, which takes at least 9"):
        sets = ConformalSets(0.9).fit(np.full((4, 3), 1 / 3), [0, 1, 2, 0])
    assert sets.predict(np.full((2, 3), 1 / 3)).all()
    with pytest.warns(PlasticaWarning, match="too few"):
        intervals = ConformalIntervals(0.9).fit([1.0, 2.0], [1.0, 2.0])
    assert np.isinf(intervals.predict([1.0])).all()
    assert np.isfinite(ConformalIntervals(0.9).fit(np.zeros(9), np.arange(9.0)).predict([1.0])).all()


def test_what_cannot_be_covered_is_refused():
    with pytest.raises(InvalidValue, match="coverage=90"):
        ConformalSets(90)
    with pytest.raises(InvalidValue, match="raps"):
        ConformalSets(score="raps")
    with pytest.raises(NotFitted, match="ConformalSets is not fitted"):
        ConformalSets().predict([[0.5, 0.5]])
    fitted = ConformalSets(0.5).fit(np.full((4, 3), 1 / 3), [0, 1, 2, 0])
    with pytest.raises(ShapeError, match="2 classes; it was fitted with 3"):
        fitted.predict([[0.5, 0.5]])
    with pytest.raises(DataError, match="expected numbers above 0"):
        ConformalIntervals().fit([1.0], [1.0], [0.0])
    with pytest.raises(DataError, match="not finite"):
        ConformalIntervals().fit([float("inf")], [1.0])
    with pytest.raises(ShapeError, match=r"shape \(1, 3\)"):
        ConformalIntervals().fit([[1.0, 2.0, 3.0]], [1.0])
    plain = ConformalIntervals(0.5).fit([1.0, 2.0], [1.0, 2.5])
    with pytest.raises(InvalidValue, match="two quantiles a row; it was fitted with one number a row"):
        plain.predict([[1.0, 2.0]])
