"""Every layer passes a mask on, uses it, or is named in a warning: padding never counts in silence."""

from __future__ import annotations

import warnings

import jax
import keras
import numpy as np
import pytest
from tests.catalogue import LAYERS, SERIES

import plastica as pl
from plastica import random
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.layers import Context, Layer
from plastica.layers.lost_masks import losing_masks

ROWS, TIME = 2, 5
LENGTHS = np.array([3, 5])
REAL = np.arange(TIME) < LENGTHS[:, None]


class _Marks(Layer):
    """Stands before a layer, as Masking does, and leaves the inputs as they are."""

    @property
    def makes_mask(self) -> bool:
        return True

    def mask_of(self, x, mask):
        return np.broadcast_to(REAL[:1], x.shape[:2])


def sequences(shape):
    return (TIME, *shape[-1:]) if len(shape) < 2 else shape


def takes(layer, shape):
    try:
        layer.output_shape(shape)
    except pl.errors.ShapeError:
        return False
    return True


MASKED = {
    name: (layer, sequences(shape))
    for name, (layer, shape) in LAYERS.items()
    if takes(layer, sequences(shape)) and sequences(shape)[0] == TIME
}
# What these tests found when they were written, so that a change is noticed.
PASSED = {
    "dense", "lstm_sequences", "rnn", "bidirectional", "multi_head_attention", "attention", "spatial_dropout_1d",
    "batch_normalization", "layer_normalization", "activation", "relu", "dropout", "normalization_of_steps",
    "attention_by_concatenation", "additive_attention",
}  # fmt: skip
USED = {"simple_rnn", "lstm", "gru", "rnn_of_cells", "global_average_pooling_1d", "masking"}
LOST = {"conv_1d", "max_pooling_1d", "average_pooling_1d", "global_max_pooling_1d", "flatten_steps"}
MASKED |= {
    "flatten_steps": (pl.Flatten(), SERIES),
    "normalization_of_steps": (pl.Normalization(mean=0.5, variance=2.0), SERIES),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_mask_is_passed_on_or_used_or_its_loss_is_noted(name):
    layer, shape = MASKED[name]
    params, state = layer.init(np.random.default_rng(0), shape)
    x = np.random.default_rng(1).standard_normal((ROWS, *shape)).astype("float32")
    real = REAL.reshape(ROWS, TIME, *[1] * (x.ndim - 2))
    context = Context(steps=REAL)
    passed = layer.mask_of(x, REAL)
    network = pl.layers.Sequential((_Marks(), layer))
    noted = losing_masks(network, ({}, params), ({}, state), shape)
    lost = bool(noted)
    assert not (lost and passed is not None and layer not in noted), "what is noted inside a layer loses the mask"
    assert (name not in PASSED or passed is not None) and (name not in USED or passed is None), name
    assert (name not in LOST or lost) and (name not in PASSED | USED or not lost), name
    if lost:
        return
    # What stands in the padding changes no answer to a real step, and no answer to the whole sequence.
    one, other = (
        layer.apply(params, np.where(real, x, fill).astype("float32"), state, context)[0] for fill in (0.0, 3.0)
    )
    if passed is not None:
        one, other = (np.asarray(each)[REAL] for each in (one, other))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_every_kind_of_answer_is_there():
    assert len(MASKED) > 35 and set(MASKED) >= PASSED | USED | LOST


def made_of(home, layers):
    return [home.Masking(), *layers]


def padded(time):
    x = np.zeros((4, time, 3), np.float32)
    for row, length in enumerate((5, 2, 3, 4)):
        x[row, :length] = np.random.default_rng(row).standard_normal((length, 3))
    return x


BESIDE = {
    "mean": lambda home: [home.LSTM(4, return_sequences=True), home.GlobalAveragePooling1D(), home.Dense(2)],
    "kept axis": lambda home: [home.GlobalAveragePooling1D(keepdims=True), home.Flatten(), home.Dense(2)],
    "statistics": lambda home: [home.BatchNormalization(momentum=0.5), home.GRU(3), home.Dense(2)],
    "statistics of steps": lambda home: [home.Dense(4), home.BatchNormalization(), home.GlobalAveragePooling1D()],
}


@pytest.mark.parametrize("name", BESIDE)
def test_three_epochs_with_padding_are_kerass(name):
    x, y = padded(6), np.random.default_rng(9).standard_normal((4, 4 if name == "statistics of steps" else 2))
    theirs = keras.Sequential([keras.Input((6, 3)), keras.layers.Masking(), *BESIDE[name](keras.layers)])
    ours = pl.Sequential([pl.Input((6, 3)), pl.Masking(), *BESIDE[name](pl.layers)])
    ours.set_weights(theirs.get_weights())
    losses = []
    for model in (ours, theirs):
        model.compile("sgd", "mse")  # Adam would divide the gradient of a bias before a normalization, 0, by itself
        losses.append(model.fit(x, y, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), rtol=1e-3, atol=1e-5)


def test_more_padding_changes_no_mean_and_no_statistic():
    model = pl.Sequential([pl.Input((None, 3)), pl.Masking(), pl.BatchNormalization(), pl.GlobalAveragePooling1D()])
    model.set_weights(model.get_weights())
    np.testing.assert_allclose(model.predict(padded(6)), model.predict(padded(9)), atol=1e-6)
    one, other = (
        jax.tree.leaves(
            model.network.apply(model.params, padded(time), model.state, Context(True, random.seed_key(1)))[1]
        )
        for time in (6, 9)
    )
    for before, after in zip(one, other, strict=True):
        np.testing.assert_allclose(before, after, atol=1e-6)


def test_a_row_of_padding_alone_has_the_mean_0():
    x = np.zeros((2, 4, 3), np.float32)
    x[0] = 1
    found = pl.layers.Sequential((pl.Masking(), pl.GlobalAveragePooling1D())).apply(({}, {}), x, ({}, {}))[0]
    np.testing.assert_array_equal(found, [[1, 1, 1], [0, 0, 0]])


def test_a_lost_mask_is_told_once_with_the_layer():
    model = pl.Sequential(
        [pl.Embedding(9, 4, mask_zero=True, input_shape=(None,)), pl.Conv1D(4, 2), pl.GlobalMaxPooling1D(), pl.Dense(1)]
    )
    model.compile("sgd", "mse")
    x, y = np.ones((4, 5), np.int32), np.zeros((4, 1))
    said = r"Conv1D\(filters=4, kernel_size=2\): the inputs have a mask .* gets lost here, as in Keras: padding counts"
    with pytest.warns(PlasticaWarning, match=said) as found:
        model.fit(x, y, verbose=0)
    assert len(found) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y, verbose=0)


