"""Layers of networks for tables, compared with formulas in NumPy and with separate networks."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 4)).astype("float32")


def made(layer, x):
    params = layer.init(np.random.default_rng(1), x.shape[1:]).params
    return params, np.asarray(layer.apply(params, x)[0])


def test_waves_stand_behind_the_columns_they_are_made_of():
    params, found = made(pl.PeriodicEmbedding((3, 0), units=2, frequencies=3, activation="tanh"), X)
    np.testing.assert_array_equal(found[:, :4], X)
    for place, column in enumerate((3, 0)):
        waves = np.cos(2 * np.pi * (X[:, [column]] * params["frequency"][place] + params["phase"][place]))
        expected = np.tanh(waves @ params["kernel"] + params["bias"][place])
        np.testing.assert_allclose(found[:, 4 + 2 * place : 6 + 2 * place], expected, atol=1e-5)


def test_codes_become_their_own_column_s_vectors_and_what_is_no_code_counts_as_never_seen():
    x = np.array([[7.0, 2.0, 1.0], [8.0, 0.0, 0.0], [9.0, 3.0, -1.0], [6.0, np.nan, 5.0]], np.float32)
    params, found = made(pl.CategoryEmbedding(((1, 3), (2, 2)), units=2), x)
    np.testing.assert_array_equal(found[:, 0], x[:, 0])
    table = params["embeddings"]  # three rows for the first column, then two for the second
    np.testing.assert_array_equal(found[:, 1:3], table[[2, 0, 0, 0]])
    np.testing.assert_array_equal(found[:, 3:], table[[4, 3, 3, 3]])


@pytest.mark.parametrize("adapters", [False, True])
def test_members_answer_as_networks_of_their_own_would(adapters):
    network = pl.layers.Sequential(
        (pl.Members(3), pl.MemberDense(6, "relu", adapters=adapters), pl.MemberDense(2, shared=False))
    )
    params = network.init(np.random.default_rng(1), (4,)).params
    if adapters:
        for name in ("input_scale", "output_scale", "bias"):
            params[1][name] = rng.normal(size=params[1][name].shape).astype("float32")
    found = np.asarray(network.apply(params, X, ({}, {}, {}))[0])
    first, hidden, last = params
    for k in range(3):
        a = X * first["scale"][k]
        z = (a * hidden["input_scale"][k]) @ hidden["kernel"] if adapters else a @ hidden["kernel"]
        z = z * hidden["output_scale"][k] + hidden["bias"][k] if adapters else z + hidden["bias"]
        expected = np.maximum(z, 0) @ last["kernel"][k] + last["bias"][k]
        np.testing.assert_allclose(found[:, k], expected, atol=1e-4)


def test_what_cannot_work_is_refused_with_the_mend():
    with pytest.raises(ShapeError, match="have no column 4; columns count from 0"):
        pl.PeriodicEmbedding((4,)).output_shape((4,))
    with pytest.raises(ShapeError, match=r"Put Members\(16\) before it"):
        pl.MemberDense(3).output_shape((4,))
    with pytest.raises(InvalidValue, match="each a different one"):
        pl.CategoryEmbedding(((1, 3), (1, 2)))
    for wrong in (lambda: pl.Members(0), lambda: pl.PeriodicEmbedding(()), lambda: pl.MemberDense(0)):
        with pytest.raises(InvalidValue):
            wrong()


def test_indicators_are_one_where_the_code_is():
    layer = pl.CategoryIndicators(((1, 3), (3, 2)))
    x = np.array([[7, 0, 8, 1], [9, 2, 5, 4]], np.float32)  # 4 is no code
    made, _ = layer.apply({}, x)
    np.testing.assert_array_equal(made, [[7, 8, 1, 0, 0, 0, 1], [9, 5, 0, 0, 1, 0, 0]])
    assert layer.output_shape((4,)) == (7,)
    for codes in ((), ((1, 0),), ((1, 3), (1, 2))):
        with pytest.raises(InvalidValue, match="each a different one"):
            pl.CategoryIndicators(codes)
    with pytest.raises(ShapeError, match="CategoryIndicators"):
        layer.output_shape((3,))
