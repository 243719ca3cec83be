"""The axes of sweeps: rows, width, depth, epochs, optimizers; their tables, laws and pictures."""

from __future__ import annotations

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.errors import InvalidValue, UnknownName
from plastica.populations.axes import AXES
from plastica.populations.splits import nested_order

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(100, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def network(units=6, hidden=1, seed=0):
    block = [pl.Dense(units, "tanh"), pl.Dropout(0.1)]
    model = pl.Sequential([*(layer for _ in range(hidden) for layer in block), pl.Dense(1, "sigmoid")], seed=seed)
    model.compile(pl.optimizers.Adam(0.05), "binary_crossentropy", ["accuracy"])
    return model


def assert_same(model, alone):
    for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_members_of_a_width_and_a_depth_are_the_networks_written_so():
    population = pl.Population(network(), width=[3, 8], depth=[1, 2])
    population.fit(X, Y, 16, 2, verbose=0)
    for units, hidden in [(3, 1), (8, 2)]:
        alone = network(units, hidden)
        alone.fit(X, Y, 16, 2, verbose=0)
        member = next(own for own in population.members if own.chosen == {"width": units, "depth": hidden})
        assert_same(population[population.members.index(member)], alone)
    assert population.ranking().columns[:2] == ["width", "depth"]


def test_random_rows_are_nested_have_each_class_s_share_and_are_those_of_the_seed():
    rare = np.arange(100) < 20
    order = nested_order(100, rare, seed=3)
    assert sorted(order.tolist()) == list(range(100))
    for count in (10, 25, 50):
        assert abs(rare[order[:count]].sum() - 0.2 * count) <= 1
    assert not np.array_equal(order, nested_order(100, rare, seed=4))
    population = pl.Population(network(), rows=[20, 50], seeds=2)
    population.fit(X, Y, 16, 2, verbose=0)
    assert [(own["rows"], own["seed"]) for own in population.columns()] == [(20, 0), (50, 0), (20, 1), (50, 1)]
    alone = network(seed=1)
    chosen = nested_order(100, Y, 1)[:20]
    alone.fit(X[chosen], Y[chosen], 16, 2, verbose=0)
    assert_same(population[2], alone)


def test_a_learning_curve_repeats_small_sets_and_fits_a_law(tmp_path):
    x = GENERATOR.normal(size=(400, 3)).astype(np.float32)
    y = x.sum(1) + GENERATOR.normal(size=400)
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.Adam(0.05), "mse")
    found = pl.learning_curve(model, x, y, [10, 20, 40, 80, 160, 320], seeds=2, epochs=5, verbose=0)
    sizes = {len(split.train) for split in found.population.splits}
    assert sizes == {320} and len(set(found.population.splits[0].train.tolist())) == 10
    table = found.to_frame().sort("rows")
    assert table["rows"].to_list() == [10, 20, 40, 80, 160, 320]
    assert table["val_loss"][0] > table["val_loss"][-1] > 0.7  # the noise has the variance 1
    assert found.law.intervals["b"][0] <= found.law.b <= found.law.intervals["b"][1]
    found.plot(tmp_path / "curve.svg"), found.save(tmp_path / "curve.csv")
    assert "power law" in (tmp_path / "curve.svg").read_text("utf-8")
    assert polars.read_csv(tmp_path / "curve.csv")["rows"].to_list() == found.to_frame()["rows"].to_list()


def test_the_law_of_an_accuracy_is_that_of_the_error():
    found = pl.learning_curve(network(), X, Y, [10, 20, 40, 80], seeds=2, epochs=2, monitor="val_accuracy", verbose=0)
    rows, values = zip(*found._points(), strict=True)
    expected = pl.populations.fit_power_law(rows, [1 - value for value in values])
    assert found.law == expected


def test_epochs_are_read_from_one_run():
    found = pl.sweep(network(), X, Y, epochs=[1, 2, 4], seeds=2, verbose=0)
    alone = network(seed=1)
    history = alone.fit(X, Y, epochs=4, validation_split=0.2, verbose=0).history
    columns, values = found.history.columns, found.history.values()
    for epoch in (1, 2, 4):
        place = columns.index({"epochs": epoch, "seed": 1})
        assert values[place] == pytest.approx(history["val_loss"][epoch - 1], abs=1e-5)
    with pytest.raises(InvalidValue, match="kept no weights"):
        _ = found.population


def test_the_usual_values_of_axes():
    assert set(AXES["optimizer"].usual(100)) == set(pl.optimizers.NAMES) - {"lbfgs"}
    assert AXES["rows"].usual(100) == [25, 50, 100]
    found = pl.sweep(network(), X[:20], Y[:20], over="rows", epochs=1, verbose=0)
    assert found.axis == "rows" and found.to_frame()["rows"].to_list() == [16]


def test_of_several_settings_with_one_optimizer_the_picture_shows_the_best():
    found = pl.sweep(network(), X, Y, optimizer=["sgd", "adam"], learning_rate=[1e-4, 0.1], epochs=2, verbose=0)
    labels = [label.get_text() for label in found.plot(name="optimizer").axes[0].get_yticklabels()]
    best = found.best
    assert len(labels) == 2 and labels[0] == f"{best['optimizer']}, {best['learning_rate']:g}"


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"over": "widht"}, UnknownName, 'did you mean "width"'),
        ({"width": [0]}, InvalidValue, "width=0: give whole numbers of at least 1"),
        ({"depth": [1.5]}, InvalidValue, "depth=1.5: give whole numbers of at least 0"),
        ({"rows": [10, 200]}, InvalidValue, "rows=200: there are 80 training rows"),
        ({"rows": [[0, 1]]}, InvalidValue, "give numbers of rows, such as"),
        ({"rows": [10], "folds": 3}, InvalidValue, "folds already say which rows"),
        ({"epochs": [0, 3]}, InvalidValue, r"sweep\(epochs=\[0, 3\]\): give a whole number of at least 1"),
    ],
)
def test_bad_axes_are_refused_in_a_sentence(given, kind, message):
    with pytest.raises(kind, match=message):
        pl.sweep(network(), X, Y, **{"epochs": 1, "verbose": 0, **given})


def test_networks_without_a_width_are_refused():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(InvalidValue, match="no hidden layer whose units"):
        pl.Population(model, width=[2])
    with pytest.raises(InvalidValue, match="no hidden layer that could be repeated"):
        pl.Population(model, depth=[2])
    x = pl.Input((4,))
    graph = pl.Model(x, pl.Add()([pl.Dense(1)(x), pl.Dense(1)(x)]))
    graph.compile("sgd", "mse")
    with pytest.raises(InvalidValue, match="width: this needs a Sequential"):
        pl.Population(graph, width=[2])
    with pytest.raises(InvalidValue, match="either numbers of rows, or row numbers"):
        pl.Population(network(), rows=[10, [0, 1]])


def test_tables_are_csv_files(tmp_path):
    found = pl.sweep(network(), X, Y, learning_rate=[0.1], epochs=1, verbose=0)
    with pytest.raises(InvalidValue, match=r"tables of sweeps are \.csv files"):
        found.save(tmp_path / "table.txt")
