"""ReLU, LeakyReLU, ELU, PReLU, Softmax and Identity compared with Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import numpy as np
import pytest
from keras import layers as keras_layers

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

X = np.random.default_rng(0).normal(scale=3, size=(4, 5, 3)).astype(np.float32)

CASES = [
    ("ReLU", {}),
    ("ReLU", {"max_value": 2.0}),
    ("ReLU", {"max_value": 6.0, "negative_slope": 0.2}),
    ("ReLU", {"negative_slope": 0.1, "threshold": 1.0}),
    ("ReLU", {"max_value": 3.0, "negative_slope": 0.1, "threshold": 0.5}),
    ("LeakyReLU", {}),
    ("LeakyReLU", {"negative_slope": 0.05}),
    ("ELU", {"alpha": 0.7}),
    ("PReLU", {"alpha_initializer": "ones"}),
    ("PReLU", {"alpha_initializer": "ones", "shared_axes": [1]}),
    ("Softmax", {}),
    ("Softmax", {"axis": 1}),
    ("Softmax", {"axis": (1, 2)}),
    ("Identity", {}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_values_and_gradients_equal_keras(name, arguments):
    ours, theirs = getattr(pl, name)(**arguments), getattr(keras_layers, name)(**arguments)
    theirs.build(X.shape)
    params = ours.init(np.random.default_rng(0), X.shape[1:]).params
    params = {key: np.full_like(value, 0.3) for key, value in params.items()}
    theirs.set_weights(list(params.values()))

    @jax.jit
    def both(x):
        found, pull = jax.vjp(lambda x: ours.apply(params, x)[0], x)
        wanted, keras_pull = jax.vjp(theirs, x)
        return (found, *pull(x)), (wanted, *keras_pull(x))

    for found, wanted in zip(*both(X), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_slopes_are_learned():
    x = np.random.default_rng(1).normal(size=(64, 1)).astype(np.float32)
    model = pl.Sequential([pl.Input((1,)), pl.PReLU()])
    model.compile(pl.optimizers.SGD(0.5), "mse")
    model.fit(x, np.where(x < 0, -0.4 * x, x), epochs=60, verbose=0)
    assert model.get_weights()[0] == pytest.approx(-0.4, abs=0.02)


def test_losses_see_the_softmax_of_the_layer():
    x, y = np.random.default_rng(0).normal(size=(8, 4)), np.arange(8) % 3
    losses = []
    for end in ([pl.Dense(3, "softmax")], [pl.Dense(3), pl.Softmax()]):
        model = pl.Sequential([pl.Input((4,)), *end], seed=1)
        model.compile("sgd", "sparse_categorical_crossentropy")
        losses.append(model.evaluate(x, y, verbose=0))
    assert losses[0] == losses[1]


def test_another_slope_compiles_nothing():
    traces = []

    @jax.jit
    def run(layer):
        traces.append(1)
        return layer.apply({}, X)[0]

    run(pl.LeakyReLU(0.1)), run(pl.LeakyReLU(0.2))
    run(pl.ReLU(1.0)), run(pl.ReLU(2.0, 0.1, 0.3))
    assert len(traces) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pl.ReLU(-1), r"ReLU\(max_value=-1\.0\): max_value must be at least 0"),
        (lambda: pl.ReLU(threshold=-1), "threshold must be at least 0"),
        (lambda: pl.LeakyReLU(-0.1), r"LeakyReLU\(negative_slope=-0\.1\): negative_slope must be at least 0"),
        (lambda: pl.Softmax(0), r"Softmax\(axis=0\): axis 0 is the batch"),
        (lambda: pl.Softmax(()), "axis 0 is the batch"),
        (lambda: pl.PReLU(shared_axes=0), r"PReLU\(shared_axes=\(0,\)\): axis 0 is the batch"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=message):
        make()


def test_wrong_shapes_are_explained():
    with pytest.raises(ShapeError, match=r"PReLU\(shared_axes=\(2,\)\): got inputs of shape \(4,\), .* axes 1 to 1"):
        pl.PReLU(shared_axes=2).init(np.random.default_rng(0), (4,))
    with pytest.raises(ShapeError, match=r"Softmax\(axis=2\): got inputs of shape \(4,\); .* axes 0 to 1"):
        pl.Softmax(2).output_shape((4,))
