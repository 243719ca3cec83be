"""Layers for sequences beyond Keras's, against their equations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.layers import Context
from plastica.layers.kernels import diagonal_recurrence as kernel

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 7, 6)).astype("float32")
SHAPE = X.shape[1:]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def drawn(layer, shape=SHAPE):
    return layer.init(np.random.default_rng(1), shape).params


@jax.jit
def answered(layer, params, *inputs):
    """Return the activity of a layer."""
    return layer.apply(params, *inputs)[0]


def test_waves_are_those_of_the_paper():
    found = pl.SinusoidalPositions().apply({}, np.zeros((1, 9, 6), np.float32))[0][0]
    for t in range(9):
        for k in range(3):
            angle = t / 10000 ** (2 * k / 6)
            np.testing.assert_allclose(found[t, 2 * k : 2 * k + 2], [np.sin(angle), np.cos(angle)], atol=1e-6)
    odd = pl.SinusoidalPositions().apply({}, np.zeros((1, 9, 5), np.float32))[0][0]
    np.testing.assert_allclose(odd[:, 4], np.sin(np.arange(9) / 10000 ** (4 / 5)), atol=1e-6)


def test_learned_positions_are_rows_of_a_table():
    layer = pl.PositionEmbedding(9)
    params = drawn(layer)
    np.testing.assert_allclose(answered(layer, params, X), X + params["embeddings"][:7], rtol=1e-6)
    with pytest.raises(ShapeError, match=r"PositionEmbedding\(3\): got sequences of 7 steps"):
        pl.PositionEmbedding(3).apply({"embeddings": np.zeros((3, 6))}, X)


def test_rotated_products_depend_on_the_distance_alone():
    q, k = RNG.standard_normal((2, 6)).astype("float32")
    one, other = (np.asarray(pl.RotaryPositions().apply({}, np.tile(each, (1, 20, 1)))[0][0]) for each in (q, k))
    products = one @ other.T
    for distance in range(-19, 20):
        np.testing.assert_allclose(np.diagonal(products, distance), np.diagonal(products, distance)[0], atol=1e-4)
    turned = (q[:3] + 1j * q[3:]) * np.exp(1j * 5 / 10000 ** (np.arange(3) / 3))  # equation 13, pair by pair
    np.testing.assert_allclose(one[5], np.concatenate([turned.real, turned.imag]), atol=1e-5)
    with pytest.raises(ShapeError, match="must be even"):
        pl.RotaryPositions().output_shape((4, 3))


def test_a_causal_transformer_sees_no_later_step_and_equals_its_parts():
    block = pl.transformer_block(6, num_heads=2, use_causal_mask=True)
    params, state = block.init(np.random.default_rng(1), SHAPE)
    before = answered(block, params, X, state)
    later = X.copy()
    later[:, 4:] += 1
    after = answered(block, params, later, state)
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert np.abs(before[:, 4:] - after[:, 4:]).max() > 0.1
    norm, attention = pl.LayerNormalization(), pl.MultiHeadAttention(2, 3, use_causal_mask=True)
    h = X + answered(attention, params[0][0][1], answered(norm, params[0][0][0], X))
    inner = answered(norm, params[1][0][0], h)
    hidden = answered(pl.Dense(24, "gelu"), params[1][0][1], inner)
    np.testing.assert_allclose(before, h + answered(pl.Dense(6), params[1][0][2], hidden), atol=1e-5)
    with pytest.raises(InvalidValue, match=r"transformer_block\(6, num_heads=4\): the heads share the features"):
        pl.transformer_block(6, 4)


def test_padding_is_attended_to_by_nobody_in_a_transformer():
    network = pl.layers.Sequential((pl.Masking(), pl.SinusoidalPositions(), pl.transformer_block(6, 2)))
    params, state = network.init(np.random.default_rng(1), SHAPE)
    longer = np.concatenate([X, np.zeros((4, 3, 6), np.float32)], 1)
    found = answered(network, params, longer, state)[:, :7]
    np.testing.assert_allclose(found, answered(network, params, X, state), atol=1e-5)


def test_temporal_blocks_look_back_as_far_as_their_docstring_says():
    blocks = [pl.temporal_block(6, 3, 2**n, activation="linear") for n in range(2)]
    network = pl.layers.Sequential(tuple(blocks))
    params, state = network.init(np.random.default_rng(1), (30, 6))
    x = RNG.standard_normal((1, 30, 6)).astype("float32")
    base = answered(network, params, x, state)
    changed = x.copy()
    changed[:, 5] += 1
    moved = np.flatnonzero(np.abs(answered(network, params, changed, state) - base).max((0, 2)) > 1e-6)
    assert moved.min() == 5 and moved.max() == 5 + 2 * 2 * (2**2 - 1)


def test_the_minimal_gated_unit_is_that_of_the_paper():
    layer = pl.RNN(pl.MinimalGatedCell(3), return_sequences=True)
    params = drawn(layer)
    (w_f, w_k), (u_f, u_k) = (np.split(np.asarray(params[name]), 2, 1) for name in ("kernel", "recurrent_kernel"))
    b_f, b_k = np.split(np.asarray(params["bias"]), 2)
    h, found = np.zeros((4, 3)), []
    for t in range(7):
        f = sigmoid(X[:, t] @ w_f + h @ u_f + b_f)
        h = (1 - f) * h + f * np.tanh(X[:, t] @ w_k + (f * h) @ u_k + b_k)
        found.append(h)
    np.testing.assert_allclose(answered(layer, params, X), np.stack(found, 1), atol=1e-6)


def test_the_linear_recurrent_unit_is_its_recurrence_step_by_step():
    layer = pl.LinearRecurrentUnit(5)
    p = {name: np.asarray(array, np.float64) for name, array in drawn(layer).items()}
    factor = np.exp(-np.exp(p["nu"]) + 1j * np.exp(p["theta"]))
    assert (np.abs(factor) < 0.99).all()
    b, c = p["B"][0] + 1j * p["B"][1], p["C"][0] + 1j * p["C"][1]
    h, found = np.zeros((4, 5), complex), []
    for t in range(7):
        h = factor * h + np.exp(p["gamma"]) * (X[:, t] @ b)
        found.append((h @ c).real + p["D"] * X[:, t])
    np.testing.assert_allclose(answered(layer, drawn(layer), X), np.stack(found, 1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.exp(2 * p["gamma"]), 1 - np.abs(factor) ** 2, rtol=1e-4)


def test_padding_leaves_the_linear_memory_as_it_is():
    layer, params = pl.LinearRecurrentUnit(5), drawn(pl.LinearRecurrentUnit(5))
    real = np.array([[True, True, False, False, True, True, True]] * 4)
    found = layer.apply(params, X, {}, Context(steps=jnp.asarray(real)))[0]
    np.testing.assert_allclose(found[:, real[0]], answered(layer, params, X[:, real[0]]), atol=1e-5)


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("way", ["one by one", "all at once"])
def test_gradients_of_the_linear_recurrence_are_those_of_its_equation(padded, way, monkeypatch):
    ways = {"one by one": kernel._one_by_one, "all at once": kernel._all_at_once}
    monkeypatch.setattr(kernel, "_computed", lambda f, u, real, backwards: ways[way](backwards, f, u, real))
    rng = np.random.default_rng(3)
    factor, inputs, wanted = (
        tuple(jnp.asarray(part, jnp.float32) for part in rng.normal(size=(2, *shape)))
        for shape in ((3,), (6, 2, 3), (6, 2, 3))
    )
    factor = tuple(0.5 * part for part in factor)
    real = jnp.asarray(rng.random((6, 2, 1)) < 0.6) if padded else None

    def by_equation(factor, inputs):
        h, states = jnp.zeros((2, 3), jnp.complex64), []
        for t in range(6):
            new = jax.lax.complex(*factor) * h + jax.lax.complex(inputs[0][t], inputs[1][t])
            h = new if real is None else jnp.where(real[t], new, h)
            states.append(h)
        return jnp.stack(states).real, jnp.stack(states).imag

    def loss(compute):
        return lambda *given: sum((a * b).sum() for a, b in zip(wanted, compute(*given), strict=True))

    ours, plain = (
        jax.jit(jax.value_and_grad(loss(compute), (0, 1)))(factor, inputs)
        for compute in (lambda f, u: kernel.diagonal_recurrence(f, u, real), by_equation)
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), ours, plain)


def test_a_reservoir_has_its_spectral_radius_density_and_equation():
    layer = pl.EchoState(60, leak=0.3, spectral_radius=0.8, density=0.2, return_sequences=True)
    params = drawn(layer)
    u = np.asarray(params["recurrent_kernel"])
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(u)).max(), 0.8, rtol=1e-4)
    assert abs((u != 0).mean() - 0.2) < 0.03
    h, found = np.zeros((4, 60)), []
    for t in range(7):
        h = 0.7 * h + 0.3 * np.tanh(X[:, t] @ params["kernel"] + h @ u + params["bias"])
        found.append(h)
    np.testing.assert_allclose(answered(layer, params, X), np.stack(found, 1), atol=1e-5)


def test_training_changes_the_readout_of_a_reservoir_alone():
    model = pl.Sequential([pl.Input((None, 6)), pl.EchoState(20), pl.Dense(1)])
    model.compile("adam", "mse")
    before = model.get_weights()
    history = model.fit(X, X[:, -1, :1] * 0.5, epochs=20, verbose=0).history["loss"]
    after = model.get_weights()
    assert history[-1] < history[0] and [np.array_equal(*pair) for pair in zip(before, after, strict=True)] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_reservoirs_forget_where_they_began():
    layer = pl.EchoState(50, spectral_radius=0.9, return_state=True)
    params = drawn(layer)
    x = RNG.standard_normal((1, 300, 6)).astype("float32")
    ends = [answered(layer, params, (x, np.full((1, 50), start, np.float32)))[1] for start in (-1.0, 1.0)]
    np.testing.assert_allclose(*ends, atol=1e-4)


STREAMS = {
    "waves": [pl.SinusoidalPositions(), pl.GRU(3)],
    "positions": [pl.PositionEmbedding(7), pl.Dense(2)],
    "rotary": [pl.RotaryPositions(), pl.Dense(2)],
    "linear": [pl.LinearRecurrentUnit(4), pl.Dense(2, "tanh"), pl.RNN(pl.MinimalGatedCell(3), return_sequences=True)],
    "reservoir": [pl.EchoState(9, leak=0.5), pl.Dense(2)],
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_answers_as_the_whole_sequence(name):
    model = pl.Sequential([pl.Input(SHAPE), *STREAMS[name]])
    stream = model.stream(4)
    answers = [stream.step(X[:, t]) for t in range(7)]
    found = np.stack(answers, 1) if model.network.keeps_time else answers[-1]
    np.testing.assert_allclose(found, model.predict(X), atol=1e-5)


MISTAKES = {
    "wavelength": (lambda: pl.RotaryPositions(0.0), r"RotaryPositions\(max_wavelength=0.0\): it must be above 0"),
    "no position": (lambda: pl.PositionEmbedding(0), "a sequence has at least 1 step"),
    "radius": (lambda: pl.LinearRecurrentUnit(3, 0.9, 0.5), "expected 0 <= min_radius < max_radius < 1"),
    "no unit": (lambda: pl.LinearRecurrentUnit(0), "units must be at least 1"),
    "leak": (lambda: pl.EchoState(5, leak=0.0), "expected a fraction above 0 and up to 1"),
    "spectrum": (lambda: pl.EchoStateCell(5, spectral_radius=-1.0), "expected a number above 0"),
    "no reservoir": (lambda: pl.EchoState(0), "units must be a whole number of at least 1"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_wrong_numbers_are_told(name):
    make, message = MISTAKES[name]
    with pytest.raises(InvalidValue, match=message):
        make()


@pytest.mark.parametrize("layer", [pl.SinusoidalPositions(), pl.LinearRecurrentUnit(3)])
def test_pictures_are_no_sequences(layer):
    with pytest.raises(ShapeError, match=r"it expects \(time, features\)"):
        layer.output_shape((4, 4, 3))
