"""Masks: padding changes no answer, loss, metric or gradient."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue

LENGTHS = (5, 2, 3, 1)
RNG = np.random.default_rng(0)
TOKENS = [RNG.integers(1, 8, length) for length in LENGTHS]


def padded(extra, features=None):
    """The sequences filled up to the longest and ``extra`` steps more, and targets for every step."""
    time = max(LENGTHS) + extra
    rng = np.random.default_rng(1)
    rows = [rng.standard_normal((length, 3)).astype("float32") for length in LENGTHS] if features else TOKENS
    x = np.zeros(
        (len(rows), time, *([3] if features else [])), np.float32 if features else np.int32
    )  # Keras on newer JAX takes no int64
    y = np.zeros((len(rows), time, 1), np.float32)
    for row, (place, part) in enumerate(zip(x, rows, strict=True)):
        place[: len(part)] = part
        y[row, : len(part), 0] = np.random.default_rng(row).integers(0, 2, len(part))
        y[row, len(part) :] = 1 - row % 2  # whatever stands there
    return x, y


NETWORKS = {
    "masking": (True, [pl.Masking(), pl.LSTM(4, return_sequences=True), pl.Dense(1, "sigmoid")]),
    "embedding": (False, [pl.Embedding(8, 3, mask_zero=True), pl.SimpleRNN(4, return_sequences=True),
                          pl.GRU(3, return_sequences=True), pl.Dropout(0.0), pl.Dense(1, "sigmoid")]),
    "two directions": (True, [pl.Masking(), pl.Bidirectional(pl.GRU(4, return_sequences=True)),
                              pl.Dense(1, "sigmoid")]),
}  # fmt: skip
MADE = {}


def trained(name):
    """A network that is built once, for sequences of any length."""
    if name not in MADE:
        features, layers = NETWORKS[name]
        model = pl.Sequential([pl.Input((None, 3) if features else (None,)), *layers])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"], weighted_metrics=["mae"])
        model.set_weights(model.get_weights())  # so that predict() need not say that it was never trained
        MADE[name] = model
    return MADE[name]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("extra", [1, 6])
def test_padding_changes_nothing(name, extra):
    model, features = trained(name), NETWORKS[name][0]
    short, long = padded(0, features), padded(extra, features)
    time = max(LENGTHS)
    np.testing.assert_array_equal(model.predict(long[0])[:, :time], model.predict(short[0]))
    one, other = (model.evaluate(*data, verbose=0) for data in (short, long))
    np.testing.assert_allclose(one, other, rtol=1e-6)
    one, other = (model.trace(*data) for data in (short, long))
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-6)
    for before, after in zip(one, other, strict=True):
        for key, gradient in before.gradient.items():
            np.testing.assert_allclose(gradient, after.gradient[key], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_is_the_mean_over_real_steps(name):
    model, features = trained(name), NETWORKS[name][0]
    x, y = padded(2, features)
    real = np.arange(x.shape[1]) < np.array(LENGTHS)[:, None]
    p = model.predict(x)
    expected = -np.log(np.where(y == 1, p, 1 - p))[real].mean()
    found = dict(zip(("loss", "accuracy", "mae"), model.evaluate(x, y, verbose=0), strict=True))
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["accuracy"], ((p > 0.5) == (y == 1))[real].mean(), rtol=1e-5)
    np.testing.assert_allclose(found["mae"], np.abs(p - y)[real].mean(), rtol=1e-5)


BESIDE = {
    "every step": ([("Masking", {}), ("GRU", {"units": 4, "return_sequences": True}), ("Dense", {"units": 1})], True),
    "one answer": ([("Masking", {}), ("Bidirectional", {}), ("Dense", {"units": 1})], True),
    "tokens": (
        [("Embedding", {"input_dim": 8, "output_dim": 3, "mask_zero": True}), ("LSTM", {"units": 4})],
        False,
    ),
}


def made_of(home, spec, shape):
    def made(kind, options):
        if kind == "Bidirectional":
            return home.Bidirectional(home.LSTM(3))
        return getattr(home, kind)(**options)

    return [made(*each) for each in spec], shape


@pytest.mark.parametrize("name", BESIDE)
def test_three_epochs_are_kerass(name):
    spec, features = BESIDE[name]
    x, y = padded(1, features)
    shape = (None, 3) if features else (None,)
    theirs = keras.Sequential([keras.Input(shape), *made_of(keras.layers, spec, shape)[0]])
    ours = pl.Sequential([pl.Input(shape), *made_of(pl.layers, spec, shape)[0]])
    ours.set_weights(theirs.get_weights())
    y = y if name == "every step" else RNG.standard_normal((4, *ours.output_shape[1:])).astype("float32")
    losses = []
    for model in (ours, theirs):
        model.compile("adam", "mse")
        losses.append(model.fit(x, y, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_weights_of_steps_and_rows_count_beside_a_mask():
    model = trained("masking")
    x, y = padded(1, True)
    weight = RNG.random((4, x.shape[1])).astype("float32")
    real = np.arange(x.shape[1]) < np.array(LENGTHS)[:, None]
    p = model.predict(x)
    each = -np.log(np.where(y == 1, p, 1 - p))[..., 0]
    loss = model.evaluate(x, y, sample_weight=weight, verbose=0)[0]
    np.testing.assert_allclose(loss, (each * weight)[real].sum() / real.sum(), rtol=1e-5)


def test_masks_that_reach_no_loss_are_told():
    model = pl.Sequential([pl.Input((None, 3)), pl.Dense(3), pl.Masking(), pl.GRU(2, return_sequences=True)])
    model.compile("sgd", "mse")
    x, _ = padded(0, True)
    with pytest.raises(InvalidValue, match="Masking: it makes a mask of the data, so it must come before all layers"):
        model.fit(x, np.zeros((*x.shape[:2], 2)), verbose=0)


def two_outputs(home):
    inputs = home.Input((None, 3))
    hidden = home.layers.GRU(4, return_sequences=True)(home.layers.Masking()(inputs))
    last = home.layers.GRU(2)(hidden)
    outputs = {"steps": home.layers.Dense(1)(hidden), "rate": home.layers.Dense(1, "sigmoid")(hidden), "row": last}
    return home.Model(inputs, outputs)


def test_each_of_several_outputs_has_its_mask():
    x, y = padded(2, True)
    rng = np.random.default_rng(3)
    targets = {"steps": rng.standard_normal(y.shape), "rate": y, "row": rng.standard_normal((4, 2))}
    ours, theirs = two_outputs(pl), two_outputs(keras)
    ours.set_weights(theirs.get_weights())
    loss = {"steps": "mse", "rate": "binary_crossentropy", "row": "mae"}
    losses = []
    for model in (ours, theirs):
        model.compile("adam", loss, metrics={"steps": ["mae"]})
        losses.append(model.fit(x, targets, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)
    real = np.arange(x.shape[1]) < np.array(LENGTHS)[:, None]
    found, said = ours.evaluate(x, targets, verbose=0, return_dict=True), ours.predict(x)
    np.testing.assert_allclose(found["steps_loss"], np.square(said["steps"] - targets["steps"])[real].mean(), rtol=1e-5)
    np.testing.assert_allclose(found["steps_mae"], np.abs(said["steps"] - targets["steps"])[real].mean(), rtol=1e-5)
    np.testing.assert_allclose(found["row_loss"], np.abs(said["row"] - targets["row"]).mean(), rtol=1e-5)
    total = sum(found[f"{name}_loss"] for name in loss)
    np.testing.assert_allclose(found["loss"], total, rtol=1e-5)


def test_a_mask_goes_through_layers_that_keep_steps_apart():
    x = np.array([[1, 2, 0, 0]])
    embedding = pl.Embedding(4, 2, mask_zero=True)
    network = pl.layers.Sequential((embedding, pl.Dense(3), pl.LayerNormalization(), pl.LSTM(2, return_sequences=True)))
    np.testing.assert_array_equal(network.mask_of(x, None), [[True, True, False, False]])
    assert pl.layers.Sequential((embedding, pl.LSTM(2))).mask_of(x, None) is None
    merged = pl.Add().mask_of(None, (x > 0, x > 1))
    np.testing.assert_array_equal(merged, [[True, True, False, False]])
    assert pl.Add().mask_of(None, (x > 0, None)) is None
