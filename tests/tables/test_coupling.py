"""Pairwise coupling: exact for consistent pairs, least squares otherwise."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from plastica.losses import pairs_of
from plastica.tables.coupling import shares_of_pairs, shares_of_questions

rng = np.random.default_rng(0)


def test_pairs_that_agree_give_back_their_shares():
    shares = rng.dirichlet(np.ones(5), 20)
    first, second = pairs_of(10)
    pairs = shares[:, first] / (shares[:, first] + shares[:, second])
    np.testing.assert_allclose(shares_of_pairs(pairs), shares, atol=1e-6)
    many = np.tile(pairs, (501, 1))  # more than are solved together
    np.testing.assert_array_equal(shares_of_pairs(many)[-20:], shares_of_pairs(pairs))
    assert shares_of_pairs(pairs[:0]).shape == (0, 5)


def test_pairs_that_disagree_are_contradicted_least():
    pairs = rng.uniform(0.05, 0.95, (4, 6))
    first, second = pairs_of(6)
    for row, found in zip(pairs, shares_of_pairs(pairs), strict=True):

        def contradiction(p, row=row):
            return np.sum(((1 - row) * p[first] - row * p[second]) ** 2)

        best = minimize(contradiction, np.full(4, 0.25), constraints={"type": "eq", "fun": lambda p: p.sum() - 1})
        np.testing.assert_allclose(found, best.x, atol=1e-3)


def test_certain_answers_that_contradict_each_other_still_give_shares():
    for pairs in ([1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]):
        found = shares_of_pairs(np.array([pairs]))
        assert np.isfinite(found).all() and abs(found.sum() - 1) < 1e-9
    np.testing.assert_allclose(shares_of_questions(np.array([[0.0, 0.0]])), [[0.5, 0.5]])
