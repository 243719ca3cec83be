"""Attention maps: the weights by hand, their picture, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, UnknownName


@pytest.fixture(scope="module")
def model():
    x = pl.Input((5, 3))
    h = pl.Attention(name="look")(x, x)
    return pl.Model(x, pl.Dense(1)(pl.Flatten()(h)))


def test_weights_are_the_softmax_of_scores(model, tmp_path):
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    found = pl.explain.attention_maps(model, x)
    scores = np.exp(x @ x.swapaxes(1, 2))
    np.testing.assert_allclose(found.weights[:, 0], scores / scores.sum(-1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(found.received.sum(1), 1, atol=1e-6)
    weights = found.weights[1, 0, 2]
    assert found.entropy[1, 0, 2] == pytest.approx(-(weights * np.log2(weights)).sum())
    assert "5 steps reading 5" in repr(found)
    found.plot(tmp_path / "attention.svg", row=1)
    assert "head 0" in (tmp_path / "attention.svg").read_text()


def test_what_is_refused(model):
    x = np.zeros((1, 5, 3), np.float32)
    with pytest.raises(UnknownName, match=r"no layer 'Flatten' with attention weights; there are: layer 1"):
        pl.explain.attention_maps(model, x, layer="Flatten")
    with pytest.raises(InvalidValue, match="there are rows 0 to 0"):
        pl.explain.attention_maps(model, x).plot(row=1)
    plain = pl.Sequential([pl.Dense(2)])
    with pytest.raises(InvalidValue, match="no layer of the network has attention weights"):
        pl.explain.attention_maps(plain, np.zeros((1, 3)))
    with pytest.raises(InvalidValue, match="a function has no layers to look at"):
        pl.explain.attention_maps(lambda x: x, x)
