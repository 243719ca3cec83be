"""Mixed precision: the gradient up to the digits of bfloat16, parameters in float32, and what is refused."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.layers.layer import Context
from plastica.rules import Batch, MixedPrecisionBackprop

MIXED = "mixed_bfloat16"
RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(16, 6, 6, 2)).astype(np.float32)

NETWORKS = {
    "convolutions with normalization": (
        [pl.Conv2D(4, 3, activation="relu"), pl.BatchNormalization(), pl.MaxPooling2D(2), pl.Flatten(), pl.Dense(3)],
        IMAGES,
    ),
    "attention": (
        [pl.transformer_block(4, num_heads=2, units=6), pl.GlobalAveragePooling1D(), pl.Dense(3)],
        IMAGES[..., 0, :].repeat(2, -1),
    ),
    "embedding": ([pl.Embedding(9, 4), pl.Flatten(), pl.Dense(8, "tanh"), pl.Dense(3)], RNG.integers(0, 9, (16, 5))),
}


def signal_of(name, precision):
    layers, x = NETWORKS[name]
    model = pl.Sequential([*layers, pl.Activation("softmax")], seed=1)
    model.compile("sgd", "sparse_categorical_crossentropy", precision=precision)
    model.build((None, *x.shape[1:]))
    y = jnp.arange(16) % 3
    batch = Batch(model.program.network.cast_inputs(jnp.asarray(x)), y, jnp.ones(16), jnp.float32(16))
    context = Context(training=True, key=jax.random.key_data(jax.random.key(0)), mask=jnp.ones(16, bool))
    program = model.program

    @jax.jit
    def signal(params, state):
        return program.rule.signal(program.network, params, state, (), batch, program.objective, context)

    return signal(model.params, model.state)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_is_that_of_float32_up_to_the_digits_of_bfloat16(name):
    exact, mixed = signal_of(name, None), signal_of(name, MIXED)
    assert [leaf.dtype for leaf in jax.tree.leaves(mixed)] == [leaf.dtype for leaf in jax.tree.leaves(exact)]
    one, other = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(each.direction)]) for each in (exact, mixed)
    )
    assert 0 < np.linalg.norm(one - other) < 0.03 * np.linalg.norm(one)  # 2^-8 = 0.004 a rounding
    assert 0 < abs(float(mixed.loss - exact.loss)) < 0.02 * float(exact.loss)
    for new, old in zip(jax.tree.leaves(mixed.state), jax.tree.leaves(exact.state), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-3)


def test_a_network_learns_in_mixed_precision_and_its_file_says_so(tmp_path):
    x = RNG.normal(size=(200, 4)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(int)

    def trained(precision):
        model = pl.Sequential([pl.Dense(16, activation="relu"), pl.Dense(2, activation="softmax")], seed=0)
        model.compile(pl.optimizers.Adam(0.01), "sparse_categorical_crossentropy", precision=precision)
        return model, model.fit(x, y, epochs=30, verbose=0).history["loss"]

    (_, exact), (model, mixed) = trained(None), trained(MIXED)
    assert mixed[-1] == pytest.approx(exact[-1], rel=0.15) and mixed != exact and mixed[-1] < 0.2
    assert all(array.dtype == np.float32 for array in model.get_weights())
    model.save(tmp_path / "model.plastica")
    again = pl.load(tmp_path / "model.plastica")
    assert again.program.rule == MixedPrecisionBackprop()
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_small_steps_are_not_lost_to_rounding():
    # A step of 2^-12 of a weight is below the digits of bfloat16, and would leave a weight of that type as it is.
    model = pl.Sequential([pl.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(pl.optimizers.SGD(2.0**-12), "mse", precision=MIXED)
    model.fit(np.ones((1, 1)), np.full((1, 1), 0.5), epochs=64, batch_size=1, verbose=0)
    assert model.get_weights()[0][0, 0] == pytest.approx(0.9846, abs=5e-4)


@pytest.mark.parametrize("layer", [pl.LSTM(3), pl.Bidirectional(pl.GRU(2)), pl.SimpleRNN(3)])
def test_layers_that_add_over_time_are_refused(layer):
    model = pl.Sequential([layer, pl.Dense(1)])
    model.compile("adam", "mse", precision=MIXED)
    with pytest.raises(InvalidValue, match="adds to what it remembers step by step"):
        model.fit(np.ones((4, 5, 2)), np.ones(4), verbose=0)


def test_other_words_and_other_rules_are_refused():
    model = pl.Sequential([pl.Dense(1)])
    with pytest.raises(InvalidValue, match=r"precision='float16'.*give 'mixed_bfloat16'"):
        model.compile("adam", "mse", precision="float16")
    with pytest.raises(InvalidValue, match="FeedbackAlignment computes in float32; precision is for backprop"):
        model.compile("adam", "mse", precision=MIXED, rule="feedback_alignment")
