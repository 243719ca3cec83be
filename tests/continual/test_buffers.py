"""Buffers: uniform samples, and equal shares of classes."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.continual.gaussians import fit_gaussian
from plastica.errors import DataError, InvalidValue


@pytest.mark.parametrize("parts", [1, 4])
def test_a_reservoir_keeps_each_row_with_the_same_probability(parts):
    counts, runs = np.zeros(20), 3000
    rows = np.arange(20.0)[:, None]
    for seed in range(runs):
        buffer = pl.continual.ReservoirBuffer(5, seed)
        for part in np.split(rows, parts):
            buffer.add(part, part[:, 0])
        x, y = buffer.rows()
        np.testing.assert_array_equal(x[:, 0], y)
        counts[y.astype(int)] += 1
    # Each row with the probability 1/4; deviations of four standard errors happen once in a thousand runs of this test.
    assert (np.abs(counts - runs / 4) < 4 * np.sqrt(runs * 0.25 * 0.75)).all()


def test_a_class_balanced_buffer_shares_its_rows_among_classes():
    buffer = pl.continual.ClassBalancedBuffer(30)
    x = np.arange(1000.0)[:, None]
    y = np.repeat([0, 1, 2], [900, 90, 10])
    for start in (0, 500, 900):
        part = slice(start, {0: 500, 500: 900, 900: 1000}[start])
        buffer.add(x[part], y[part])
    kept, labels = buffer.rows()
    assert np.bincount(labels).tolist() == [10, 10, 10] and buffer.count == 30
    np.testing.assert_array_equal(y[kept[:, 0].astype(int)], labels)
    assert (kept[labels == 0] < 500).any() and (kept[labels == 0] >= 500).any()


def test_a_buffer_needs_room():
    with pytest.raises(InvalidValue, match="at least 1 row"):
        pl.continual.ReservoirBuffer(0)


def test_a_class_balanced_buffer_needs_classes():
    with pytest.raises(DataError, match="needs classes"):
        pl.continual.ClassBalancedBuffer(3).add(np.zeros((2, 1)), np.array([0.5, 1.5]))


def test_rows_drawn_from_a_gaussian_have_its_mean_and_covariance():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(3, 6))
    x = (rng.normal(size=(4000, 3)) @ mixing + 0.3 * rng.normal(size=(4000, 6)) + 2).reshape(4000, 2, 3)
    drawn = fit_gaussian(x, 1, 3).draw(4000, rng)
    assert drawn.shape == (4000, 2, 3)
    flat, own = drawn.reshape(4000, 6), x.reshape(4000, 6)
    np.testing.assert_allclose(flat.mean(0), own.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(flat.T), np.cov(own.T), atol=0.35)  # up to the noise of 0.3 squared
    assert flat.min() >= own.min() and flat.max() <= own.max()
