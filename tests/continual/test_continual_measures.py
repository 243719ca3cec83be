"""Measures on a matrix by hand, and the result that has them."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plastica as pl
from plastica.errors import ShapeError

MATRIX = np.array([[0.9, 0.2, 0.1], [0.5, 0.8, 0.3], [0.4, 0.6, 1.0]])
BASELINE = np.array([0.1, 0.1, 0.2])


def test_measures_by_hand():
    own = pl.continual
    assert own.average_accuracy(MATRIX) == pytest.approx((0.4 + 0.6 + 1.0) / 3)
    assert own.learning_accuracy(MATRIX) == pytest.approx((0.9 + 0.8 + 1.0) / 3)
    assert own.forgetting(MATRIX) == pytest.approx(((0.9 - 0.4) + (0.8 - 0.6)) / 2)
    assert own.backward_transfer(MATRIX) == pytest.approx(((0.4 - 0.9) + (0.6 - 0.8)) / 2)
    assert own.forward_transfer(MATRIX, BASELINE) == pytest.approx(((0.2 - 0.1) + (0.3 - 0.2)) / 2)


def test_forgetting_is_from_the_best_and_not_from_the_first():
    matrix = MATRIX.copy()
    matrix[1, 0] = 0.95  # the second experience helped the first
    assert pl.continual.forgetting(matrix) == pytest.approx(((0.95 - 0.4) + (0.8 - 0.6)) / 2)
    assert pl.continual.backward_transfer(matrix) == pytest.approx(((0.4 - 0.9) + (0.6 - 0.8)) / 2)


def test_one_experience_has_nothing_to_forget():
    assert math.isnan(pl.continual.forgetting([[0.5]])) and pl.continual.average_accuracy([[0.5]]) == 0.5


@pytest.mark.parametrize("matrix", [[0.5, 0.5], np.zeros((2, 3)), np.zeros((0, 0))])
def test_a_matrix_that_is_not_square(matrix):
    with pytest.raises(ShapeError, match="a row and a column for each experience"):
        pl.continual.forgetting(matrix)


def test_a_baseline_of_another_length():
    with pytest.raises(ShapeError, match="one accuracy for each of 3"):
        pl.continual.forward_transfer(MATRIX, BASELINE[:2])


def test_intervals_over_seeds_are_those_of_student():
    matrices = np.stack([MATRIX, MATRIX * 0.9, MATRIX * 0.8])
    result = pl.continual.ContinualResult(
        "naive", "class", ("a", "b", "c"), "accuracy", (0, 1, 2), matrices, np.stack([BASELINE] * 3), (), 1.0
    )
    values = np.array([pl.continual.average_accuracy(each) for each in matrices])
    half = 4.302653 * values.std(ddof=1) / math.sqrt(3)  # the quantile .975 of t with 2 degrees of freedom
    found = result.average_accuracy
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half))
    table = result.table()
    assert table.height == 27 and table.columns == ["strategy", "seed", "after", "experience", "accuracy"]
    own = table.filter(seed=1, after="c", experience="b")
    assert own["accuracy"].to_list() == [pytest.approx(0.54)]
    assert "forgetting 0.315" in repr(result)
