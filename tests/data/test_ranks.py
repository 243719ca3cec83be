"""Ranks against scipy.stats.rankdata."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import rankdata

from plastica.data.ranks import ranks

VALUES = st.sampled_from([-np.inf, -1.0, 0.0, -0.0, 0.5, 2.0, np.inf, np.nan])


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=2, max_side=12), elements=VALUES))
def test_ranks_are_those_of_scipy(values):
    np.testing.assert_array_equal(ranks(values), rankdata(values, axis=0, nan_policy="omit"))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_there_are_no_ranks_of_nothing(shape):
    assert ranks(np.zeros(shape)).shape == shape
