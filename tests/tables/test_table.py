"""Networks for tables: training data, predictions, and files."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import polars as pl
import pytest

from plastica import datasets
from plastica.data.reading import read_table
from plastica.errors import DataError, FileError, InvalidValue
from plastica.storage import read_model, write_model
from plastica.tables import Settings, TableNetwork
from plastica.tables.facts import listed
from plastica.tables.preparation import prepare

QUICK = Settings(layers=(8,), epochs=3, network="mlp")


@pytest.fixture(scope="module")
def penguins():
    return TableNetwork.fit("penguins", "species", QUICK)


@pytest.fixture(scope="module")
def amounts():
    numbers = np.arange(200)
    table = {"a": numbers % 10, "b": numbers % 7, "price": 5000.0 + 300 * (numbers % 10) - 100 * (numbers % 7)}
    return TableNetwork.fit(table, "price", Settings(layers=(16,), epochs=60, learning_rate=0.01))


def test_penguins_and_titanic_reach_what_a_simple_model_gets():
    found = TableNetwork.fit("penguins", "species").facts.results
    assert found is not None and found.scores["network"]["accuracy"].value >= 0.97
    found = TableNetwork.fit("titanic", "survived").facts.results
    assert found is not None and found.scores["network"]["accuracy"].value >= 0.78
    assert found.scores["network"]["auc"].value > 0.8 > 0.5 == found.scores["dummy"]["auc"].value


def test_held_out_rows_change_nothing_that_is_learned():
    frame = pl.read_csv(datasets.path_of("penguins"), infer_schema_length=None).filter(
        pl.col("body_mass_g").is_not_null()
    )
    one = prepare(read_table(frame), "species", QUICK)
    held = np.concatenate([one.split.validation, one.split.test])
    mass = frame["body_mass_g"].cast(pl.Float64).to_numpy().copy()
    mass[held] *= 3
    other = prepare(read_table(frame.with_columns(body_mass_g=pl.Series(mass))), "species", QUICK)
    np.testing.assert_array_equal(one.x[one.split.train], other.x[other.split.train])
    assert not np.array_equal(one.x[held], other.x[held])


def test_the_split_is_stratified_and_whole():
    made = prepare(read_table("penguins"), "species", QUICK)
    rows = np.concatenate(made.split[:3])
    assert sorted(rows) == list(range(344))
    shares = [np.bincount(made.y[part], minlength=3) / len(part) for part in made.split[:3]]
    np.testing.assert_allclose(shares, [shares[0]] * 3, atol=0.02)


def test_a_saved_network_is_whole(penguins, amounts, tmp_path):
    for network, source in ((penguins, "penguins"), (amounts, {"a": [1, 2], "b": [3, 4]})):
        back = TableNetwork.load(network.save(tmp_path / "model.plastica"))
        assert back.facts == network.facts and back.target == network.target and back.encoder == network.encoder
        one, other = network.predict(source), back.predict(source)
        np.testing.assert_array_equal(one.labels, other.labels)
        if one.probabilities is not None and other.probabilities is not None:
            np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_the_preprocessing_is_json(penguins, tmp_path):
    penguins.save(tmp_path / "model.plastica")
    kept = read_model(tmp_path / "model.plastica")[1]["extra"]["table"]
    assert json.loads(json.dumps(kept)) == kept
    assert kept["target"]["classes"] == ["Adelie", "Chinstrap", "Gentoo"]


def test_a_number_comes_back_in_its_unit(amounts):
    answers = amounts.predict({"a": [0, 9], "b": [0, 0]})
    assert answers.probabilities is None
    np.testing.assert_allclose(answers.labels, [5000, 7700], atol=400)
    scores = amounts.facts.results.scores
    assert scores["network"]["mae"].value < 0.3 * scores["dummy"]["mae"].value


def test_evaluation_is_over_all_rows_with_a_target(penguins):
    frame = pl.read_csv(datasets.path_of("penguins"))
    scores, rows, notes = penguins.evaluate(frame.with_columns(species=pl.when(pl.int_range(344) > 3).then("species")))
    assert rows == 340 and list(map(str, notes)) == ["4 rows without a target left out."]
    labels = penguins.predict("penguins").labels
    wanted = np.mean(labels[4:] == frame["species"].to_numpy()[4:])
    assert scores["accuracy"].value == pytest.approx(wanted)


def test_labels_keep_their_kind():
    numbers = np.arange(60)
    for values, wanted in (
        (numbers % 2 == 0, {"true", "false"}),
        (np.where(numbers % 2, "No", "Yes"), {"Yes", "No"}),
        (numbers % 3 + 5, {5, 6, 7}),
    ):
        made = TableNetwork.fit({"a": numbers % 6, "y": values}, "y", QUICK)
        assert set(made.target.classes) == wanted
        assert set(made.predict({"a": numbers % 6}).labels) <= wanted


def test_optimizers_by_name():
    for optimizer in ("sgd", "lbfgs"):
        made = TableNetwork.fit("penguins", "species", msgspec.structs.replace(QUICK, optimizer=optimizer))
        assert len(made.history.epoch) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"layers": (0,)}, "layers=0"),
        ({"layers": (1,) * 65}, "expected up to 64"),
        ({"epochs": 0}, "epochs=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"patience": -1}, "patience=-1"),
        ({"learning_rate": float("nan")}, "learning_rate=nan"),
        ({"time_limit": 0.0}, "time_limit=0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_settings_refuse_what_no_run_can_have(wrong, said):
    with pytest.raises(InvalidValue, match=said):
        Settings(**wrong)


def test_few_rows_and_rare_classes():
    with pytest.raises(DataError, match="cannot be split"):
        prepare(read_table({"a": [1, 2, 3], "y": [0, 1, 0]}), "y", Settings(validation=0.5, test=0.5))
    table = {"a": list(range(40)), "y": ["x"] * 20 + ["y"] * 19 + ["once"]}
    made = prepare(read_table(table), "y", QUICK)
    assert any("'once'" in str(note) and "too few rows" in str(note) for note in made.notes)
    network = TableNetwork.fit(table, "y", QUICK)
    assert network.predict(table).probabilities.shape == (40, 3)


def test_a_forged_description_is_refused(penguins, tmp_path):
    path = tmp_path / "model.plastica"
    for forge in (
        lambda kept: kept.pop("encoder"),
        lambda kept: kept["target"].update(classes=["one"]),
        lambda kept: kept["facts"].update(surprise=1),
        lambda kept: kept["facts"]["settings"].update(epochs=-1),
        lambda kept: kept["encoder"]["encoders"].pop(),
        lambda kept: kept["target"].update(classes=["a", "b"], task="binary"),
    ):
        penguins.save(path)
        arrays, document = read_model(path)
        forge(document["extra"]["table"])
        write_model(path, arrays, document)
        with pytest.raises(FileError, match="damaged"):
            TableNetwork.load(path)


def test_the_same_table_is_known_again(penguins):
    assert any("results are too optimistic" in str(note) for note in penguins.evaluate("penguins")[2])
    frame = pl.read_csv(datasets.path_of("penguins"))
    assert not penguins.evaluate(frame[:300])[2]


def test_listed_is_what_json_gives_back(penguins):
    assert listed(penguins.facts) == json.loads(json.dumps(listed(penguins.facts)))
