"""Embedding compared with Keras and with its definition."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue
from plastica.layers.embedding import Embedding

TABLE = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)


def test_values_and_gradients_are_those_of_keras():
    x = np.array([[0, 6, 2], [2, 2, 5]])
    weight = np.random.default_rng(1).normal(size=(2, 3, 3)).astype(np.float32)
    theirs = keras.layers.Embedding(7, 3)
    theirs.build((None, 3))
    theirs.set_weights([TABLE])
    layer = Embedding(7, 3)
    activity, _ = layer.apply({"embeddings": TABLE}, x.astype(np.float32))
    np.testing.assert_allclose(activity, theirs(x), rtol=1e-6)
    gradient = jax.grad(lambda p: jnp.sum(layer.apply(p, x.astype(np.float32))[0] * weight))
    wanted = jax.grad(lambda w: jnp.sum(theirs.stateless_call([w], [], x)[0] * weight))(jnp.asarray(TABLE))
    np.testing.assert_allclose(gradient({"embeddings": TABLE})["embeddings"], wanted, rtol=1e-5)


def test_a_row_that_occurs_twice_gets_both_gradients_and_an_absent_one_none():
    x = jnp.array([[1.0, 1.0, 3.0]])
    gradient = jax.grad(lambda p: jnp.sum(Embedding(5, 2).apply(p, x)[0]))({"embeddings": jnp.ones((5, 2))})
    np.testing.assert_array_equal(gradient["embeddings"][:, 0], [0, 2, 0, 1, 0])


@pytest.mark.parametrize("wrong", [-1.0, -0.5, 7.0, 1e9, np.nan, np.inf])
def test_a_number_out_of_range_gives_nan_and_never_another_row(wrong):
    run = jax.jit(lambda x: Embedding(7, 3).apply({"embeddings": TABLE}, x)[0])
    activity = run(np.array([[wrong, 2.0]], np.float32))
    assert np.isnan(activity[0, 0]).all()
    np.testing.assert_array_equal(activity[0, 1], TABLE[2])


def test_population_equals_loop():
    tables, x = np.stack([TABLE, TABLE * 2]), np.array([[1.0, 3.0]], np.float32)
    run = lambda table: Embedding(7, 3).apply({"embeddings": table}, x)[0]  # noqa: E731
    np.testing.assert_array_equal(jax.vmap(run)(tables), np.stack([run(table) for table in tables]))


def test_float64_stays_float64():
    with jax.enable_x64(True):
        table = TABLE.astype(np.float64)
        assert Embedding(7, 3).apply({"embeddings": table}, np.array([[1.0]]))[0].dtype == np.float64


def test_initial_rows_and_shapes_are_those_of_keras():
    layer = Embedding(1000, 16)
    assert layer.output_shape((20,)) == (20, 16)
    table = layer.init(np.random.default_rng(0), (20,)).params["embeddings"]
    assert table.shape == (1000, 16)
    assert table.dtype == np.float32
    assert -0.05 <= table.min() < -0.049 < 0.049 < table.max() <= 0.05


def test_penalty_is_on_the_rows():
    found = Embedding(7, 3, embeddings_regularizer="l2").penalty({"embeddings": TABLE})
    np.testing.assert_allclose(found, 0.01 * np.sum(TABLE**2), rtol=1e-5)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([[0, 8], [9, 1]], r"got the value 8.* \(2 of 4 values are invalid\).* from 0 to 6\. Give input_dim=10\."),
        ([[-1.0]], r"got the value -1\.0.*Number the different values from 0"),
        ([[0.5]], r"got the value 0\.5.*Number the different values from 0"),
        ([[np.nan]], r"got the value nan.*Number the different values from 0"),
    ],
)
def test_data_that_does_not_fit_is_refused(data, text):
    with pytest.raises(DataError, match=text):
        Embedding(7, 3).check_input(np.array(data))
    Embedding(7, 3).check_input(np.array([[0, 6.0]]))


IDS, BAD = np.array([[0, 1, 2], [6, 5, 4]], np.float32), {99.0: "got the value 99", 1.7: "got the value 1.7"}
INSIDE = {
    "nested": lambda: [[pl.layers.Input((3,)), [Embedding(7, 3)]], pl.Flatten()],
    "reshaped": lambda: [[pl.Reshape((3, 1)), pl.Flatten()], Embedding(7, 3), pl.Flatten()],
    "residual": lambda: [pl.Residual([Embedding(7, 1), pl.Flatten()]), pl.Dense(1)],
    "concatenated": lambda: [pl.Branches([[], [Embedding(7, 2), pl.Flatten()]])],
    "passed": lambda: [pl.Branches([[pl.Reshape((3, 1))], [pl.Reshape((3, 1))]]), Embedding(7, 2), pl.Flatten()],
    "padded": lambda: [pl.Reshape((3, 1, 1)), pl.ZeroPadding2D(1), Embedding(7, 2), pl.Flatten()],
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", INSIDE)
def test_data_that_does_not_fit_is_refused_wherever_the_layer_sees_it(name, bad):
    model = pl.Sequential(INSIDE[name]())
    assert np.isfinite(model.predict(IDS)).all()
    wrong = IDS.copy()
    wrong[1, 2] = bad
    with pytest.raises(DataError, match=rf"layer \d.*Embedding\(7, \d\): {BAD[bad]}"):
        model.predict(wrong)
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match=BAD[bad]):
        model.fit(wrong, np.zeros((2, 1)), verbose=0)


def test_what_a_layer_computes_is_not_checked_as_data():
    model = pl.Sequential([pl.Branches([[], [pl.Dense(1)]]), pl.layers.Sequential((pl.Dense(2),))])
    assert model.predict(np.full((2, 3), 1.7)).shape == (2, 2)
    behind = pl.Sequential([pl.Dense(2, kernel_initializer="zeros"), Embedding(7, 3)])
    assert np.isfinite(behind.predict(np.full((2, 3), 99.5))).all()


@pytest.mark.parametrize("sizes", [(0, 3), (7, 0), (None, 3)])
def test_wrong_sizes_are_refused(sizes):
    with pytest.raises(InvalidValue, match="must be a whole number of at least 1"):
        Embedding(*sizes)


def test_input_dim_is_not_taken_for_the_shape_of_an_input():
    assert Embedding(10, 4).declared_shape is None
    assert Embedding(10, 4, input_shape=(6,)).declared_shape == (6,)


def test_prints_as_written():
    assert repr(Embedding(7, 3)) == "Embedding(input_dim=7, output_dim=3)"
