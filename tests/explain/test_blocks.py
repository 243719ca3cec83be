"""Standard errors that contain the choice of background rows."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.explain.blocks import by_blocks

RANDOM = np.random.default_rng(3)


def product(x):
    return x[:, 0] * x[:, 1] + 2 * x[:, 2]


@pytest.mark.parametrize("rows", [10, 23])
@pytest.mark.parametrize("method", ["exact_shap", "occlusion", "kernel_shap", "permutation_shap"])
def test_values_are_those_with_the_whole_background(method, rows):
    background, x = RANDOM.normal(size=(rows, 3)), RANDOM.normal(size=(2, 3))
    ask = getattr(pl.explain, method)
    found, whole = by_blocks(ask, product, x, background), ask(product, x, background)
    np.testing.assert_allclose(found.values, whole.values, atol=1e-9)
    np.testing.assert_allclose(found.baseline, whole.baseline, atol=1e-9)
    assert found.evaluations == whole.evaluations
    np.testing.assert_allclose(found.again(product, x).values, whole.values, atol=1e-9)


def test_errors_are_those_of_a_mean_over_the_background():
    # Of a linear model, phi = w (x - mean of the background), whose standard error is w s / sqrt(B).
    found = []
    for _ in range(60):
        background = RANDOM.normal(size=(20, 3))
        found.append(by_blocks(pl.explain.exact_shap, product, np.zeros((1, 3)), background).error[0, 2, 0])
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(2 / np.sqrt(20), rel=0.15)


def test_few_rows_are_not_divided():
    found = by_blocks(pl.explain.exact_shap, product, np.ones((1, 3)), RANDOM.normal(size=(9, 3)))
    assert found.error is None
    assert found.again(product, np.ones((1, 3))).values.shape == (1, 3, 1)
