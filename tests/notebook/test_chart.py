"""Charts as SVG: positions, gaps, scales, and a limited number of points."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from plastica.notebook.chart import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Line, dots, histogram, line_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*lines, title="loss", first=1):
    return ET.fromstring(str(line_chart(title, [Line(name, "#000", values) for name, values in lines], first)))


def points(tree, place=0):
    path = list(tree.iter(f"{SVG}path"))[place].get("d")
    return np.array([[float(x), float(y)] for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)])


def words(tree):
    return [text.text for text in tree.iter(f"{SVG}text")]


def test_a_line_stands_where_its_values_say():
    found = points(drawn(("training", [1.0, 0.5, 0.0])))
    np.testing.assert_allclose(found[:, 0], np.linspace(LEFT, WIDTH - RIGHT, 3), atol=0.06)
    assert found[0, 1] == pytest.approx(TOP, abs=0.06)
    assert found[1, 1] - found[0, 1] == pytest.approx(found[2, 1] - found[1, 1], abs=0.11)


def test_losses_over_decades_stand_on_a_logarithmic_scale():
    tree = drawn(("training", [100.0, 1.0, 0.01]))
    found = points(tree)
    assert found[1, 1] - found[0, 1] == pytest.approx(found[2, 1] - found[1, 1], abs=0.11)
    assert {"100", "1", "0.01"} <= set(words(tree))
    assert "1e+18" in words(drawn(("training", [1e21, 1.0, 2.0])))


def test_values_that_are_not_finite_leave_a_gap():
    tree = drawn(("training", [1.0, math.nan, 0.5, 0.4]))
    assert len(points(tree)) == 3
    assert next(tree.iter(f"{SVG}path")).get("d").count("M") == 2


def test_long_lines_are_thinned_and_keep_their_peaks():
    values = np.random.default_rng(0).random(5000)
    values[3123], values[77] = 50.0, -1.0
    text = str(line_chart("loss", [Line("training", "#000", values.tolist())]))
    found = points(ET.fromstring(text))
    assert len(text) < 6000
    assert found[:, 1].min() == pytest.approx(TOP, abs=0.06)
    assert found[:, 1].max() == pytest.approx(HEIGHT - 20, abs=0.06)


def test_epochs_and_names_are_said():
    said = words(drawn(("training", [1.0, 0.5]), ("validation", [1.0, 0.7]), first=31))
    assert {"loss", "training", "validation", "31", "epoch 32"} <= set(said)


@pytest.mark.parametrize("values", [[], [0.3], [math.nan, math.nan]])
def test_nothing_to_draw_is_nothing(values):
    assert line_chart("loss", [Line("training", "#000", values)]) == ""


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-9])
def test_equal_values_are_a_level_line(value):
    found = points(drawn(("training", [value] * 3)))
    assert np.ptp(found[:, 1]) == 0


def test_bars_are_as_high_as_their_counts_and_dots_where_their_values_are():
    tree = ET.fromstring(str(histogram([0, 2, 4], width=30, height=20)))
    heights = [float(number) for number in re.findall(r"v-([\d.]+)", next(tree.iter(f"{SVG}path")).get("d"))]
    assert heights == [10.0, 20.0]
    places = [float(dot.get("cx")) for dot in ET.fromstring(str(dots([0.0, 0.5, 1.0], 0, 1))).iter(f"{SVG}circle")]
    assert places == [4.0, 60.0, 116.0]
    assert histogram([]) and dots([], 0, 0)
