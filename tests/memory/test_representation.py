"""Measures of representations: invariances, values by hand and unrelated data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.memory import (
    centered_kernel_alignment,
    dissimilarity_matrix,
    participation_ratio,
    representational_similarity,
    sparseness,
)


def activities(stimuli, units, seed=0):
    return np.random.default_rng(seed).normal(size=(stimuli, units))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), unbiased=st.booleans())
def test_cka_does_not_see_rotations_scales_and_shifts(seed, scale, unbiased):
    x, y = activities(12, 5, seed), activities(12, 7, seed + 1)
    turn, _ = np.linalg.qr(activities(5, 5, seed + 2))
    moved = scale * x @ turn + 3
    assert centered_kernel_alignment(x, moved, unbiased=unbiased) == pytest.approx(1)
    same = centered_kernel_alignment(x, y, unbiased=unbiased)
    assert centered_kernel_alignment(moved, y, unbiased=unbiased) == pytest.approx(same)
    assert centered_kernel_alignment(y, x, unbiased=unbiased) == pytest.approx(same)


def test_cka_of_features_is_a_ratio_of_norms():
    # Kornblith et al. 2019, section 3: |Y'X|^2 / (|X'X| |Y'Y|) for centred features.
    x, y = activities(20, 4), activities(20, 6, 1)
    x, y = x - x.mean(0), y - y.mean(0)
    norm = np.linalg.norm
    expected = norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y))
    assert centered_kernel_alignment(x, y, unbiased=False) == pytest.approx(expected)


def test_only_the_unbiased_cka_of_unrelated_wide_layers_is_small():
    pairs = [(activities(30, 500, seed), activities(30, 500, seed + 100)) for seed in range(20)]
    assert abs(np.mean([centered_kernel_alignment(x, y) for x, y in pairs])) < 0.02
    assert min(centered_kernel_alignment(x, y, unbiased=False) for x, y in pairs) > 0.8


def test_participation_ratio():
    line = np.outer(np.arange(10.0), [1, 2, 3])
    assert participation_ratio(line) == pytest.approx(1)
    simplex = np.eye(8)  # centred: seven equal directions
    assert participation_ratio(simplex) == pytest.approx(7)
    values = np.array([3.0, 2.0, 1.0])
    turn, _ = np.linalg.qr(activities(400, 3))
    x = (turn - turn.mean(0)) * np.sqrt(values)
    eigenvalues = np.linalg.eigvalsh(np.cov(x.T))
    assert participation_ratio(x) == pytest.approx(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())
    assert participation_ratio(x.T) == pytest.approx(  # more units than stimuli
        np.trace(c := np.cov(x)) ** 2 / np.sum(c * c), rel=0.6
    )


def test_sparseness_by_hand():
    units, stimuli = sparseness([[1, 0, 2], [0, 0, 2], [0, 0, 2], [0, 3, 2]])
    np.testing.assert_allclose(units, [1, 1, 0], atol=1e-12)
    # Second row: one unit of three. First: (1 - (1)^2 / (5/3)) / (2/3) = 0.6.
    np.testing.assert_allclose(stimuli[:2], [0.6, 1], atol=1e-12)
    assert np.isnan(sparseness([[0, 1], [0, 2], [0, 3]])[0][0])
    with pytest.raises(DataError, match="at least 0"):
        sparseness(activities(4, 4))


def test_dissimilarities_and_their_similarity():
    x = activities(6, 9)
    np.testing.assert_allclose(dissimilarity_matrix(x), 1 - np.corrcoef(x), atol=1e-12)
    assert representational_similarity(x, x * 2 + 1) == pytest.approx(1)
    noise = activities(40, 20, 3), activities(40, 20, 4)
    assert abs(representational_similarity(*noise)) < 0.15
    with pytest.raises(InvalidValue, match="correlation, euclidean, cosine"):
        dissimilarity_matrix(x, "mahalanobis")
    with pytest.raises(DataError, match="stimulus 1 are equal"):
        dissimilarity_matrix([[1, 2], [1, 1], [2, 3]])


def test_mistakes_in_representations():
    with pytest.raises(ShapeError, match="12 and 11 stimuli"):
        centered_kernel_alignment(activities(12, 3), activities(11, 3))
    with pytest.raises(ShapeError, match="at least 3 stimuli"):
        participation_ratio([[1, 2]])
    with pytest.raises(DataError, match="stimulus 1 are not finite"):
        participation_ratio([[1, 2], [np.nan, 1], [3, 4]])
    with pytest.raises(DataError, match="all stimuli are equal"):
        participation_ratio(np.ones((5, 3)))
