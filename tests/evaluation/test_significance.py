"""Tests of significance against scipy.stats."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from plastica.evaluation.significance import fisher_exact, normal_quantile, student_quantile, welch


@pytest.mark.parametrize("probability", [0.01, 0.5, 0.975, 0.995])
def test_quantiles_are_those_of_scipy(probability):
    assert normal_quantile(probability) == stats.norm.ppf(probability)
    for freedom in (1, 7, 1e6):
        assert student_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-12)


@pytest.mark.parametrize(
    "counts", [(3, 1, 1, 3), (0, 5, 3, 9), (5, 0, 3, 9), (12, 30, 400, 9000), (2, 0, 0, 7), (0, 4, 0, 4), (8, 0, 8, 0)]
)
def test_fisher_s_exact_test_is_that_of_scipy(counts):
    table = np.array(counts).reshape(2, 2)
    assert fisher_exact(*counts) == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue, rel=1e-9)


def test_welch_s_test_is_that_of_scipy():
    rng = np.random.default_rng(0)
    for sizes in ((2, 9), (30, 5), (40, 400)):
        one, other = rng.normal(0.3, 2, sizes[0]), rng.normal(0, 1, sizes[1])
        known = stats.ttest_ind(one, other, equal_var=False, alternative="greater").pvalue
        assert welch(one, other) == pytest.approx(known, rel=1e-9)
    assert welch(np.array([1.0, 1.0]), np.array([0.0, 1.0, 0.5])) < 0.2  # one sample may be constant
