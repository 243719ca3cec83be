"""The figure of a trace: numbers in the units, boxes and values for other layers, names, clear errors."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, Rectangle
from matplotlib.text import Text

import plastica as pl
from plastica.drawing import NEGATIVE, POSITIVE
from plastica.errors import InvalidValue, ShapeError
from plastica.views.seen import number, shade

X = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
Y = np.arange(6) % 2


def a_model(*layers, shape=(None, 3), loss="sparse_categorical_crossentropy"):
    model = pl.Sequential(list(layers))
    model.compile("sgd", loss)
    model.build(shape)
    return model


def texts(drawing):
    return [text.get_text() for text in drawing.findobj(Text)]


@pytest.fixture(scope="module")
def dense():
    return a_model(pl.Dense(4), pl.Activation("tanh"), pl.Dense(2, activation="softmax"))


def test_each_unit_has_its_activity_and_its_error(dense):
    said = texts(dense.trace(X, Y).draw(row=4, features=["a", "b", "<c>"], classes=["no", "yes"]))
    (kernel, bias, last, last_bias), x = dense.get_weights(), X[4]
    hidden = np.tanh(x @ kernel + bias)
    shares = np.exp(hidden @ last + last_bias)
    shares /= shares.sum()
    delta = (shares - np.eye(2)[Y[4]]) / len(X)  # for the mean loss of the batch
    hidden_delta = (last @ delta) * (1 - hidden**2)
    assert {number(value) for value in (*x, *hidden, *shares)} <= set(said)
    assert {f"δ {number(value)}" for value in (*delta, *hidden_delta)} <= set(said)
    assert {"a", "b", "<c>", "no", "yes", "4 units, tanh"} <= set(said)
    assert "row 4 of 6: activity a and error δ = dC/dz of each unit" in said


def test_without_targets_there_is_no_error(dense):
    said = texts(dense.trace(X).draw())
    assert "row 0 of 6: activity a of each unit" in said and not [text for text in said if text.startswith("δ")]


def test_a_unit_is_blue_above_zero_and_orange_below_the_stronger_the_larger(dense):
    trace = dense.trace(X)
    discs = [patch for patch in trace.draw().findobj(Circle) if patch.get_radius() > 0.25]
    for disc, value in zip(discs, X[0], strict=False):
        assert disc.get_facecolor()[:3] == pytest.approx(shade(value, X[0]))
    blue, orange = np.array(to_rgb(POSITIVE)), np.array(to_rgb(NEGATIVE))
    values = np.array([0.0, 0.5, -1.0])
    assert shade(0.0, values) == (1, 1, 1)
    assert np.allclose(shade(-1.0, values), 1 - 0.6 * (1 - orange))
    assert np.allclose(shade(0.5, values), 1 - 0.3 * (1 - blue))


def test_wide_layers_have_a_bar_for_each_unit():
    model = a_model(pl.Dense(40, activation="relu"), pl.Dense(2, activation="softmax"))
    trace = model.trace(X, Y)
    drawing = trace.draw(row=1, classes=["no", "yes"])
    bars = [patch for patch in drawing.findobj(Rectangle) if patch.get_facecolor()[:3] != (1, 1, 1)]
    assert len(bars) == 3 + 2 * 40 + 2 * 2  # input; activity and error of 40 and of 2 units
    heights = np.array([bar.get_height() for bar in bars[3:43]])
    assert np.allclose(heights / heights.max(), trace[0].activity[1] / trace[0].activity[1].max(), atol=1e-6)
    said = texts(drawing)
    assert {"dense", "no", "yes", "error δ", number(trace[1].activity[1, 0])} <= set(said)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ((pl.Conv2D(8, 3), pl.Residual([pl.Conv2D(8, 1), pl.BatchNormalization()]), pl.Flatten()), (6, 6, 1)),
        ((pl.Branches([[pl.Dense(3)], [pl.Dense(2), pl.Dropout(0.1)]]),), (5,)),
        ((pl.LSTM(4),), (7, 2)),
        ((pl.layers.Sequential([pl.Dense(3)], name="inner"), pl.layers.Sequential([])), (2,)),
        ((pl.Embedding(5, 3), pl.Flatten()), (4,)),
        ((pl.layers.Ensemble([pl.Dense(3)], 2), pl.Flatten()), (2,)),
    ],
    ids=["convolution", "branches", "recurrent", "nested", "embedding", "ensemble"],
)
def test_networks_of_any_kind_are_drawn_the_same_each_time(layers, shape, tmp_path):
    model = a_model(*layers, pl.Dense(2, activation="softmax"), shape=(None, *shape))
    trace = model.trace(np.ones((3, *shape), np.int32), np.array([0, 1, 0]))
    trace.draw(tmp_path / "one.svg", classes=["no", "yes"])
    trace.draw(tmp_path / "two.svg", classes=["no", "yes"])
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "yes" in (tmp_path / "one.svg").read_text()


def test_a_single_output_has_the_name_of_the_second_class():
    for units in (3, 30):
        model = a_model(pl.Dense(units), pl.Dense(1, activation="sigmoid"), loss="binary_crossentropy")
        said = texts(model.trace(X, Y).draw(classes=["no", "yes"]))
        assert "yes" in said and "no" not in said


@pytest.mark.parametrize("units", [3, 30])
def test_values_that_are_not_finite_are_drawn(units, tmp_path):
    model = a_model(pl.Dense(units, activation="linear"), pl.Dense(2))
    model.set_weights(
        [np.full_like(array, value) for array, value in zip(model.get_weights(), [np.inf, np.nan] * 2, strict=True)]
    )
    model.trace(X).draw(tmp_path / "net.png")


def test_a_row_or_names_that_do_not_fit_are_refused(dense, tmp_path):
    trace = dense.trace(X)
    with pytest.raises(InvalidValue, match="row=6; the trace has rows 0 to 5"):
        trace.draw(row=6)
    with pytest.raises(ShapeError, match="got 2 names of features; the network has 3 inputs"):
        trace.draw(features=["a", "b"])
    with pytest.raises(ShapeError, match="got 2 names of features; the network has 3 values there"):
        a_model(pl.Dense(30)).trace(X).draw(features=["a", "b"])
    with pytest.raises(InvalidValue, match=r"\.svg, \.png or \.pdf"):
        trace.draw(tmp_path / "net.bmp")


def test_layers_that_only_activate_belong_to_the_units_before():
    texts = []
    for layer in (pl.Activation(pl.activations.LeakyReLU(0.3)), pl.LeakyReLU()):
        model = pl.Sequential([pl.Input((3,)), pl.Dense(4), layer, pl.Dense(1)], seed=1)
        drawing = model.trace(np.ones((2, 3))).draw()
        texts.append([text.get_text() for text in drawing.findobj(Text)])
    assert texts[0] == texts[1]


def test_attention_is_drawn_and_several_inputs_are_refused():
    x = np.random.default_rng(0).normal(size=(2, 4, 3))
    a, b = pl.Input((4, 3)), pl.Input((4, 3))
    out, _ = pl.MultiHeadAttention(2, 2)(a, return_attention_scores=True)
    assert pl.Model(a, pl.Flatten()(out)).trace(x).draw().axes
    with pytest.raises(InvalidValue, match="draw: the network has several inputs"):
        pl.Model([a, b], pl.MultiHeadAttention(2, 2)(a, b)).trace([x, x]).draw()
