"""Surrogates: rules and lines that are known, their fidelity, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue

X = np.random.default_rng(0).normal(size=(500, 4))


def test_rules_of_a_model_of_rules_are_found():
    def answer(x):
        first = (x[:, 0] > 0.8) & (x[:, 1] <= 0.5)
        second = ~first & (x[:, 2] > 0.0)
        return np.stack([first, second, ~first & ~second], 1) * 1.0

    found = pl.explain.surrogate_rules(answer, X, output_names=["a", "b", "c"])
    assert found.agreement > 0.9 > found.chance + 0.3
    assert {rule.answer for rule in found.rules} == {"a", "b", "c"} and found.rules[-1].text == ""
    assert sum(rule.coverage for rule in found.rules) == pytest.approx(1)
    assert repr(found).startswith("if x") and "of other rows" in repr(found)


def test_one_condition_suffices_for_one_threshold():
    edge = np.quantile(X[:, 3], 0.4)
    found = pl.explain.surrogate_rules(lambda x: 1.0 * (x[:, 3] > edge), X)
    assert found.agreement > 0.95
    assert found.rules[0].text.startswith("x3") and " and " not in found.rules[0].text


def test_a_linear_model_is_its_own_surrogate():
    found = pl.explain.surrogate_linear(lambda x: 3 * x[:, 0] - x[:, 2] + 1, X)
    np.testing.assert_allclose(found.slopes[:, 0], [3, 0, -1, 0], atol=1e-4)
    assert found.intercept[0] == pytest.approx(1, abs=1e-4) and found.fidelity[0] == pytest.approx(1, abs=1e-6)
    assert found.to_frame()["feature"][0] == "x0" and "R2" in repr(found)
    curved = pl.explain.surrogate_linear(lambda x: x[:, :1] ** 2, X)
    assert curved.fidelity[0] < 0.2


def test_what_is_refused():
    with pytest.raises(InvalidValue, match=r"a list of rules stands for classes\. Use surrogate_tree"):
        pl.explain.surrogate_rules(lambda x: 5 * x[:, 0], X)
    with pytest.raises(DataError, match="surrogate_linear: 3 rows are too few"):
        pl.explain.surrogate_linear(lambda x: x[:, 0], X[:3])
    with pytest.raises(InvalidValue, match="surrogate_rules: expected columns of numbers"):
        pl.explain.surrogate_rules(lambda x: np.zeros(len(x)), np.full((30, 2), "a"))
