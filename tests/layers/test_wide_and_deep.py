"""A linear part beside a network, and numbers without their clipping."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.data.encoders.scaling import Robust
from plastica.errors import InvalidValue, ShapeError

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


def test_the_outputs_of_both_parts_are_added_before_the_activation():
    layer = pl.WideAndDeep([pl.Dense(2)], [pl.Dense(4, "relu"), pl.Dense(2, "tanh")])
    params, state = layer.init(np.random.default_rng(1), (3,))
    answers, _ = layer.apply(params, jnp.asarray(X), state)
    hidden = np.maximum(X @ params["deep/0/kernel"] + params["deep/0/bias"], 0)
    deep = hidden @ params["deep/1/kernel"] + params["deep/1/bias"]
    np.testing.assert_allclose(answers, np.tanh(X @ params["wide/0/kernel"] + deep), rtol=1e-5, atol=1e-6)


def test_each_member_adds_the_same_wide_part():
    deep = [pl.Members(2), pl.MemberDense(3, shared=False)]
    layer = pl.WideAndDeep([pl.Dense(3)], deep)
    params, state = layer.init(np.random.default_rng(1), (3,))
    apart, _ = layer.apply(params | {"wide/0/kernel": 0 * params["wide/0/kernel"]}, jnp.asarray(X), state)
    whole, _ = layer.apply(params, jnp.asarray(X), state)
    assert whole.shape == (6, 2, 3)
    for member in (0, 1):
        np.testing.assert_allclose(whole[:, member] - apart[:, member], X @ params["wide/0/kernel"], atol=1e-6)


@pytest.mark.parametrize(
    ("wide", "deep", "error", "said"),
    [
        ([], [pl.Dense(2)], InvalidValue, "wide=()"),
        ([pl.Dense(2)], [pl.Residual([pl.Dense(3)])], InvalidValue, "deep[0] is Residual, a composition"),
        ([pl.Dense(2)], [pl.Dense(3)], ShapeError, "the wide part gives (2,), the deep part (3,)"),
        ([pl.Members(2)], [pl.Dense(3)], ShapeError, "an axis of members from the deep part only"),
    ],
)
def test_parts_that_cannot_be_added_are_refused(wide, deep, error, said):
    with pytest.raises(error) as refused:
        pl.WideAndDeep(wide, deep).output_shape((3,))
    assert said in str(refused.value)


def test_numbers_get_their_scale_back_within_the_range_of_the_rows():
    numbers = np.random.default_rng(2).standard_t(2, 300)
    scaling = Robust(float(np.median(numbers)), 0.8)
    encoded = scaling(numbers)[:, None].astype(np.float32)
    layer = pl.Unclip((0,))
    _, state = layer.init(np.random.default_rng(0), (1,))
    scaled = (numbers - scaling.centre) * 0.8
    assert np.abs(scaled).max() > 9 > 3 > np.abs(encoded).max()
    undone, _ = layer.apply({}, jnp.asarray(encoded), state)
    np.testing.assert_allclose(undone[:, 0], scaled, rtol=2e-3)
    within, _ = layer.apply({}, jnp.asarray(encoded), layer.adapted(encoded[scaled < 5], state))
    np.testing.assert_allclose(within[:, 0], np.minimum(scaled, scaled[scaled < 5].max()), rtol=2e-3)
    limits, _ = layer.apply({}, jnp.array([[3.0], [-3.0]]), state)
    assert np.isfinite(limits).all()
