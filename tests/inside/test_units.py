"""Units: one built by hand detects its rows and responds as its weights say; tables keep their columns; maps."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFitted, ShapeError, UnknownName
from plastica.inside.activities import activities_of, hidden_layer, opened, units_of
from plastica.inside.columns import WrittenColumn, traits_of
from plastica.tables import Settings, TableNetwork

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(100, 3)).astype(np.float32)
CLASSES = np.where(X[:, 0] > 1, "large", "other")


def by_hand():
    """A network whose unit 0 responds to x0 above 1, unit 1 to small x2, unit 2 to nothing."""
    model = pl.Sequential([pl.Dense(3, "relu"), pl.Dropout(0.5), pl.Dense(1)])
    model.build((3,))
    kernel = np.array([[1.0, 0, 0], [0, 0, 0], [0, -1.0, 0]])
    model.set_weights([kernel, np.array([-1.0, 0, 0]), np.ones((3, 1)), np.zeros(1)])
    return model


@pytest.fixture(scope="module")
def found():
    return pl.inside.unit_detectors(by_hand(), X, CLASSES, feature_names=["a", "b", "c"], top=4)


def test_units_built_by_hand_detect_the_rows_and_columns_of_their_weights(found):
    assert found.layer == "layer 0, Dense"
    np.testing.assert_array_equal(found.top[0], np.argsort(-X[:, 0])[:4])
    np.testing.assert_array_equal(found.top[1], np.argsort(X[:, 2])[:4])
    assert found.silent.tolist() == [2]
    assert found.traits[0][0].column == "a" and found.traits[0][0].effect > 1
    assert found.traits[1][0].column == "c" and found.traits[1][0].effect < -1 and found.traits[2] == ()
    frame = found.to_frame()
    assert frame["prefers"][0] == "large" and frame["selectivity"][0] == pytest.approx(1)
    assert frame["active"][0] == pytest.approx((X[:, 0] > 1).mean())
    assert found.top_rows(0)[0]["a"] == f"{X[:, 0].max():.4g}"


def test_units_say_themselves_and_are_drawn(found, tmp_path):
    said = repr(found)
    assert "layer 0, Dense has 3 units" in said and "1 unit responds equally to all rows" in said
    assert "Unit 0 is the most selective: it prefers large" in said
    found.plot(tmp_path / "a.svg")
    assert "unit 0" in (tmp_path / "a.svg").read_text()
    pl.inside.unit_detectors(by_hand(), X).plot(tmp_path / "b.svg")


def test_numbers_are_no_classes_and_names_of_classes_are_used():
    assert pl.inside.unit_detectors(by_hand(), X, X[:, 0]).tuning is None
    numbered = pl.inside.unit_detectors(by_hand(), X, (X[:, 0] > 1).astype(int), class_names=["other", "large"])
    assert numbered.to_frame()["prefers"][0] == "large"


def test_traits_of_categories_and_of_missing_values():
    columns = [
        WrittenColumn("kind", np.array(["a"] * 8 + ["b"] * 2, dtype=object)),
        WrittenColumn("size", np.array([np.nan] * 8 + [5.0, 7.0])),
        WrittenColumn("same", np.ones(10)),
    ]
    (trait,) = traits_of(columns, np.array([8, 9]))
    assert trait.words == "kind = b 100 %" and trait.others == "all: 20 %"
    assert trait.effect == pytest.approx(2 * np.arcsin(1) - 2 * np.arcsin(np.sqrt(0.2)))


def test_responses_follow_the_weights(tmp_path):
    model = by_hand()
    found = pl.inside.unit_responses(model, X, 0, grid=[-1.0, 1.0, 3.0])
    np.testing.assert_allclose(found.mean[:, 0], [0, 0, 2], atol=1e-6)
    np.testing.assert_allclose(found.mean[:, 1], np.maximum(-X[:, 2], 0).mean(), rtol=1e-5)
    assert found.shape == ["rises", "flat", "flat"] and found.reach[0] == pytest.approx(2)
    np.testing.assert_allclose(found.spread[:, 0], 0, atol=1e-6)
    assert "unit 0 changes most while x0 goes from -1 to 3: from 0 to 2" in repr(found)
    assert found.to_frame().columns == ["unit", "x0", "response", "deviation"]
    found.plot(tmp_path / "a.svg")
    with pytest.raises(ShapeError, match=r"expected \(rows, features\)"):
        pl.inside.unit_responses(model, np.ones((2, 3, 1)), 0)


def test_units_of_images_and_sequences_are_their_channels():
    model = pl.Sequential([pl.Conv2D(2, 2), pl.Flatten(), pl.Dense(1)])
    model.build((3, 3, 1))
    images = GENERATOR.normal(size=(5, 3, 3, 1)).astype(np.float32)
    activity = activities_of(model, images)
    assert hidden_layer("f", model, activity, None) == "layer 0, Conv2D"
    np.testing.assert_allclose(units_of(activity["layer 0, Conv2D"]), activity["layer 0, Conv2D"].max((1, 2)))
    sequences = pl.Sequential([pl.SimpleRNN(3, return_sequences=True), pl.Dense(1)])
    sequences.build((2, 1))
    found = pl.inside.unit_detectors(sequences, GENERATOR.normal(size=(6, 2, 1)), [0, 1] * 3)
    assert found.responses.shape == (6, 3) and found.columns == ()


def test_pictures_of_images_and_sequences_show_the_rows(tmp_path):
    model = pl.Sequential([pl.Conv2D(2, 2), pl.Flatten(), pl.Dense(1)])
    model.build((3, 3, 1))
    pl.inside.unit_detectors(model, GENERATOR.normal(size=(6, 3, 3, 1)), [0, 1] * 3, top=2).plot(tmp_path / "a.svg")
    sequences = pl.Sequential([pl.SimpleRNN(2, return_sequences=True), pl.Dense(1)])
    sequences.build((2, 1))
    pl.inside.unit_detectors(sequences, GENERATOR.normal(size=(6, 2, 1)), top=2).plot(tmp_path / "b.svg")


def test_an_ensemble_is_opened_to_its_first_copy():
    model = pl.Sequential([pl.Input((3,)), pl.Ensemble([pl.Dense(4, "relu"), pl.Dense(1)], copies=3)])
    model.build((3,))
    inside = opened(model)
    np.testing.assert_allclose(inside.trace(X)[-1].activity[:, 0], model.trace(X)[-1].activity[:, 0, 0], rtol=1e-5)
    assert list(activities_of(model, X)) == ["layer 0, Input", "layer 1, Dense", "layer 2, Dense"]


def test_activities_are_mapped_by_class_and_similarity(tmp_path):
    found = pl.inside.activity_map(by_hand(), X, CLASSES)
    assert sorted(found.rows) == list(range(100)) and sorted(found.units) == [0, 1, 2]
    assert found.labels.tolist() == sorted(CLASSES)
    np.testing.assert_allclose(
        found.activity[:, found.units.tolist().index(0)], np.maximum(X[found.rows, 0] - 1, 0), rtol=1e-5
    )
    assert found.to_frame().columns[:2] == ["row", "label"] and "has 3 units" in repr(found)
    found.plot(tmp_path / "a.svg")
    assert "large" in (tmp_path / "a.svg").read_text()
    numbers = pl.inside.activity_map(by_hand(), X, X[:, 1])
    assert (np.diff(numbers.labels) >= 0).all()
    pl.inside.activity_map(by_hand(), X).plot(tmp_path / "b.svg")


def test_weights_are_measured(tmp_path):
    found = pl.inside.weight_maps(by_hand())
    frame = found.to_frame()
    assert frame["kernel"].to_list() == ["layer 0, Dense: kernel", "layer 2, Dense: kernel"]
    assert frame["norm"].to_list() == pytest.approx([1, np.sqrt(3)]) and frame[
        "stable_rank"
    ].to_list() == pytest.approx([2, 1])
    assert frame["small"][0] == pytest.approx(7 / 9)
    found.plot(tmp_path / "a.svg")


@pytest.fixture(scope="module")
def penguins():
    return TableNetwork.fit("penguins", "species", Settings(epochs=3, network="mlp", layers=(6,), baselines=()))


def test_units_of_a_network_for_tables_are_told_by_columns_as_written(penguins):
    found = pl.inside.table_unit_detectors(penguins, "penguins")
    assert {each.name for each in found.columns} == {each.column.name for each in penguins.encoder.encoders}
    assert set(found.labels) == {"Adelie", "Chinstrap", "Gentoo"}
    row = found.top_rows(0)[0]
    assert row["island"] in ("Biscoe", "Dream", "Torgersen") and 2500 < float(row["body_mass_g"]) < 6500
    assert any(" to " in trait.words for unit in found.traits for trait in unit)
    responses = pl.inside.table_unit_responses(penguins, "penguins", "body_mass_g", points=5)
    assert responses.feature == "body_mass_g" and 2500 < responses.grid[0] < responses.grid[-1] < 6500
    assert pl.inside.table_activity_map(penguins, "penguins").labels[0] == "Adelie"


def test_what_has_no_units_is_refused(penguins):
    with pytest.raises(ShapeError, match="y has shape"):
        pl.inside.unit_detectors(by_hand(), X, CLASSES[:5])
    with pytest.raises(ShapeError, match="feature_names has 1 names for 3 features"):
        pl.inside.unit_detectors(by_hand(), X, feature_names=["a"])
    with pytest.raises(UnknownName, match=r"no layer 9\. Known: layer 0, Dense, layer 1, Dropout"):
        pl.inside.unit_detectors(by_hand(), X, layer=9)
    with pytest.raises(InvalidValue, match="x has no rows"):
        pl.inside.activity_map(by_hand(), X[:0])
    with pytest.raises(ShapeError, match="y has 2 values for 100 rows"):
        pl.inside.activity_map(by_hand(), X, [0, 1])
    with pytest.raises(InvalidValue, match="expected a model for tables"):
        pl.inside.table_unit_detectors(by_hand(), "penguins")
    with pytest.raises(InvalidValue, match="'island' is no column of numbers"):
        pl.inside.table_unit_responses(penguins, "penguins", "island")
    with pytest.raises(UnknownName, match="no column 'beak'"):
        pl.inside.table_unit_responses(penguins, "penguins", "beak")
    trees = TableNetwork.fit("penguins", "species", Settings(model="trees", baselines=()))
    with pytest.raises(InvalidValue, match="only a network has an inside to look at"):
        pl.inside.table_unit_detectors(trees, "penguins")


def test_a_layer_is_named_by_its_number_or_path():
    model = by_hand()
    activity = activities_of(model, X)
    for layer in (0, "layer 0", "layer 0, Dense", -3):
        assert hidden_layer("f", model, activity, layer) == "layer 0, Dense"
    with pytest.raises(NotFitted, match="has no layers to look at"):
        hidden_layer("f", model, {}, None)
