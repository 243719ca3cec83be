"""Kohonen's rule compared with the textbook algorithm, maps that unfold, quality measures by plain loops."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, ShapeError
from plastica.random import seed_key
from plastica.rules import Batch, Kohonen
from plastica.rules.kohonen import decayed

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3)).astype(np.float32)


def places_of(grid):
    rows, columns = np.divmod(np.arange(grid.units), grid.columns)
    if grid.topology == "rectangular":
        return np.stack([columns, rows], 1).astype(float)
    return np.stack([columns + 0.5 * (rows % 2), rows * np.sqrt(3) / 2], 1)


def spread(grid, winner, radius, neighbourhood="gaussian"):
    apart = ((places_of(grid)[winner] - places_of(grid)) ** 2).sum(-1)
    return np.exp(-apart / (2 * radius**2)) if neighbourhood == "gaussian" else (apart <= radius**2).astype(float)


def test_single_rows_are_learned_as_in_the_textbook():
    grid, epochs = pl.Grid(3, 4, "hexagonal"), 2
    model = pl.Sequential([grid])
    model.compile(rule=Kohonen(0.5, 0.02, radius=2, radius_end=0.7))
    model.build((3,))
    points, figures = model.get_weights()[0].T.astype(float), []
    history = model.fit(X, batch_size=1, epochs=epochs, shuffle=False, verbose=0)
    for step, row in enumerate(np.tile(X, (epochs, 1))):  # Kohonen 1990, equation 5
        p = step / (epochs * len(X))
        rate, radius = 0.5 * (0.02 / 0.5) ** p, 2 * (0.7 / 2) ** p
        distances = [np.sqrt(((row - point) ** 2).sum()) for point in points]
        figures.append(min(distances))
        h = spread(grid, np.argmin(distances), radius)
        for unit in range(grid.units):
            points[unit] += rate * h[unit] * (row - points[unit])
    np.testing.assert_allclose(model.get_weights()[0].T, points, rtol=1e-4, atol=1e-5)
    assert history.history["loss"][-1] == pytest.approx(np.mean(figures[-len(X) :]), rel=1e-4)


def test_a_batch_makes_the_step_that_its_formula_says_and_weights_count():
    grid = pl.Grid(2, 3)
    points, weight = RNG.normal(size=(6, 3)).astype("f"), np.array([*[1.0] * 9, 3.0, 0.0, 0.5], np.float32)
    network = pl.layers.Sequential((grid,))
    settings = [(update, shape) for update in ("sum", "mean", "batch_map") for shape in ("gaussian", "bubble")]

    @jax.jit
    def changes(points, batch):
        context, params = pl.layers.Context(True, seed_key(0), None), ({"kernel": points.T},)
        rules = [Kohonen(0.4, radius=1, update=update, neighbourhood=shape) for update, shape in settings]
        return [rule.signal(network, params, ({},), ((),), batch, None, context).change[0]["kernel"] for rule in rules]

    found = changes(points, Batch(X, X[:, :0], weight, 12.0, 0, 0.0))
    winners = ((X[:, None] - points) ** 2).sum(-1).argmin(1)
    for (update, shape), change in zip(settings, found, strict=True):
        h = np.stack([spread(grid, winner, 1.0, shape) for winner in winners])
        for unit in range(6):
            own = weight * h[:, unit]
            pulled = (own[:, None] * (X - points[unit])).sum(0)
            step = pulled / {"sum": max(1, own.sum()), "mean": 12, "batch_map": own.sum() or 1}[update]
            np.testing.assert_allclose(change[:, unit], 0.4 * step, rtol=1e-4, atol=1e-5)


def test_rates_and_radii_go_from_start_to_end_as_said():
    for decay in ("exponential", "linear", "inverse"):
        assert decayed(decay, 6.0, 1.5, 0.0) == 6.0
        assert decayed(decay, 6.0, 1.5, 1.0) == pytest.approx(1.5)
    assert decayed("exponential", 6.0, 1.5, 0.5) == pytest.approx(3.0)
    assert decayed("linear", 6.0, 1.5, 0.5) == 3.75
    assert decayed("inverse", 6.0, 2.0, 0.25) == pytest.approx(6 / (1 + 0.25 / 0.5))  # MiniSom's asymptotic decay


@pytest.fixture(scope="module")
def square():
    """A map of rows distributed uniformly over a square, and the rows."""
    x = np.random.default_rng(1).random((400, 2)).astype(np.float32)
    model = pl.Sequential([pl.Grid(5, 5)])
    model.compile(rule="kohonen")
    model.fit(x, batch_size=1, epochs=10, verbose=0)
    return model, x


def test_a_map_of_a_square_unfolds_in_order(square):
    model, x = square
    assert pl.maps.topographic_error(model, x) < 0.05
    across, down = pl.maps.component_planes(model)
    if np.ptp(across.mean(0)) < np.ptp(across.mean(1)):
        across, down = across.T, down.T
    for plane, axis in ((across, 1), (down.T, 1)):
        steps = np.diff(plane, axis=axis)
        assert (steps > 0).all() or (steps < 0).all()


def test_a_torus_in_one_row_closes_round_a_ring():
    angles = np.random.default_rng(2).random(300) * 2 * np.pi
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    model = pl.Sequential([pl.Grid(1, 12, wrap=True)])
    model.compile(rule=Kohonen(radius=4, radius_end=0.5))
    model.fit(ring, epochs=40, verbose=0)
    assert pl.maps.topographic_error(model, ring) < 0.02
    points = model.get_weights()[0]
    turns = np.diff(np.unwrap(np.arctan2(points[1], points[0])), append=0)[:-1]
    assert (turns > 0).all() or (turns < 0).all()
    assert abs(turns.sum()) == pytest.approx(2 * np.pi * 11 / 12, rel=0.15)


def test_measures_are_those_of_plain_loops(square):
    model, x = square
    points, places = model.get_weights()[0].T.astype(float), places_of(model.layers[0])
    near = ((places[:, None] - places) ** 2).sum(-1) < 2.5
    errors, broken, hits, winners = [], 0, np.zeros(25, int), []
    for row in x.astype(float):
        distances = [np.sqrt(((row - point) ** 2).sum()) for point in points]
        first, second = np.argsort(distances)[:2]
        errors.append(distances[first])
        broken += not near[first, second]
        hits[first] += 1
        winners.append([first // 5, first % 5])
    assert pl.maps.quantization_error(model, x) == pytest.approx(np.mean(errors))
    assert pl.maps.topographic_error(model, x) == pytest.approx(broken / len(x))
    np.testing.assert_array_equal(pl.maps.hits(model, x), hits.reshape(5, 5))
    np.testing.assert_array_equal(pl.maps.winners(model, x), winners)
    u_matrix = [
        np.mean([np.linalg.norm(points[i] - points[j]) for j in range(25) if near[i, j] and j != i]) for i in range(25)
    ]
    np.testing.assert_allclose(pl.maps.u_matrix(model), np.reshape(u_matrix, (5, 5)), rtol=1e-6)
    assert model.evaluate(x, verbose=0) == pytest.approx(np.mean(errors), rel=1e-5)


def test_labels_of_units_are_their_rows_most_frequent_ones(square):
    model, x = square
    labels = np.where(x[:, 0] > 0.5, "right", "left")
    found, places = pl.maps.label_map(model, x, labels), pl.maps.winners(model, x)
    for row in range(5):
        for column in range(5):
            own = labels[(places == (row, column)).all(1)]
            assert found[row, column] == ("right" if (own == "right").sum() > len(own) / 2 else "left")
    corner = pl.maps.label_map(model, x[:1], labels[:1])
    assert (corner == None).sum() == 24  # noqa: E711
    with pytest.raises(ShapeError, match=r"labels has shape \(3,\); expected one label per row, \(400,\)"):
        pl.maps.label_map(model, x, labels[:3])


def test_a_start_from_principal_components_lies_flat_in_their_plane():
    x = RNG.normal(size=(500, 4)) * (3, 1, 0.1, 0.1) + 5
    model = pl.Sequential([pl.Grid(4, 6)])
    pl.maps.start_from(model, x)
    points = model.get_weights()[0].T - x.mean(0)
    assert np.linalg.matrix_rank(points, tol=1e-3) == 2
    vectors = np.linalg.svd(x - x.mean(0))[2][:2]
    longest = points[5] - points[0]  # along a row, the longer side
    assert abs(longest @ vectors[0]) == pytest.approx(np.linalg.norm(longest), rel=1e-4)
    assert np.linalg.norm(longest) == pytest.approx(2 * np.sqrt(3) * 3, rel=0.1)


def test_a_start_from_samples_takes_rows_of_the_data():
    model = pl.Sequential([pl.Grid(2, 3)], seed=1)
    pl.maps.start_from(model, X, "sample")
    points = model.get_weights()[0].T
    assert len(np.unique(points, axis=0)) == 6
    assert all((point == X).all(1).any() for point in points)
    assert pl.maps.quantization_error(model, points) == 0


def test_a_map_of_features_below_it_and_a_read_out_above():
    x = np.concatenate([X, X + 6])
    y = np.repeat([0, 1], 12)
    model = pl.Sequential([pl.Dense(3), pl.Grid(2, 3), pl.Dense(2, activation="softmax")])
    model.compile(pl.optimizers.Adam(0.1), "sparse_categorical_crossentropy", ["accuracy"], rule=pl.rules.Kohonen())
    with pytest.raises(InvalidValue, match="layer 0, Dense: Kohonen works on layers whose units have positions"):
        model.fit(x, y, verbose=0)
    model = pl.Sequential([pl.Activation("tanh"), *Kohonen().layers_for([6], pl.Dense(2, activation="softmax"))])
    assert model.layers[1] == pl.Grid(2, 3)
    model.compile(pl.optimizers.Adam(0.1), "sparse_categorical_crossentropy", ["accuracy"], rule="kohonen")
    pl.maps.start_from(model, x)
    history = model.fit(x, y, epochs=30, verbose=0).history
    assert history["accuracy"][-1] > 0.9
    points = model.get_weights()[0].T
    expected = np.sqrt(((np.tanh(x)[:, None] - points) ** 2).sum(-1)).min(1).mean()
    assert pl.maps.quantization_error(model, x) == pytest.approx(expected, rel=1e-5)


def test_a_map_comes_back_from_its_file(square, tmp_path):
    model, x = square
    again = pl.load(model.save(tmp_path / "square.plastica"))
    assert pl.maps.quantization_error(again, x) == pl.maps.quantization_error(model, x)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": 1.5}, r"learning_rate must be a number in \(0, 1\]"),
        ({"radius": 0}, "radius must be a finite number above 0"),
        ({"decay": "slow"}, "decay='slow'.*exponential, linear, inverse"),
        ({"neighbourhood": "square"}, "gaussian, bubble"),
        ({"update": "all"}, "sum, mean, batch_map"),
    ],
)
def test_settings_outside_what_the_rule_takes_are_refused(settings, words):
    with pytest.raises(InvalidValue, match=words):
        Kohonen(**settings)


def test_maps_say_what_they_miss(square):
    model, x = square
    with pytest.raises(InvalidValue, match="no Grid among its layers"):
        pl.maps.hits(pl.Sequential([pl.Dense(2)]), x)
    with pytest.raises(InvalidValue, match="2 Grid among its layers"):
        pl.maps.hits(pl.Sequential([pl.Grid(2, 2), pl.Grid(2, 2)]), x)
    with pytest.raises(InvalidValue, match="got ndarray"):
        pl.maps.hits(x, x)
    with pytest.raises(NotFitted, match="no weights yet"):
        pl.maps.u_matrix(pl.Sequential([pl.Grid(2, 2)]))
    with pytest.raises(ShapeError, match=r"expects rows of shape \(2,\)"):
        pl.maps.quantization_error(model, X)
    with pytest.raises(DataError, match="NaN"):
        pl.maps.winners(model, [[np.nan, 1.0]])
    with pytest.raises(InvalidValue, match=r"how='random'.*pca, sample"):
        pl.maps.start_from(model, x, "random")


def test_a_map_under_a_read_out_ends_with_smaller_neighbourhoods_than_one_to_be_looked_at():
    x, y = np.random.default_rng(0).random((40, 2)).astype(np.float32), np.arange(40) % 2

    def weights(loss, **chosen):
        model = pl.Sequential([pl.Grid(3, 3), pl.Dense(1, activation="sigmoid")][: 1 + bool(loss)])
        model.compile(loss=loss, rule=Kohonen(**chosen))
        model.fit(x, *[y] * bool(loss), epochs=3, verbose=0)
        return model.get_weights()[0]

    for loss, radius in ((None, 1.0), ("binary_crossentropy", 0.3)):
        np.testing.assert_allclose(weights(loss), weights(loss, radius_end=radius), rtol=1e-6)
