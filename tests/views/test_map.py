"""The figure of a map: positions of units, labels, names, reproducible bytes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.views.map import outlines

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    made = pl.Sequential([pl.Grid(3, 4, "hexagonal")])
    pl.maps.start_from(made, X)
    return made


def shapes(axes):
    return [part for part in axes.collections if isinstance(part, PolyCollection)]


def test_units_tile_the_plane_without_gap_or_overlap():
    for topology, corners, area in (("rectangular", 4, 1.0), ("hexagonal", 6, np.sqrt(3) / 2)):
        grid = pl.Grid(3, 4, topology)
        drawn = outlines(grid)
        assert drawn.shape == (12, corners, 2)
        x, y = drawn[..., 0], drawn[..., 1]
        found = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2
        np.testing.assert_allclose(found, area)
        shared = [
            np.isclose(drawn[0][:, None], drawn[1]).all(-1).sum(),
            np.isclose(drawn[0][:, None], drawn[4]).all(-1).sum(),
        ]
        assert shared == [2, 2]  # neighbours share an edge


def test_panels_are_the_map_the_u_matrix_and_a_plane_a_feature(model):
    figure = pl.maps.draw(model, X, feature_names=["a", "b $", "c"])
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "30 rows on 3 x 4 units", "distance to neighbours (U-matrix)", "a", "b $", "c",
    ]  # fmt: skip
    np.testing.assert_allclose(shapes(panels[1])[0].get_array(), pl.maps.u_matrix(model).ravel())
    np.testing.assert_allclose(shapes(panels[3])[0].get_array(), pl.maps.component_planes(model)[1].ravel())
    assert not [text for axes in panels for text in axes.texts]


def test_short_labels_are_written_into_units_and_long_ones_into_a_legend(model):
    labels = np.where(X[:, 0] > 0, 1, 0)
    most = pl.maps.label_map(model, X, labels).ravel()
    first = pl.maps.draw(model, X, labels, planes=0).axes[0]
    assert [text.get_text() for text in first.texts] == [str(label) for label in most if label is not None]
    first = pl.maps.draw(model, X, np.where(labels, "positive", "negative"), planes=0).axes[0]
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["negative", "positive"]
    assert not first.texts


def test_only_the_planes_that_vary_most_are_drawn_in_their_order(model):
    spread = pl.maps.component_planes(model).std((1, 2))
    titles = [axes.get_title() for axes in pl.maps.draw(model, X, planes=2).axes]
    assert [f"feature {place}" in titles for place in range(3)] == list(spread > spread.min())


def test_equal_maps_give_equal_files(model, tmp_path):
    for name in ("one.svg", "two.svg"):
        pl.maps.draw(model, X, X[:, 0] > 0, path=tmp_path / name, planes=0)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_what_cannot_be_drawn_is_said(model, tmp_path):
    with pytest.raises(ShapeError, match="got 2 feature_names; the map has 3 features"):
        pl.maps.draw(model, X, feature_names=["a", "b"])
    with pytest.raises(InvalidValue, match=r"expected \.svg"):
        pl.maps.draw(model, X, path=tmp_path / "map.gif")
