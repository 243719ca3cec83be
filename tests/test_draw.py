"""Figures of a network: their contents, read from matplotlib, and errors."""

from __future__ import annotations

import numpy as np
import pandas
import polars
import pytest
from matplotlib.colors import to_rgb

import plastica as pl
from plastica.drawing import COLOURS
from plastica.errors import InvalidValue, NotFitted, ShapeError

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 2)).astype("float32")


class Divided:
    """Predicts class 1 to the right of 0, class 0 to the left."""

    def predict_proba(self, x):
        right = (x[:, 0] > 0).astype(float)
        return np.stack([1 - right, right], 1)


def built(*layers, shape=(2,)):
    model = pl.Sequential(list(layers))
    model.build(shape)
    model.set_weights(model.get_weights())
    return model


def test_the_plane_has_the_colour_of_the_predicted_class_and_the_rows_that_of_the_true_one(tmp_path):
    labels = np.where(X[:, 0] > 0, "right", "left")
    drawing = pl.draw.boundary(Divided(), X, labels, features=("a", "b"), path=tmp_path / "plane.svg")
    axis = drawing.axes[0]
    plane = axis.images[0].get_array()
    for column, colour in ((0, COLOURS[0]), (-1, COLOURS[1])):
        np.testing.assert_allclose(plane[:, column], np.tile(1 - 0.55 * (1 - np.array(to_rgb(colour))), (160, 1)))
    assert [line.get_label() for line in axis.lines] == ["left", "right"]
    assert len(axis.lines[1].get_xdata()) == (labels == "right").sum()
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("a", "b")
    assert (tmp_path / "plane.svg").read_text().startswith("<?xml")


def test_a_network_with_one_sigmoid_has_two_classes_and_one_linear_unit_a_height():
    two = built(pl.Dense(1, activation="sigmoid"))
    assert len(pl.draw.boundary(two, X, (X[:, 0] > 0).astype(int)).axes[0].lines) == 2
    one = built(pl.Dense(1))
    drawing = pl.draw.boundary(one, X, X[:, 0])
    height = drawing.axes[0].images[0].get_array()
    left, right, bottom, top = drawing.axes[0].images[0].get_extent()
    np.testing.assert_allclose(height[0, 0], one.predict(np.array([[left, bottom]], "float32"))[0, 0], rtol=1e-4)
    np.testing.assert_allclose(height[-1, -1], one.predict(np.array([[right, top]], "float32"))[0, 0], rtol=1e-4)


@pytest.mark.parametrize("frame_of", [pandas.DataFrame, polars.DataFrame])
def test_a_frame_names_the_axes_and_the_model_is_asked_with_such_a_frame(frame_of):
    class Named(Divided):
        def predict_proba(self, x):
            assert type(x) is frame_of and list(x.columns) == ["width", "height"]
            return super().predict_proba(np.asarray(x))

    frame = frame_of({"width": X[:, 0], "height": X[:, 1]})
    axis = pl.draw.boundary(Named(), frame).axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("width", "height")
    network = built(pl.Dense(1, activation="sigmoid"))
    drawn, same = (pl.draw.boundary(network, rows).axes[0].images[0].get_array() for rows in (frame, X))
    np.testing.assert_array_equal(drawn, same)


def test_filters_are_the_columns_of_a_dense_kernel_and_the_kernels_of_a_convolution():
    dense = built(pl.Dense(3), shape=(12,))
    drawing = pl.draw.filters(dense, shape=(3, 4))
    found = [axis.images[0].get_array() for axis in drawing.axes if axis.images]
    np.testing.assert_array_equal(found[1], dense.params[0]["kernel"][:, 1].reshape(3, 4))
    images = built(pl.Conv2D(5, 3), shape=(8, 8, 2))
    found = [axis.images[0].get_array() for axis in pl.draw.filters(images).axes if axis.images]
    np.testing.assert_allclose(found[4], np.asarray(images.params[0]["kernel"])[:, :, :, 4].mean(2), rtol=1e-6)


def test_activations_are_those_of_the_trace():
    model = built(pl.Dense(4, activation="tanh"), pl.Dense(1))
    trace = model.trace(X)
    for drawing in (pl.draw.activations(model, 0, X, row=2), pl.draw.activations(trace, -2, row=2)):
        heights = [bar.get_height() for bar in drawing.axes[0].patches]
        np.testing.assert_allclose(heights, trace[0].activity[2], rtol=1e-6)
    images = built(pl.Conv2D(5, 3), shape=(8, 8, 1))
    drawn = pl.draw.activations(images, 0, rng.normal(size=(2, 8, 8, 1)).astype("float32"))
    assert sum(bool(axis.images) for axis in drawn.axes) == 5


def test_weights_are_drawn_as_a_matrix_and_counted():
    model = built(pl.Dense(4))
    matrix, histogram = pl.draw.weights(model, 0).axes[:2]
    np.testing.assert_array_equal(matrix.images[0].get_array(), model.params[0]["kernel"])
    assert sum(bar.get_height() for bar in histogram.patches) == 8
    assert pl.draw.weights(model, 0)._repr_svg_().startswith("<svg")


def test_what_cannot_be_drawn_is_refused():
    model = built(pl.Dense(3, activation="softmax"), pl.Dropout(0.1))
    with pytest.raises(ShapeError, match=r"x has shape \(30, 3\); expected two features"):
        pl.draw.boundary(model, np.zeros((30, 3)))
    with pytest.raises(ShapeError, match="y has 3 targets for 30 rows"):
        pl.draw.boundary(model, X, [0, 1, 2])
    with pytest.raises(ShapeError, match="got 3 classes; the model has 2"):
        pl.draw.boundary(Divided(), X, classes=["a", "b", "c"])
    with pytest.raises(InvalidValue, match="predicts 3 numbers per row"):
        pl.draw.boundary(built(pl.Dense(3)), X)
    with pytest.raises(InvalidValue, match="layer=7; the network has layers 0 to 1"):
        pl.draw.weights(model, 7)
    with pytest.raises(InvalidValue, match="layer 1, Dropout has no kernel to draw"):
        pl.draw.weights(model, 1)
    with pytest.raises(InvalidValue, match=r"2 inputs, which do not form an image of shape \(1, 1\)"):
        pl.draw.filters(model)
    with pytest.raises(InvalidValue, match="pass the inputs"):
        pl.draw.activations(model, 0)
    with pytest.raises(InvalidValue, match="row=99; there are rows 0 to 29"):
        pl.draw.activations(model, 0, X, row=99)
    with pytest.raises(NotFitted, match="no weights yet"):
        pl.draw.weights(pl.Sequential([pl.Dense(1)]), 0)
