"""EinsumDense has Keras's weights and numbers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError

CASES = {
    "last axis": ("ab,bc->ac", (5,), (4,), "c"),
    "each step": ("abc,cd->abd", (None, 5), (3, 4), "d"),
    "heads": ("abc,cde->abde", (None, 2, 5), (3, 4), "de"),
    "steps into one": ("abc,bcd->ad", (5,), (3, 4), "d"),
    "along time": ("abc,bd->adc", (6, 4), (3, 4), "c"),
    "elided": ("...x,xy->...y", (5,), (3, 4), "y"),
    "without bias": ("abc,cd->abd", (None, 5), (3, 4), None),
    "a bias for each step": ("abc,cd->abd", (3, 5), (3, 4), "b"),
}


@pytest.mark.parametrize("name", CASES)
def test_answers_and_three_epochs_are_kerass(name):
    equation, sizes, shape, bias = CASES[name]
    x = np.random.default_rng(0).standard_normal((4, *shape)).astype("float32")
    theirs = keras.Sequential(
        [keras.Input(shape), keras.layers.EinsumDense(equation, sizes, activation="tanh", bias_axes=bias)]
    )
    ours = pl.Sequential([pl.Input(shape), pl.EinsumDense(equation, sizes, activation="tanh", bias_axes=bias)])
    theirs.set_weights([0.1 + each for each in theirs.get_weights()])
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x, verbose=0), atol=1e-5)
    y = np.tanh(np.random.default_rng(1).standard_normal((4, *ours.output_shape[1:])))
    losses = []
    for model in (ours, theirs):
        model.compile("adam", "mse")
        losses.append(model.fit(x, y, epochs=3, batch_size=2, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)


@pytest.mark.parametrize(
    "equation", ["ab,bc", "ab->a", "abb,bc->ac", "ab,bc->ad", "ab,bc->ca", "...b,bc->ac", "a1,1c->ac"]
)
def test_equations_that_are_none_are_refused(equation):
    with pytest.raises(InvalidValue, match="expected letters for the axes of inputs, kernel and output"):
        pl.EinsumDense(equation, 3)


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(InvalidValue, match=r"bias_axes='x'\): the output has the axes 'ac'"):
        pl.EinsumDense("ab,bc->ac", 3, bias_axes="x")
    with pytest.raises(ShapeError, match="the equation has 2 axes"):
        pl.EinsumDense("ab,bc->ac", 3).output_shape((4, 5))
    for sizes in ((3, 4), (None, 3, 2), (7, 5), (None, None)):
        with pytest.raises(ShapeError, match="must be one for each axis of 'bd' and agree with the inputs"):
            pl.EinsumDense("abc,cd->abd", sizes).output_shape((4, 5) if sizes != (3, 4) else (2, 5))
