"""The figure of a network: names and numbers as text, the kind of figure, reproducible bytes, clear errors."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import plastica as pl
from plastica.drawing import NEGATIVE, POSITIVE
from plastica.errors import FileError, InvalidValue, NotFitted, ShapeError
from plastica.layers import (
    LSTM,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Branches,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    Residual,
    Sequential,
)
from plastica.model import Sequential as Model
from plastica.views.picture import draw

SMALL = Sequential([Dense(3, activation="relu", name="features"), Dense(1, activation="sigmoid")])
BLOCK = Residual([Conv2D(4, 3, padding="same"), BatchNormalization()], activation="relu", name="block")


def drawn(network, shape, path=None):
    return draw(network, shape, path, params=network.init(np.random.default_rng(0), shape).params)


def texts(network, shape, folder, name="net.svg"):
    drawn(network, shape, folder / name)
    tree = ElementTree.parse(folder / name)
    return [element.text for element in tree.iter() if element.tag.endswith("}text")]


def test_dense_network_shows_names_true_numbers_and_parameters(tmp_path):
    network = Sequential([Dense(32, activation="relu", name="features"), Dense(10, activation="softmax")])
    said = texts(network, (784,), tmp_path)
    for words in (
        *("input", "hidden", "output", "784 values"),
        *("features", "32 units, relu", "25,120 parameters"),
        *("dense", "10 units, softmax", "330 parameters", "bias"),
    ):
        assert words in said


def test_lines_show_sign_by_colour_and_strength_by_width():
    params = ({"kernel": np.array([[2.0, -1.0], [0.5, 0.0]])},)
    figure = draw(Sequential([Dense(2, use_bias=False)]), (2,), params=params)
    (lines,) = (c for c in figure.axes[0].collections if isinstance(c, LineCollection) and len(c.get_segments()) == 4)
    # drawn from the smallest, 0, to the largest, 2
    assert [to_hex(colour).upper() for colour in lines.get_colors()] == [POSITIVE, POSITIVE, NEGATIVE, POSITIVE]
    assert np.allclose(lines.get_linewidths(), 0.25 + 2.5 * np.array([0, 0.25, 0.5, 1.0]))
    said = [text.get_text() for text in figure.axes[0].texts]
    assert {"2.00", "−1.00", "0.50", "0.00"} <= set(said)
    assert "bias" not in said


def test_activation_layer_belongs_to_the_units_before_it(tmp_path):
    network = Sequential([Input((4,)), Sequential([Dense(5), Activation("tanh")]), Dense(2)])
    said = texts(network, (4,), tmp_path)
    assert "5 units, tanh" in said
    assert "activation" not in said


@pytest.mark.parametrize("units", [10, 11])
def test_a_tall_column_shows_its_ends(units):
    figure = drawn(Sequential([Dense(units)]), (1,))
    discs = [patch for patch in figure.axes[0].patches if patch.get_facecolor()[:3] != mpl.colors.to_rgb("#222222")]
    shown = units if units <= 10 else 8
    assert len(discs) == shown + 1 + 1  # with the input and the bias


def test_weights_that_are_zero_or_not_finite_can_be_drawn(tmp_path):
    for value in (0.0, np.nan, np.inf):
        params = ({"kernel": np.full((2, 1), value), "bias": np.zeros(1)},)
        draw(Sequential([Dense(1)]), (2,), tmp_path / "net.png", params=params)


def test_without_parameters_every_connection_is_alike(tmp_path):
    draw(SMALL, (2,), tmp_path / "net.svg")
    text = (tmp_path / "net.svg").read_text()
    assert "3 units, relu" in text
    assert "parameters" not in text
    assert POSITIVE.lower() not in text


def test_diagram_names_each_layer_with_shape_parameters_and_settings(tmp_path):
    lenet = Sequential(
        [
            Conv2D(6, 5, padding="same", activation="tanh", name="edges"),
            AveragePooling2D(2),
            Conv2D(16, (5, 3), strides=2, activation="tanh"),
            MaxPooling2D(2, strides=1),
            Flatten(),
            Dropout(0.25),
            Dense(10, activation="softmax"),
        ]
    )
    said = texts(lenet, (28, 28, 1), tmp_path)
    for words in (
        *("input 28×28×1", "edges", "28×28×6", "Conv2D 5×5, tanh", "156 parameters"),
        *("average_pooling2d", "14×14×6", "AveragePooling2D 2×2"),
        *("Conv2D 5×3, stride 2, tanh", "MaxPooling2D 2×2, stride 1", "Dropout 0.25", "Dense, softmax"),
    ):
        assert words in said


def test_short_cuts_branches_and_named_groups_are_drawn(tmp_path):
    fork = Branches([[Conv2D(2, 1)], [], Residual([Conv2D(4, 1)])])
    network = Sequential([BLOCK, fork, Sequential([Flatten(), Dense(3)], name="head"), Sequential([])])
    said = texts(network, (5, 5, 4), tmp_path)
    for words in ("block, relu", "branches 5×5×10", "residual", "head", "conv2d_2"):
        assert words in said


def test_recurrent_network_is_a_diagram(tmp_path):
    said = texts(Sequential([LSTM(50), Dense(1)]), (30, 4), tmp_path)
    assert {"input 30×4", "lstm", "LSTM, tanh", "11,000 parameters", "51 parameters"} <= set(said)


@pytest.mark.parametrize("count", [2, 12, 60])
def test_long_networks_stay_on_a_page(count):
    width, height = drawn(Sequential([Dropout(0.1)] * count), (7,)).get_size_inches()
    assert max(width, height) < 18
    assert count < 12 or 0.4 < width / height < 2.5


def test_nothing_is_drawn_outside_the_sheet():
    figure = drawn(Sequential([BLOCK, Branches([[Conv2D(2, 1)], [Conv2D(2, 1)]])] * 3), (5, 5, 4))
    width, height = figure.get_size_inches()
    for patch in figure.axes[0].patches:
        box = patch.get_path().get_extents(patch.get_patch_transform())
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
@pytest.mark.parametrize("network", [SMALL, Sequential([Dense(2), Dropout(0.1)])], ids=["units", "diagram"])
def test_equal_networks_give_equal_bytes(network, ending, tmp_path):
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending.upper()}"
    drawn(network, (2,), first)
    drawn(network, (2,), second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:5] == {"svg": b"<?xml", "png": b"\x89PNG\r", "pdf": b"%PDF-"}[ending]


def test_pictures_do_not_depend_on_a_persons_settings_nor_change_them(tmp_path):
    drawn(SMALL, (2,), tmp_path / "plain.svg")
    with mpl.rc_context({"svg.fonttype": "path", "font.size": 30, "figure.facecolor": "black", "text.color": "red"}):
        drawn(SMALL, (2,), tmp_path / "set.svg")
        assert mpl.rcParams["font.size"] == 30
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "set.svg").read_bytes()


def test_a_dollar_or_a_bracket_in_a_name_is_only_text(tmp_path):
    assert "<a> & $b$" in texts(Sequential([Dense(1, name="<a> & $b$")]), (1,), tmp_path)


def test_figure_shows_in_a_notebook_without_pyplot():
    figure = drawn(SMALL, (2,))
    assert isinstance(figure, Figure)
    page = figure._repr_svg_()
    assert page.startswith("<svg")
    ElementTree.fromstring(page)


@pytest.mark.parametrize("name", ["net.bmp", "net", "net.svg.gz"])
def test_unknown_ending_names_those_that_are_known(name, tmp_path):
    with pytest.raises(InvalidValue, match=r"expected \.svg, \.png or \.pdf"):
        drawn(SMALL, (2,), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match="nowhere"):
        drawn(SMALL, (2,), tmp_path / "nowhere" / "net.svg")


def test_network_without_layers_says_so():
    with pytest.raises(InvalidValue, match="no layer"):
        draw(Sequential(()), (2,))


def test_model_draws_what_it_knows(tmp_path):
    model = Model([Dense(2, activation="tanh"), Dense(1)])
    with pytest.raises(NotFitted, match="build"):
        model.draw()
    model.build((2,))
    model.draw(tmp_path / "net.svg")
    assert "2 units, tanh" in Path(tmp_path / "net.svg").read_text()


def test_inputs_and_outputs_carry_the_names_of_features_and_classes():
    model = pl.Sequential([pl.Dense(3, input_dim=2), pl.Dense(1, activation="sigmoid")])
    model.build()
    plain, drawn = model.draw(), model.draw(features=("bill length", "<b>mass</b>"), classes=("no", "yes"))
    texts = [text.get_text() for text in drawn.axes[0].texts]
    assert {"bill length", "<b>mass</b>", "yes"} <= set(texts) and "no" not in texts
    assert drawn.get_size_inches()[0] > plain.get_size_inches()[0]  # there is enough space
    with pytest.raises(ShapeError, match="got 3 names of features; the network has 2 inputs"):
        model.draw(features=("a", "b", "c"))
    with pytest.raises(ShapeError, match="got 3 names of classes; the network has 1 output"):
        model.draw(classes=("a", "b", "c"))
