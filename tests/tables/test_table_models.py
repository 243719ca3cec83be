"""Boosted trees and linear models instead of a network: evaluation, files, and selection on the validation set."""

from __future__ import annotations

import numpy as np
import pytest

import plastica
from plastica.data.reading import read_table
from plastica.errors import FileError, InvalidValue
from plastica.evaluation.baselines import fit_baselines
from plastica.report import write_report
from plastica.tables import Settings, TableNetwork
from plastica.tables import selection as choosing
from plastica.tables.preparation import prepare
from plastica.tables.runs import compare_held_out

RNG = np.random.default_rng(0)
ROWS = 300
A, B = RNG.normal(size=(2, ROWS))
TOWN = np.array(["Ayr", "Rye", "Ely", *(f"town {n}" for n in range(20))])[RNG.integers(0, 23, ROWS)]  # codes
TARGETS = {
    "binary": {"y": np.where(A + (TOWN > "town 15") > 0.3, "yes", "no").tolist()},
    "multiclass": {"y": np.array(["low", "mid", "high"])[np.digitize(A + B, [-1, 1])].tolist()},
    "multilabel": {"y1": (A > 0).astype(int), "y2": (B > 0.5).astype(int)},
    "regression": {"y": 5000 + 300 * A - 100 * B + 200 * (TOWN > "town 15")},
}


def prepared_as(task, **options):
    columns = {"a": A, "b": B, "town": TOWN.tolist(), **TARGETS[task]}
    settings = Settings(**options)
    return prepare(read_table(columns), list(TARGETS[task]), settings), settings


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("kind", ["trees", "linear"])
def test_a_model_that_is_no_network_is_judged_kept_and_answers_as_scikit_learns(task, kind, tmp_path):
    prepared, settings = prepared_as(task, model=kind, baselines=("dummy",))
    assert prepared.layout.codes
    made = TableNetwork.train(prepared, settings)
    assert made.facts.model == kind and set(made.facts.results.scores) == {kind, "dummy"}
    assert made.facts.results.verdict.standing == "better" and made.facts.results.verdict.model == kind
    target, train = prepared.target, prepared.split.train
    y = target.decode(prepared.y) if task == "regression" else prepared.y
    own = fit_baselines(task, prepared.x[train], y[train], len(target.classes), prepared.layout, (kind,))[kind]
    scale = 300.0 if task == "regression" else 1.0
    np.testing.assert_allclose(made.answers(prepared.x), own.answers(prepared.x), atol=2e-5 * scale)

    loaded = TableNetwork.load(made.save(tmp_path / "model.plastica"))
    np.testing.assert_array_equal(loaded.answers(prepared.x), made.answers(prepared.x))
    assert loaded.facts == made.facts
    np.testing.assert_array_equal(loaded.predict(prepared.table).labels, made.predict(prepared.table).labels)
    assert made.save(tmp_path / "again.plastica").read_bytes() == (tmp_path / "model.plastica").read_bytes()


def test_a_report_of_trees_says_so_and_draws_no_network(tmp_path):
    prepared, settings = prepared_as("binary", model="trees", baselines=("linear",))
    made = TableNetwork.train(prepared, settings)
    loaded = TableNetwork.load(made.save(tmp_path / "model.plastica"))
    for name, network in (("fresh", made), ("loaded", loaded)):
        page = write_report(network, prepared, tmp_path / f"{name}.html").read_text()
        assert "The boosted-tree model" in page and "梯度提升树" in page and "100 trees" in page
        assert "epochs made" not in page.lower()


def test_the_best_is_chosen_on_validation_rows_and_says_so():
    prepared, settings = prepared_as("regression", model="best", network="mlp", layers=(1,), epochs=1)
    made = TableNetwork.train(prepared, settings)
    assert made.facts.model == "linear"  # the target is linear, and a unit after one epoch has learned little
    assert made.history is None and made.facts.training.epochs == 0
    assert set(made.facts.results.scores) == {"linear", "network", "trees", "dummy"}
    (note,) = (line for line in map(str, made.facts.notes) if "validation rows" in line)
    assert (
        note.startswith("the linear model: best mean absolute error on the 60 validation rows")
        and "test set played no part" in note
    )


@pytest.mark.parametrize("kind", ["trees", "best"])
def test_without_held_out_rows_only_what_is_kept_is_fitted(kind, monkeypatch):
    fitted = []
    fit = choosing.fit_beside
    monkeypatch.setattr(choosing, "fit_beside", lambda *args: fitted.append(args[2]) or fit(*args))
    quick = {"network": "mlp", "layers": (1,), "epochs": 1} if kind == "best" else {}
    prepared, settings = prepared_as("regression", model=kind, test=0, **quick)
    made = TableNetwork.train(prepared, settings)
    assert made.facts.results is None and made.facts.model == ("trees" if kind == "trees" else "linear")
    assert fitted == [("trees",) if kind == "trees" else ("linear", "trees")]


def test_the_best_does_not_look_at_held_out_rows(monkeypatch):
    """Reversed test targets change the metrics but not the selected model."""
    prepared, settings = prepared_as("binary", model="best", network="mlp", layers=(1,), epochs=1)
    kept = TableNetwork.train(prepared, settings).facts
    prepared.y[prepared.split.test] = 1 - prepared.y[prepared.split.test]
    turned = TableNetwork.train(prepared, settings).facts
    assert kept.model == turned.model != "network"
    assert kept.scores["accuracy"].value > 0.8 > 0.3 > turned.scores["accuracy"].value


def test_runs_of_several_kinds_are_compared(tmp_path):
    paths = {}
    for kind in ("trees", "linear"):
        prepared, settings = prepared_as("regression", model=kind, baselines=())
        paths[kind] = TableNetwork.train(prepared, settings).save(tmp_path / kind)
    found = compare_held_out(paths)
    assert [run.name for run in found.runs] == ["linear", "trees"]
    assert found.runs[0].differs["model"] == found.runs[0].differs["model_kept"] == "linear"


def test_what_would_be_left_unused_is_refused(tmp_path):
    with pytest.raises(
        InvalidValue,
        match=r"epochs=3 is for networks, but model='trees' does not train one\. Leave "
        r"epochs",
    ):
        Settings(model="trees", epochs=3)
    with pytest.raises(InvalidValue, match="chosen on the validation set"):
        Settings(model="best", validation=0)
    with pytest.raises(InvalidValue, match="expected one of network, trees, linear, best"):
        Settings(model="forest")
    prepared, settings = prepared_as("binary", model="linear")
    with pytest.raises(InvalidValue, match="checkpoint="):
        TableNetwork.train(prepared, settings, checkpoint=tmp_path)
    with pytest.raises(InvalidValue, match="one of the settings"):
        TableNetwork.fit("penguins", "species", model="trees")


def test_load_gives_trees_back_for_what_they_are_and_a_forged_kind_is_refused(tmp_path):
    prepared, settings = prepared_as("binary", model="trees", baselines=())
    path = TableNetwork.train(prepared, settings).save(tmp_path / "model.plastica")
    assert isinstance(plastica.load(path), TableNetwork) and plastica.load(path).facts.model == "trees"
    with pytest.raises(FileError, match="trees, not a network"):
        plastica.NetworkClassifier.load(path)
    arrays, document = plastica.storage.read_model(path)
    document["extra"]["table"]["facts"]["model"] = "linear"
    document["extra"]["table"]["facts"]["results"]["scores"]["linear"] = {}
    plastica.storage.write_model(path, arrays, document)
    with pytest.raises(FileError, match="trees do not fit"):
        TableNetwork.load(path)
