"""The grid: distances on the map and potentials by hand, and errors."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, ShapeError
from plastica.layers.grid import FEW_ROWS, squared_distances


def by_hand(rows, columns, hexagonal, wrap):
    """Return squared distances; on a torus, the shortest over all shifted copies of the map."""
    down = np.sqrt(3) / 2 if hexagonal else 1.0
    places = [(c + 0.5 * (r % 2) * hexagonal, r * down) for r in range(rows) for c in range(columns)]
    found = np.zeros((len(places), len(places)))
    for i, (x, y) in enumerate(places):
        for j, (other_x, other_y) in enumerate(places):
            shifts = (-1, 0, 1) if wrap else (0,)
            found[i, j] = min(
                (x - other_x + a * columns) ** 2 + (y - other_y + b * rows * down) ** 2 for a in shifts for b in shifts
            )
    return found


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_distances_on_the_map_are_those_by_hand(topology, wrap):
    grid = pl.Grid(4, 5, topology, wrap)
    expected = by_hand(4, 5, topology == "hexagonal", wrap)
    np.testing.assert_allclose(grid.map_distances(np.arange(20)), expected, atol=1e-5)
    np.testing.assert_allclose(grid.map_distances(7), expected[7], atol=1e-5)


def test_six_neighbours_of_a_hexagon_are_at_distance_1_and_the_next_ones_at_root_3():
    apart = np.sort(pl.Grid(5, 5, "hexagonal").map_distances(12))
    np.testing.assert_allclose(apart[:13], [0, *[1] * 6, *[3] * 6], atol=1e-5)


@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_on_a_torus_every_unit_has_the_same_neighbours_as_any_other(topology):
    apart = np.sort(pl.Grid(4, 6, topology, wrap=True).map_distances(np.arange(24)), axis=1)
    np.testing.assert_allclose(apart, np.broadcast_to(apart[0], apart.shape), atol=1e-5)


def test_few_rows_and_many_rows_give_half_the_squared_distance_even_far_from_zero():
    rng = np.random.default_rng(0)
    kernel = (2000 + rng.normal(size=(5, 6))).astype(np.float32)
    x = (2000 + rng.normal(size=(4 * FEW_ROWS, 5))).astype(np.float32)
    expected = ((x[:, :, None].astype(float) - kernel) ** 2).sum(1)
    np.testing.assert_allclose(squared_distances(x, kernel), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(squared_distances(x[:3], kernel), expected[:3], rtol=1e-4)


def test_many_rows_send_back_the_gradient_of_the_formula():
    rng = np.random.default_rng(0)
    kernel, x = rng.normal(size=(5, 6)).astype("f"), rng.normal(size=(2 * FEW_ROWS, 5)).astype("f")
    e = rng.normal(size=(2 * FEW_ROWS, 6)).astype("f")
    of_kernel, of_x = jax.vjp(lambda w, x: -0.5 * squared_distances(x, w), kernel, x)[1](e)
    away = x[:, :, None] - kernel
    np.testing.assert_allclose(of_kernel, (e[:, None] * away).sum(0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(of_x, -(e[:, None] * away).sum(2), rtol=1e-4, atol=1e-4)


def test_answers_are_the_nearest_unit_or_how_near_each_is():
    x = np.array([[0.9, 0.0]], np.float32)
    kernel = np.array([[0.0, 1.0, 3.0], [0.0, 0.0, 0.0]], np.float32)
    squared = np.array([0.81, 0.01, 4.41])
    weights = np.exp(-squared / 2 / 0.5**2)
    for answer, expected in (("winner", [0, 1, 0]), ("gaussian", weights), ("softmax", weights / weights.sum())):
        found, _ = pl.Grid(1, 3, answer=answer, width=0.5).apply({"kernel": kernel}, x)
        np.testing.assert_allclose(found[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: pl.Grid(0, 3), r"Grid\(0, 3\): rows and columns must be whole numbers of at least 1"),
        (lambda: pl.Grid(2.5, 3), "must be whole numbers"),
        (lambda: pl.Grid(1, 1), "at least two units"),
        (lambda: pl.Grid(2, 3, "triangular"), "topology='triangular'.*rectangular, hexagonal"),
        (lambda: pl.Grid(2, 3, answer="loser"), "answer='loser'.*winner, softmax, gaussian"),
        (lambda: pl.Grid(2, 3, width=0), "width must be a finite number above 0"),
        (lambda: pl.Grid(3, 3, "hexagonal", wrap=True), "an odd number of rows does not close"),
    ],
)
def test_what_cannot_be_a_map_is_said(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()


def test_pictures_are_to_be_flattened_first():
    with pytest.raises(ShapeError, match=r"shape \(8, 8\).*Put Flatten\(\) before it"):
        pl.Grid(2, 3).output_shape((8, 8))
