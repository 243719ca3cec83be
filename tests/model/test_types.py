"""Inputs and targets of every type: bytes, integers and half floats are equivalent to their float32 copies."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from plastica.data.streaming import Blocks
from plastica.layers.functional import graph_between
from plastica.model import examples
from plastica.training.batches import training_rows

GENERATOR = np.random.default_rng(5)
PICTURES = GENERATOR.integers(0, 256, (90, 6, 6, 1), dtype=np.uint8)
DIGITS = GENERATOR.integers(0, 3, 90)
OPTIONS = {"epochs": 2, "batch_size": 16, "verbose": 0}


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def network(*layers, loss="sparse_categorical_crossentropy", metrics=("accuracy",), rule="backprop"):
    model = pl.Sequential([*layers, pl.Dense(3, activation="softmax")])
    model.compile("adam", loss, list(metrics), rule=rule)
    return model


FIRST = {
    "dense": lambda: (pl.Flatten(), pl.Dense(5, activation="tanh")),
    "convolution": lambda: (pl.Conv2D(3, 3, activation="relu"), pl.Flatten()),
    "rescaling": lambda: (pl.Rescaling(1 / 255, -0.5), pl.Flatten()),
    "normalization": lambda: (pl.BatchNormalization(), pl.Flatten(), pl.Dropout(0.2)),
    "pooling": lambda: (pl.ZeroPadding2D(1), pl.MaxPooling2D(2), pl.Flatten()),
    "residual": lambda: (pl.Residual([pl.Conv2D(1, 3, padding="same")]), pl.Flatten()),
}


@pytest.mark.parametrize("first", FIRST)
def test_bytes_give_the_bits_of_their_float32_copies(first):
    one, other = network(*FIRST[first]()), network(*FIRST[first]())
    x, floats, y = PICTURES, PICTURES.astype("float32"), DIGITS
    found = one.fit(x[:70], y[:70].astype(np.uint8), validation_data=(x[70:], y[70:]), **OPTIONS)
    expected = other.fit(
        floats[:70], y[:70].astype("float32"), validation_data=(floats[70:], y[70:].astype("float32")), **OPTIONS
    )
    assert same(one, other)
    assert found.history == expected.history
    assert one.evaluate(x, y, verbose=0) == other.evaluate(floats, y, verbose=0)
    np.testing.assert_array_equal(one.predict(x), other.predict(floats))


@pytest.mark.parametrize(
    "rule", ["feedback_alignment", "predictive_coding", "forward_forward", "equilibrium_propagation"]
)
def test_bytes_give_the_same_bits_under_other_rules(rule):
    pictures = GENERATOR.integers(0, 2, (90, 8), dtype=np.uint8)
    models = [network(pl.Dense(6, activation="tanh"), rule=rule) for _ in range(2)]
    for model, x in zip(models, (pictures, pictures.astype("float32")), strict=True):
        model.fit(x, DIGITS, **OPTIONS)
    assert same(*models)


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(["bool", "int8", "uint8", "int16", "uint16", "float16", "int32", "int64", "float64"]),
    rows=st.sampled_from((2, 17, 40)),  # of a batch of 16; each number of rows is a program of its own
    seed=st.integers(0, 99),
)
def test_every_type_gives_the_bits_of_float32(kind, rows, seed):
    x = np.random.default_rng(seed).integers(0, 100, (rows, 4)).astype(kind)
    models = [network(pl.Dense(2, activation="tanh")) for _ in range(2)]
    for model, given_x in zip(models, (x, x.astype("float32")), strict=True):
        model.fit(given_x, np.arange(rows) % 3, **OPTIONS)
    assert same(*models)


def test_pictures_stay_bytes_in_memory_and_targets_too():
    model = network(pl.Rescaling(1 / 255), pl.Flatten())
    found = examples.take(model, PICTURES, DIGITS.astype(np.uint8), compact=True)
    assert found.x is PICTURES
    rows = training_rows(*found[:3])
    assert (rows.x.dtype, rows.y.dtype) == (np.uint8, np.uint8)


@pytest.mark.parametrize("kind", ["uint8", "int32", "int64", "float32"])
def test_tokens_of_every_type_find_their_vectors(kind):
    tokens = GENERATOR.integers(0, 200, (60, 5))
    models = [network(pl.Embedding(300, 4), pl.LSTM(4)) for _ in range(2)]
    for model, x in zip(models, (tokens.astype(kind), tokens.astype("float32")), strict=True):
        model.fit(x, DIGITS[:60], **OPTIONS)
    assert same(*models)


def test_tokens_stay_whole_beyond_what_float32_tells_apart():
    items = 2**24 + 3
    embedding = pl.Embedding(items, 1)
    vectors = np.zeros((items, 1), np.float32)
    vectors[-2:] = [[1], [2]]
    tokens = jax.numpy.asarray([[2**24 + 1, 2**24 + 2]], jax.numpy.int32)
    found = embedding.apply({"embeddings": vectors}, embedding.cast_inputs(tokens))[0]
    assert found.ravel().tolist() == [1, 2]


def test_only_a_layer_that_takes_items_gets_integers():
    assert pl.layers.Sequential((pl.Input((4,)), pl.Reshape((2, 2)), pl.Embedding(9, 2))).takes_integers
    assert not pl.layers.Sequential((pl.Rescaling(2.0), pl.Embedding(9, 2))).takes_integers
    assert not pl.layers.Sequential((pl.layers.Sequential((pl.Dense(3),)), pl.Embedding(9, 2))).takes_integers
    assert two_inputs().network.takes_integers == (True, False)


def two_inputs():
    words, amounts = pl.Input((3,), name="words"), pl.Input((4,), name="amounts")
    joined = pl.Concatenate()([pl.Flatten()(pl.Embedding(9, 2)(words)), amounts])
    graph = graph_between([words.node, amounts.node], [pl.Dense(3, "softmax")(joined)]).graph
    return SimpleNamespace(network=graph, declared_shape=graph.declared_shape, built=True)


WORDS, AMOUNTS = GENERATOR.integers(0, 9, (90, 3)), GENERATOR.standard_normal((90, 4)).astype("float32")


def test_several_inputs_are_a_tuple_or_a_dict_by_name():
    for given_x in ((WORDS, AMOUNTS), [WORDS, AMOUNTS], {"amounts": AMOUNTS, "words": WORDS}):
        words, amounts = examples.take_inputs(two_inputs(), given_x, compact=True)
        assert words.dtype == np.int32
        np.testing.assert_array_equal(words, WORDS)
        assert amounts is AMOUNTS


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (WORDS, pl.errors.InvalidValue, r"expects 2: give a tuple in the order words, amounts"),
        ({"words": WORDS, "sums": AMOUNTS}, pl.errors.InvalidValue, "keys words, sums; this network expects words"),
        ((WORDS, AMOUNTS[:50]), pl.errors.ShapeError, r"x\[0\] has 90 rows, x\[1\] has 50 rows"),
        ((WORDS, AMOUNTS[:, :2]), pl.errors.ShapeError, r"x\['amounts'\] has rows of shape \(2,\)"),
        ((WORDS + 5, AMOUNTS), pl.errors.DataError, "Embedding"),
    ],
)
def test_what_does_not_fit_several_inputs_is_refused(x, error, message):
    with pytest.raises(error, match=message):
        examples.take_inputs(two_inputs(), x)


@pytest.mark.parametrize("x", [(PICTURES, PICTURES), {"x": PICTURES}])
def test_one_input_takes_one_array(x):
    with pytest.raises(pl.errors.DataError, match="this network has one input: give one array"):
        network(pl.Flatten()).fit(x, DIGITS, **OPTIONS)


def test_a_run_with_bytes_resumes_the_run_with_floats(tmp_path):
    options = {**OPTIONS, "checkpoint": tmp_path}
    begun, resumed, straight = (network(*FIRST["dense"]()) for _ in range(3))
    begun.fit(PICTURES.astype("float32"), DIGITS, max_steps=5, **options)
    resumed.fit(PICTURES, DIGITS.astype(np.uint8), resume=True, **options)
    straight.fit(PICTURES, DIGITS, **OPTIONS)
    assert same(straight, resumed)


class Bytes(Blocks):
    def __init__(self, kinds):
        self.kinds = kinds

    sizes = property(lambda self: [30, 30, 30])
    digest = property(lambda self: "bytes")

    def read(self, block):
        rows = slice(30 * block, 30 * block + 30)
        return PICTURES[rows].astype(self.kinds[block]), DIGITS[rows], None


def test_blocks_of_bytes_give_the_bits_of_blocks_of_floats():
    one, other = network(*FIRST["dense"]()), network(*FIRST["dense"]())
    one.fit(Bytes(["uint8"] * 3), **OPTIONS)
    other.fit(Bytes(["float32"] * 3), **OPTIONS)
    assert same(one, other)
    with pytest.raises(pl.errors.DataError, match=r"block [12] has dtype float32, but block 0 has uint8"):
        network(*FIRST["dense"]()).fit(Bytes(["uint8", "float32", "float32"]), **OPTIONS)


def test_double_precision_is_kept_where_jax_computes_in_it():
    x = GENERATOR.standard_normal((64, 3))
    y = (x @ np.array([1.0, -2.0, 0.5]))[:, None] + 1e-9
    with jax.enable_x64(True):
        model = pl.Sequential([pl.Dense(1)])
        model.compile(pl.optimizers.SGD(0.1), "mse", ["mae"])
        history = model.fit(x, y, validation_data=(x, y), epochs=3, verbose=0)
        answers = model.predict(x)
        assert answers.dtype == np.float64
        kernel, bias = model.get_weights()
        assert kernel.dtype == np.float32
        np.testing.assert_allclose(answers, x @ kernel.astype(float) + bias, rtol=1e-12)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert model.predict(x).dtype == np.float32
