"""GroupNormalization and RMSNormalization beside Keras, with gradients."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from keras import layers as keras_layers

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

X = np.random.default_rng(0).normal(2, 3, size=(3, 4, 5, 6)).astype(np.float32)
CASES = [
    ("GroupNormalization", {"groups": 3}),
    ("GroupNormalization", {"groups": -1, "epsilon": 0.1}),
    ("GroupNormalization", {"groups": 1, "center": False}),
    ("GroupNormalization", {"groups": 2, "axis": 1, "scale": False}),
    ("RMSNormalization", {}),
    ("RMSNormalization", {"axis": (2, 3), "epsilon": 0.1}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=str)
def test_values_and_gradients_equal_keras(name, arguments):
    ours, theirs = getattr(pl, name)(**arguments), getattr(keras_layers, name)(**arguments)
    theirs.build(X.shape)
    model = pl.Sequential([pl.Input(X.shape[1:]), ours])
    weights = [np.random.default_rng(1).normal(size=variable.shape).astype(np.float32) for variable in theirs.weights]
    model.set_weights(weights)

    @jax.jit
    def both(params, weights, x):
        found, pull = jax.vjp(lambda params, x: ours.apply(params, x)[0], params, x)
        wanted, keras_pull = jax.vjp(lambda weights, x: theirs.stateless_call(weights, [], x)[0], weights, x)
        return found, wanted, pull(jnp.cos(found)), keras_pull(jnp.cos(found))

    found, wanted, (gradients, error), (keras_gradients, keras_error) = both(model.params[1], weights, X)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(error, keras_error, rtol=1e-3, atol=1e-4)
    order = [key for key in ("gamma", "beta", "scale") if key in gradients]
    for key, other in zip(order, keras_gradients, strict=True):
        np.testing.assert_allclose(gradients[key], other, rtol=1e-3, atol=1e-4)


def test_groups_have_mean_zero_and_variance_one():
    layer = pl.GroupNormalization(2)
    y = layer.apply(layer.init(np.random.default_rng(0), X.shape[1:]).params, X)[0].reshape(3, 20, 2, 3)
    np.testing.assert_allclose(y.mean((1, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(y.var((1, 3)), 1, rtol=1e-2)


def test_rms_normalization_may_be_over_an_inner_axis():
    layer = pl.RMSNormalization(axis=1)
    params = layer.init(np.random.default_rng(0), X.shape[1:]).params
    assert params["scale"].shape == (4,)
    y = np.asarray(layer.apply({"scale": np.arange(4, dtype=np.float32)}, X)[0])
    np.testing.assert_allclose(
        np.sqrt(np.square(y[:, 3]) / np.square(y[:, 1])), 3 * np.abs(X[:, 3] / X[:, 1]), rtol=1e-3
    )


def test_wrong_values_and_shapes_are_explained():
    with pytest.raises(
        InvalidValue, match=r"GroupNormalization\(groups=0\): groups must be a whole number of at least 1"
    ):
        pl.GroupNormalization(0)
    with pytest.raises(InvalidValue, match=r"GroupNormalization\(axis=0\): axis 0 is the batch"):
        pl.GroupNormalization(axis=0)
    with pytest.raises(InvalidValue, match=r"center=False\): there is nothing to penalise"):
        pl.GroupNormalization(2, center=False, beta_regularizer="l2")
    with pytest.raises(InvalidValue, match=r"RMSNormalization\(epsilon=0\.0\): epsilon must be above 0"):
        pl.RMSNormalization(epsilon=0)
    with pytest.raises(InvalidValue, match=r"RMSNormalization\(axis=\(0, 1\)\): axis 0 is the batch"):
        pl.RMSNormalization((0, 1))
    with pytest.raises(
        ShapeError, match=r"GroupNormalization\(groups=4\): .* with 6 channels; groups must divide them"
    ):
        pl.GroupNormalization(4).output_shape((4, 6))
    with pytest.raises(ShapeError, match=r"RMSNormalization\(axis=3\): got inputs of shape \(4, 6\)"):
        pl.RMSNormalization(3).output_shape((4, 6))
