"""Comparison with Keras: the same initial weights and batches give the same losses over three epochs."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl

K = keras.layers

IMAGES = (12, 12, 2)
SERIES = (7, 3)

NETWORKS = {
    "dense": ((5,), [("Dense", {"units": 8, "activation": "relu"}), ("Dense", {"units": 3})]),
    "penalised": (
        (5,),
        [("Dense", {"units": 8, "activation": "tanh", "kernel_regularizer": "l2"}), ("Dense", {"units": 3})],
    ),
    "activities": (
        SERIES,
        [
            ("Conv1D", {"filters": 4, "kernel_size": 3, "activation": "tanh", "activity_regularizer": "l1"}),
            ("LSTM", {"units": 5, "return_sequences": True, "activity_regularizer": "l2"}),
            ("ActivityRegularization", {"l1": 0.01, "l2": 0.02}),
            ("LSTM", {"units": 4}),
            ("Dense", {"units": 3, "activity_regularizer": "l1l2"}),
        ],
    ),
    "convolution": (
        IMAGES,
        [
            ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu", "padding": "same"}),
            ("MaxPooling2D", {}),
            ("Conv2D", {"filters": 6, "kernel_size": (2, 3), "strides": 2, "activation": "tanh"}),
            ("AveragePooling2D", {"pool_size": 2, "strides": 1}),
            ("Flatten", {}),
            ("Dense", {"units": 3}),
        ],
    ),
    "convolution_1d": (
        SERIES,
        [
            ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "activation": "elu"}),
            ("GlobalAveragePooling1D", {}),
            ("Dense", {"units": 3}),
        ],
    ),
    "normalised": (
        (5,),
        [
            # The gradient of a bias before a normalization consists of rounding errors, which Adam would amplify.
            ("Dense", {"units": 8, "use_bias": False}),
            ("BatchNormalization", {}),
            ("Activation", {"activation": "relu"}),
            ("LayerNormalization", {}),
            ("Dense", {"units": 3}),
        ],
    ),
    "simple_rnn": (SERIES, [("SimpleRNN", {"units": 5}), ("Dense", {"units": 3})]),
    "lstm": (
        SERIES,
        [("LSTM", {"units": 5, "return_sequences": True}), ("LSTM", {"units": 4}), ("Dense", {"units": 3})],
    ),
    "gru": (SERIES, [("GRU", {"units": 5}), ("Dense", {"units": 3})]),
}

REGRESSIONS = ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "cosine_similarity"]
CLASSIFICATIONS = {
    "categorical_crossentropy": "softmax",
    "categorical_focal_crossentropy": "softmax",
    "sparse_categorical_crossentropy": "softmax",
    "kl_divergence": "softmax",
    "categorical_hinge": "linear",
    "binary_crossentropy": "sigmoid",
    "binary_focal_crossentropy": "sigmoid",
    "poisson": "softplus",
    "hinge": "tanh",
    "squared_hinge": "tanh",
}
OPTIMIZERS = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Lion"]


def both(shape, spec, loss, optimizer="adam", metrics=()):
    theirs = keras.Sequential([keras.Input(shape), *(getattr(K, kind)(**options) for kind, options in spec)])
    ours = pl.Sequential([pl.Input(shape), *(getattr(pl, kind)(**options) for kind, options in spec)])
    ours.set_weights(theirs.get_weights())
    theirs.compile(optimizer=_theirs(optimizer), loss=loss, metrics=list(metrics))
    ours.compile(optimizer=_ours(optimizer), loss=loss, metrics=list(metrics))
    return theirs, ours


def _theirs(optimizer):
    return optimizer if isinstance(optimizer, str) else getattr(keras.optimizers, optimizer[0])(**optimizer[1])


def _ours(optimizer):
    return optimizer if isinstance(optimizer, str) else getattr(pl.optimizers, optimizer[0])(**optimizer[1])


def agree(theirs, ours, x, y, rtol=1e-4, **options):
    options = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0, **options}
    expected, found = theirs.fit(x, y, **options).history, ours.fit(x, y, **options).history
    costs = {name for name in found if name.endswith("activity_regularization")}  # Keras shows them in the loss alone
    assert found.keys() - costs == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=rtol, atol=1e-6, err_msg=name)


def rows(shape, count=30, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, *shape)).astype("float32")
    return x, rng.standard_normal((count, 3)).astype("float32")


@pytest.mark.parametrize("name", NETWORKS)
def test_three_epochs_give_the_losses_of_keras(name):
    shape, spec = NETWORKS[name]
    theirs, ours = both(shape, spec, "mse", metrics=["mae"])
    x, y = rows(shape)
    agree(theirs, ours, x, y, validation_split=0.2)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=2e-3, atol=2e-4)
    for found, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize("loss", REGRESSIONS)
def test_regression_losses_train_as_in_keras(loss):
    x, y = rows((5,))
    agree(*both((5,), NETWORKS["dense"][1], loss), x, y)


@pytest.mark.parametrize("loss", CLASSIFICATIONS)
def test_classification_losses_train_as_in_keras(loss):
    x, _ = rows((5,))
    labels = np.random.default_rng(1).integers(0, 3, len(x), dtype="int32")
    y = np.eye(3, dtype="float32")[labels]
    if loss.startswith("sparse"):
        y = labels
    elif "hinge" in loss and not loss.startswith("categorical"):
        y = 2 * y - 1
    spec = [("Dense", {"units": 8, "activation": "relu"}), ("Dense", {"units": 3, "activation": CLASSIFICATIONS[loss]})]
    agree(*both((5,), spec, loss, metrics=["accuracy"] if "cross" in loss else []), x, y)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_train_as_in_keras(name):
    x, y = rows((5,))
    agree(*both((5,), NETWORKS["dense"][1], "mse", (name, {"learning_rate": 0.01})), x, y)


def test_weights_of_rows_and_classes_count_as_in_keras():
    x, _ = rows((5,))
    y = np.random.default_rng(1).integers(0, 3, len(x), dtype="int32")
    spec = [("Dense", {"units": 8, "activation": "relu"}), ("Dense", {"units": 3, "activation": "softmax"})]
    weight = np.random.default_rng(2).random(len(x)).astype("float32")
    theirs, ours = both((5,), spec, "sparse_categorical_crossentropy")
    agree(theirs, ours, x, y, sample_weight=weight, validation_data=(x[:9], y[:9], weight[:9]))
    agree(theirs, ours, x, y, class_weight={0: 1.0, 1: 3.0, 2: 0.5})
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(theirs.evaluate(x, y, verbose=0), rel=1e-3)
