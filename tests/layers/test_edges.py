"""Padding, cropping, upsampling, Permute and RepeatVector compared with Keras."""

import os
import re

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest
from keras import layers as keras_layers

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

RNG = np.random.default_rng(0)
SERIES, IMAGE, VOLUME, ROW = (
    RNG.normal(size=(2, *shape)).astype(np.float32) for shape in ((7, 3), (6, 5, 2), (4, 5, 6, 2), (4,))
)
CASES = [
    ("ZeroPadding1D", {}, SERIES),
    ("ZeroPadding1D", {"padding": (2, 0)}, SERIES),
    ("ZeroPadding3D", {"padding": (1, 0, 2)}, VOLUME),
    ("ZeroPadding3D", {"padding": ((1, 0), (2, 1), (0, 3))}, VOLUME),
    ("Cropping1D", {}, SERIES),
    ("Cropping1D", {"cropping": (0, 3)}, SERIES),
    ("Cropping2D", {}, IMAGE),
    ("Cropping2D", {"cropping": 1}, IMAGE),
    ("Cropping2D", {"cropping": ((2, 1), (0, 3))}, IMAGE),
    ("Cropping3D", {}, VOLUME),
    ("Cropping3D", {"cropping": ((0, 1), (2, 0), (1, 1))}, VOLUME),
    ("UpSampling1D", {}, SERIES),
    ("UpSampling1D", {"size": 3}, SERIES),
    ("UpSampling3D", {"size": (1, 3, 2)}, VOLUME),
    ("Permute", {"dims": (3, 1, 2)}, IMAGE),
    ("RepeatVector", {"n": 3}, ROW),
]


@pytest.mark.parametrize(("name", "arguments", "x"), CASES, ids=lambda value: str(value)[:40])
def test_equal_to_keras(name, arguments, x):
    layer = getattr(pl, name)(**arguments)
    wanted = getattr(keras_layers, name)(**arguments)(x)
    found = layer.apply({}, x)[0]
    assert found.shape[1:] == layer.output_shape(x.shape[1:])
    np.testing.assert_array_equal(found, wanted)
    passed_on = layer.passed_on(x)
    if passed_on is not None:
        np.testing.assert_array_equal(passed_on, wanted)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: pl.ZeroPadding1D((1, 2, 3)),
            "ZeroPadding1D(padding=(1, 2, 3)): give a whole number of at least 0, (be",
        ),
        (
            lambda: pl.Cropping2D((1, -2)),
            "Cropping2D(cropping=(1, -2)): give a whole number of at least 0, (height, wi",
        ),
        (lambda: pl.Cropping3D((1, 2)), "or ((front, back), (top, bottom), (left, right))"),
        (lambda: pl.UpSampling1D(0), "UpSampling1D(size=0): size must be a whole number of at least 1"),
        (lambda: pl.Permute((2, 2)), "Permute((2, 2)): give each axis once, counted from 1"),
        (lambda: pl.Permute(()), "Permute(()): give each axis once"),
        (lambda: pl.RepeatVector(0), "RepeatVector(n=0): n must be a whole number of at least 1"),
        (lambda: pl.ZeroPadding3D(1, "channels_first"), "channels come last here"),
    ],
)
def test_wrong_values_are_named(make, message):
    with pytest.raises(InvalidValue, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (pl.Cropping1D(2), (4, 3), "Cropping1D(cropping=2): nothing is left of inputs of shape (4, 3)"),
        (pl.Cropping3D(), (4, 3), "Cropping3D works on (depth, height, width, channels)"),
        (pl.UpSampling1D(), (4,), "UpSampling1D works on (steps, channels)"),
        (pl.Permute((2, 1)), (4,), "Permute((2, 1)): got inputs of shape (4,); it reorders 2 axes"),
        (pl.RepeatVector(2), (4, 3), "RepeatVector(2): got inputs of shape (4, 3); RepeatVector expects one axis"),
    ],
)
def test_wrong_shapes_are_explained(layer, shape, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        layer.output_shape(shape)
