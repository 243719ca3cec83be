"""Networks for forecasts beside the equations of their papers, in NumPy."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.forecasting import networks

X = 3 + np.random.default_rng(0).normal(size=(2, 20, 3)).cumsum(1).astype("float32")
SMALL = {
    "nhits": {"units": 8},
    "tsmixer": {"units": 4, "blocks": 1},
    "patchtst": {"patch": 8, "stride": 4, "blocks": 1},
}
SMALL |= {"tcn": {"filters": 4}, "lstm": {"units": 4}, "gru": {"units": 4}, "reservoir": {"units": 8}}


def made(name, targets=None, **options):
    """A network with its variables and what it computes."""
    network = getattr(networks, name)(20, 3, 6, targets, **{**SMALL.get(name, {}), **options})
    params, state = network.init(np.random.default_rng(1), (20, 3))
    compiled = jax.jit(lambda x: network.apply(params, x, state)[0])  # one program, not one for each operation
    return network, params, lambda x: np.asarray(compiled(x))


def arrays(params):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(params)]


def normalized(x):
    mean, deviation = x.mean(1, keepdims=True), np.sqrt(x.var(1, keepdims=True) + 1e-5)
    return (x - mean) / deviation, mean, deviation


@pytest.mark.parametrize("name", networks.__all__)
def test_sizes_are_those_that_were_asked_for(name):
    network, _, answer = made(name)
    assert network.output_shape((20, 3)) == (6, 3)
    assert answer(X).shape == (2, 6, 3)
    assert pl.Model(made(name, 1)[0]).output_shape == (None, 6, 1)


@pytest.mark.parametrize("name", sorted(set(networks.__all__) - {"dlinear", "nhits"}))
def test_networks_with_a_normalization_follow_the_level(name):
    _, _, answer = made(name)
    np.testing.assert_allclose(answer(X + 50), answer(X) + 50, rtol=1e-4)


@pytest.mark.parametrize("name", ["dlinear", "nlinear", "nhits", "patchtst"])
def test_series_of_one_network_do_not_read_each_other(name):
    _, _, answer = made(name)
    other = X.copy()
    other[..., 1] = 0
    np.testing.assert_allclose(answer(other)[..., [0, 2]], answer(X)[..., [0, 2]], rtol=1e-5)
    np.testing.assert_allclose(answer(X[..., ::-1])[..., ::-1], answer(X), rtol=1e-5)


@pytest.mark.parametrize("name", ["tsmixer", "tcn", "lstm", "gru", "reservoir"])
def test_series_of_one_network_read_each_other_from_the_first_step_on(name):
    _, _, answer = made(name)
    other = X.copy()
    other[:, 0, 1] += 3
    assert (np.abs(answer(other)[..., 0] - answer(X)[..., 0]) > 1e-9).all()


def test_dlinear_by_hand():
    _, params, answer = made("dlinear", targets=2, window=5)
    padded = np.concatenate([X[:, :1]] * 2 + [X] + [X[:, -1:]] * 2, 1)
    trend = np.stack([padded[:, t : t + 5].mean(1) for t in range(20)], 1)[..., :2]
    (bias_t, kernel_t), (bias_s, kernel_s) = [
        (np.asarray(own["bias"]), np.asarray(own["kernel"])) for own in params if "kernel" in own
    ]
    parts = np.einsum("abc,bd->adc", trend, kernel_t) + bias_t, np.einsum("abc,bd->adc", X[..., :2] - trend, kernel_s)
    np.testing.assert_allclose(answer(X), parts[0] + parts[1] + bias_s, rtol=1e-4, atol=1e-5)


def test_nlinear_by_hand():
    _, params, answer = made("nlinear")
    bias, kernel = arrays(params)
    np.testing.assert_allclose(answer(X), np.einsum("abc,bd->adc", X - X[:, -1:], kernel) + bias + X[:, -1:], rtol=1e-4)


def test_tsmixer_by_hand():
    _, params, answer = made("tsmixer")
    (_, (over_time, over_features, last)) = params[0]

    def norm(h, own):
        mean, variance = h.mean((1, 2), keepdims=True), h.var((1, 2), keepdims=True)
        return (h - mean) / np.sqrt(variance + 1e-3) * own["gamma"] + own["beta"]

    x, mean, deviation = normalized(X)
    first, dense, _ = over_time[0]
    h = x + np.maximum(np.einsum("abc,bd->adc", norm(x, first), dense["kernel"]) + dense["bias"], 0)
    second, wide, _, narrow, _ = over_features[0]
    hidden = np.maximum(norm(h, second) @ wide["kernel"] + wide["bias"], 0)
    z = h + hidden @ narrow["kernel"] + narrow["bias"]
    expected = (np.einsum("abc,bd->adc", z, last["kernel"]) + last["bias"]) * deviation + mean
    np.testing.assert_allclose(answer(X), expected, rtol=1e-4, atol=1e-4)


def test_nhits_by_hand():
    """One block that pools two steps and stretches two numbers over six steps, as linear interpolation does."""
    _, params, answer = made("nhits", targets=1, pools=(2,), frequencies=(3,), depth=1)
    (wide, narrow) = [own for own in params if own and "kernel" in own]
    hidden = np.maximum(X[:, :, 0].reshape(2, 10, 2).max(-1) @ wide["kernel"] + wide["bias"], 0)
    theta = hidden @ narrow["kernel"] + narrow["bias"]
    places = (np.arange(6) + 0.5) / 3 - 0.5  # the middle of each of the six steps, in steps of the two
    expected = [np.interp(places, [0, 1], row) for row in np.asarray(theta)]
    np.testing.assert_allclose(answer(X)[..., 0], expected, rtol=1e-4, atol=1e-5)


def test_a_block_of_nhits_reads_what_the_block_before_left():
    _, params, answer = made("nhits", pools=(4, 2), frequencies=(3, 1))
    assert len([own for own in params if own and "kernel" in own]) == 3 + 2 + 2  # one backcast less than blocks
    assert np.isfinite(answer(X)).all()


def test_patches_are_words_with_a_position():
    _, params, answer = made("patchtst", blocks=0)
    inside = params[-1][1][1][0]
    words = np.stack([normalized(X)[0][:, n : n + 8] for n in (0, 4, 8, 12)], 1)  # (batch, words, patch, series)
    kernel = np.asarray(inside[1]["kernel"]).reshape(8, 16)
    made_words = np.einsum("anpc,pu->acnu", words, kernel) + inside[1]["bias"] + next(iter(inside[2].values()))
    head = inside[-1]
    expected = made_words.reshape(2, 3, -1) @ head["kernel"] + head["bias"]
    _, mean, deviation = normalized(X)
    np.testing.assert_allclose(answer(X), expected.transpose(0, 2, 1) * deviation + mean, rtol=1e-4, atol=1e-4)


def test_a_network_learns_a_wave():
    wave = np.sin(np.arange(300) * 2 * np.pi / 12).astype("float32")[:, None]
    starts = np.arange(260)[:, None]
    x, y = wave[starts + np.arange(20)], wave[starts + np.arange(20, 26)]
    model = pl.Model(networks.dlinear(20, 1, 6, window=5), seed=0)
    model.compile(pl.optimizers.Adam(0.01), "mse")
    assert model.fit(x, y, epochs=40, verbose=0).history["loss"][-1] < 1e-3


def test_bad_sizes_are_refused():
    with pytest.raises(InvalidValue, match="dlinear: horizon is 0; expected a whole number, at least 1"):
        networks.dlinear(20, 3, 0)
    with pytest.raises(InvalidValue, match="lstm: 4 targets and 3 features; the targets are the first features"):
        networks.lstm(20, 3, 6, 4)
    with pytest.raises(InvalidValue, match="patchtst: patches of 16 steps do not fit into a window of 8"):
        networks.patchtst(8, 1, 6)
    with pytest.raises(InvalidValue, match="nhits: 1 pools and 3 frequencies; expected one of both a block"):
        networks.nhits(20, 1, 6, pools=(2,))
