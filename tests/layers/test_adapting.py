"""Normalization, bins and indicators of categories, beside Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, ShapeError

rng = np.random.default_rng(0)
X = (rng.normal(size=(60, 4)) * [1, 10, 0.1, 3] + [5, -3, 0, 100]).astype(np.float32)
IMAGES = rng.uniform(0, 255, (20, 3, 4, 2)).astype(np.float32)
Y = rng.integers(0, 2, 60)
K = keras.layers


@pytest.mark.parametrize(
    ("options", "x"),
    [
        ({}, X),
        ({"axis": None}, X),
        ({}, IMAGES),
        ({"axis": (1, -1)}, IMAGES),
        ({"axis": None}, IMAGES),
        ({"invert": True}, X),
        ({"mean": 3.0, "variance": 2.0}, X),
        ({"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 4.0, 9.0, 0.0]}, X),
        ({"mean": np.array([1.0, 2.0]), "variance": np.array([3.0, 4.0]), "axis": (1, -1)}, IMAGES),
    ],
    ids=str,
)
def test_normalization_is_keras(options, x):
    ours, theirs = pl.Normalization(**options), K.Normalization(**options)
    if "mean" not in options:
        ours.adapt(x)
        theirs.adapt(x)
    else:
        theirs.build(x.shape)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=2e-4, atol=2e-5)


def test_batches_add_up_to_all_rows_at_once():
    whole, parts = pl.Normalization(), pl.Normalization()
    whole.adapt(X)
    parts.adapt([X[:7], X[7:30], X[30:]])
    np.testing.assert_allclose(whole(X), parts(X), atol=1e-5)
    np.testing.assert_allclose(whole(X).mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(whole(X).std(0), 1, atol=1e-4)
    parts.adapt((x, y) for x, y in [(X[:30], Y[:30]), (X[30:], Y[30:])])
    np.testing.assert_allclose(whole(X), parts(X), atol=1e-5)


def model_with(layer, **options):
    model = pl.Sequential([layer, pl.Dense(1, activation="sigmoid")], **options)
    model.compile("adam", "binary_crossentropy")
    return model


def test_keras_code_works_as_written_before_and_after_the_model_is_built(tmp_path):
    wanted = (X - X.mean(0)) / X.std(0)
    before = pl.Normalization()
    before.adapt(X)
    first = model_with(before)
    first.fit(wanted[:8], Y[:8], epochs=1, verbose=0)  # other rows: what adapt found counts
    after = pl.Normalization(input_shape=(4,))
    second = model_with(after)
    after.adapt(X)
    second.fit(wanted[:8], Y[:8], epochs=1, verbose=0)
    for model in (first, second):
        mean, variance, count = model.get_layer("normalization").get_weights()
        np.testing.assert_allclose(mean, X.mean(0), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(variance, X.var(0), rtol=1e-5)
        assert count == 60
    loaded = pl.load(first.save(tmp_path / "model.plastica"))
    np.testing.assert_array_equal(loaded.predict(X), first.predict(X))
    assert before == pl.Normalization()  # the declaration is the same value as before


def test_without_adapt_fit_computes_it_from_the_training_rows_once():
    model = model_with(pl.Normalization())
    model.fit(X, Y, epochs=1, verbose=0, validation_split=0.5)
    mean = model.get_layer("normalization").get_weights()[0]
    np.testing.assert_allclose(mean, X[:30].mean(0), rtol=1e-5, atol=1e-6)
    model.fit(X + 1000, Y, epochs=1, verbose=0)
    np.testing.assert_array_equal(model.get_layer("normalization").get_weights()[0], mean)
    model.adapt(X)
    np.testing.assert_allclose(model.get_layer("normalization").get_weights()[0], X.mean(0), rtol=1e-5, atol=1e-6)


def test_numbers_of_keras_are_taken_over():
    theirs = keras.Sequential([keras.Input((4,)), K.Normalization(), K.Dense(1)])
    theirs.layers[0].adapt(X)
    ours = pl.Sequential([pl.Normalization(input_shape=(4,)), pl.Dense(1)])
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-5)


def test_in_a_graph_and_behind_a_layer_that_changes_nothing():
    x = pl.Input((2, 2))
    flat = pl.Flatten()(x)
    model = pl.Model(x, pl.Dense(1)(pl.Normalization()(flat)))
    model.compile("adam", "mse")
    model.fit(X.reshape(-1, 2, 2), Y, epochs=1, verbose=0)
    np.testing.assert_allclose(model.get_layer("normalization").get_weights()[0], X.mean(0), rtol=1e-5, atol=1e-6)


def test_a_layer_that_has_seen_no_data_is_not_used():
    with pytest.raises(NotFitted, match=r"Normalization\(\) has not been adapted to data: call adapt\(x\) first"):
        pl.Normalization()(X)
    model = model_with(pl.Normalization())
    for use in (lambda: model.predict(X), lambda: model.evaluate(X, Y, verbose=0)):
        with pytest.raises(NotFitted, match=r"layer 0, Normalization\(\) has not been adapted to data. Call its adapt"):
            use()
    hidden = pl.Sequential([pl.Dense(3), pl.Normalization(), pl.Dense(1)])
    hidden.compile("adam", "mse")
    with pytest.raises(NotFitted, match=r"layer 1, .* with the inputs of the layer"):
        hidden.fit(X, Y, verbose=0)


def test_the_same_program_serves_other_means():
    model = model_with(pl.Normalization())
    model.fit(X, Y, epochs=1, verbose=0)
    other = model_with(pl.Normalization())
    other.fit(2 * X, Y, epochs=1, verbose=0)
    assert model.network == other.network


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_bins_of_given_boundaries_are_keras(mode):
    x = np.array([[-1.5, 1.0], [3.4, 0.5], [0.0, 1.3]], np.float32)
    ours = pl.Discretization(bin_boundaries=[0.0, 1.0, 2.0], output_mode=mode)
    np.testing.assert_array_equal(ours(x), K.Discretization([0.0, 1.0, 2.0], output_mode=mode)(x))
    assert ours(x).shape[1:] == ours.output_shape((2,))


@pytest.mark.parametrize(("rows", "bins"), [(1000, 4), (60, 10), (7, 3), (3, 5)])
def test_bins_from_data_are_keras(rows, bins):
    x = rng.gamma(2, size=(rows, 1)).astype(np.float32)
    ours, theirs = pl.Discretization(num_bins=bins), K.Discretization(num_bins=bins)
    ours.adapt(x)
    theirs.reset_state()  # its adapt, without asking whether x is TensorFlow's
    theirs.update_state(x)
    theirs.finalize_state()
    np.testing.assert_array_equal(ours(x), theirs(x))
    model = pl.Sequential([pl.Discretization(num_bins=bins, output_mode="one_hot"), pl.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, x, epochs=1, verbose=0)
    assert model.output_shape == (None, 1)


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("x", [np.array([[3], [1], [0]]), np.array([[3, 1, 1], [0, 0, 2]])], ids=str)
def test_indicators_are_keras(mode, x):
    ours = pl.CategoryEncoding(4, output_mode=mode)
    found = ours.apply({}, x)[0]
    np.testing.assert_array_equal(found, K.CategoryEncoding(4, output_mode=mode)(x))
    assert found.shape[1:] == ours.output_shape(x.shape[1:])


def test_values_that_are_no_category_are_refused():
    model = pl.Sequential([pl.CategoryEncoding(3), pl.Dense(1)])
    with pytest.raises(
        DataError, match=r"got the value 3 \(1 of 2 values are invalid\); expected whole numbers from 0"
    ):
        model.predict(np.array([[1], [3]]))


@pytest.mark.parametrize(
    ("make", "kind", "told"),
    [
        (lambda: pl.Normalization(mean=1.0), InvalidValue, "give both mean and variance"),
        (lambda: pl.Normalization(mean=[1.0], variance=[1.0, 2.0]), InvalidValue, "they must agree"),
        (lambda: pl.Normalization(mean=1.0, variance=1.0).adapt(X), InvalidValue, "leave them out"),
        (lambda: pl.Normalization(mean=[1.0], variance=[1.0])(X), ShapeError, "but the inputs have"),
        (lambda: pl.Normalization().adapt(X[:, 0]), ShapeError, "For one number per row: axis=None"),
        (lambda: pl.Normalization().adapt(np.zeros((0, 3))), DataError, r"adapt\(\): expected at least one row"),
        (lambda: pl.Normalization().adapt([["a", "b"]]), DataError, "is the text 'a', not a number"),
        (lambda: pl.Discretization().adapt(X), InvalidValue, "give either bin_boundaries or num_bins"),
        (lambda: pl.Discretization([0.5], 2), InvalidValue, "exclude each other"),
        (lambda: pl.Discretization((1.0, 0.0)), InvalidValue, "expected ascending numbers"),
        (lambda: pl.Discretization(num_bins=1), InvalidValue, "expected a whole number of at least 2"),
        (lambda: pl.Discretization((0.0,)).adapt(X), InvalidValue, "give num_bins instead"),
        (lambda: pl.CategoryEncoding(3, output_mode="int"), InvalidValue, "expected one of one_hot, multi_hot, count"),
        (lambda: pl.CategoryEncoding(0), InvalidValue, "expected at least 1 category"),
    ],
)
def test_what_cannot_be_is_said(make, kind, told):
    with pytest.raises(kind, match=told):
        make()