def test_layers_of_ones_own_are_told_how_to_pass_a_mask_on():
    model = pl.Sequential([pl.Input((6, 3)), pl.Masking(), Own(), pl.GRU(2)])
    model.compile("sgd", "mse")
    with pytest.warns(PlasticaWarning, match=r"Own\(\).*Let Own\.mask_of return the mask of its output, or stepwise"):
        model.fit(padded(6), np.zeros((4, 2)), verbose=0)


@pl.declaration.declaration
class Own(Layer):
    """Doubles its inputs."""

    def synapse(self, params, x, state, context):
        return 2 * x, state


def test_sequences_behind_one_another_keep_their_masks():
    x = padded(5)
    inputs = pl.Input((5, 3))
    masked = pl.Masking()(inputs)
    joined = pl.Concatenate(axis=1)([masked, masked])
    ours = pl.Model(inputs, pl.LSTM(3)(joined))
    theirs_in = keras.Input((5, 3))
    own = keras.layers.Masking()(theirs_in)
    theirs = keras.Model(theirs_in, keras.layers.LSTM(3)(keras.layers.Concatenate(axis=1)([own, own])))
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), atol=1e-5)
    layer, mask = pl.Concatenate(axis=1), np.ones((2, 3), bool)
    np.testing.assert_array_equal(layer.mask_of((x[:2, :2], x[:2, :3]), (None, mask)), np.ones((2, 5)))
    with pytest.raises(InvalidValue, match=r"Concatenate\(axis=1\): an input .* has no mask and another has one"):
        layer.mask_of(None, (None, mask))


def test_sentences_of_words_are_real_where_a_word_is():
    words = np.array([[[1, 2, 0], [3, 0, 0], [0, 0, 0]]])
    network = pl.layers.Sequential((pl.Embedding(5, 2, mask_zero=True), pl.TimeDistributed(pl.GRU(3))))
    np.testing.assert_array_equal(network.mask_of(words, None), [[True, True, False]])
    params, state = network.init(np.random.default_rng(0), (3, 3))
    longer = np.concatenate([words, np.zeros((1, 3, 2), int)], 2)
    np.testing.assert_allclose(
        network.apply(params, words, state)[0], network.apply(params, longer, state)[0], atol=1e-6
    )
