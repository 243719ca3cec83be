"""Networks for several targets and for rare classes: from a table to predictions, and files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from plastica.data.reading import read_table
from plastica.errors import FileError, InvalidValue
from plastica.evaluation.scores import score
from plastica.evaluation.thresholds import say_decision
from plastica.storage import read_model, write_model
from plastica.tables import Settings, TableNetwork
from plastica.tables.preparation import prepare

ROWS = np.arange(400)
X = np.random.default_rng(0).normal(size=(400, 2))
QUICK = {"layers": (4,), "network": "mlp", "epochs": 8, "learning_rate": 0.05, "baselines": ("linear", "dummy")}
RARE = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "ill": np.where(X[:, 0] + 0.5 * X[:, 1] > 1.6, "ill", "well")})
LABELS = pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "red": X[:, 0] > 0, "wide": X[:, 1] > 0.5, "far": X[:, 0] > 1.5})
NUMBERS = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "price": 900 + 50 * X[:, 0], "weight": X[:, 1] - X[:, 0]})


@pytest.fixture(scope="module")
def rare():
    return TableNetwork.fit(RARE, "ill", Settings(**QUICK))


@pytest.fixture(scope="module")
def labels():
    return TableNetwork.fit(LABELS, ("red", "wide", "far"), Settings(**QUICK))


@pytest.fixture(scope="module")
def numbers():
    return TableNetwork.fit(NUMBERS, ["price", "weight"], Settings(**QUICK))


def test_a_rare_class_is_said_and_its_threshold_comes_from_the_validation_rows(rare):
    said = " ".join(map(str, rare.facts.notes))
    assert "rare class: 'ill' 6.5 % of the rows; accuracy alone is misleading" in said
    assert "compared by average precision" in said and "chosen on the validation set for F1" in said
    decision = rare.facts.decision
    assert (decision.aim, decision.rows, decision.positive) == ("f1", rare.facts.rows.validation, 0)
    assert rare.facts.results.main == "average_precision"
    answers = rare.predict(RARE)
    np.testing.assert_array_equal(answers.labels == "ill", answers.probabilities[:, 0] >= decision.thresholds[0])
    assert "'ill' if its probability is at least" in str(say_decision(rare.target, decision))


def test_figures_are_those_of_the_kept_answers(rare, labels, numbers):
    for made in (rare, labels, numbers):
        judged, results = made.judged, made.facts.results
        assert len(judged.rows) == len(judged.y) == results.rows == 80
        for model, found in judged.answers.items():
            wanted = score(made.task, judged.y, found, judged.decisions.get(model), made.target.names)
            assert wanted == results.scores[model]
    gap = rare.facts.results.difference.value
    pair = [rare.facts.results.scores[model]["average_precision"].value for model in ("network", "linear")]
    assert gap == pytest.approx(pair[0] - pair[1])


def test_labels_and_numbers_are_learned_and_come_back_in_their_units(labels, numbers):
    scores = labels.facts.results.scores
    assert scores["network"]["micro_f1"].value > 0.8 > scores["dummy"]["micro_f1"].value
    assert labels.predict(LABELS).labels.shape == (400, 3)
    answers = numbers.predict(NUMBERS)
    assert answers.probabilities is None
    assert np.corrcoef(answers.labels[:, 0], NUMBERS["price"])[0, 1] > 0.9
    assert np.corrcoef(answers.labels[:, 1], NUMBERS["weight"])[0, 1] > 0.9
    scores = numbers.facts.results.scores
    assert scores["network"]["r2"].value > 0.7 and scores["linear"]["r2 of price"].value > 0.99


def test_a_frame_comes_back_as_the_same_kind_with_its_index(rare, labels, numbers):
    asked = RARE.set_index(pd.Index([f"patient {row}" for row in ROWS])).iloc[5:8]
    frame = rare.predict(asked).to_frame()
    assert isinstance(frame, pd.DataFrame) and list(frame.index) == ["patient 5", "patient 6", "patient 7"]
    assert list(frame.columns) == ["ill", "P(ill)", "P(well)"]
    made = labels.predict(LABELS[:3]).to_frame()
    assert isinstance(made, pl.DataFrame)
    assert made.columns == ["red", "wide", "far", "P(red)", "P(wide)", "P(far)"]
    assert isinstance(numbers.predict({"a": [0.0], "b": [1.0]}).to_frame(), pl.DataFrame)


def test_saved_networks_answer_and_decide_alike(rare, labels, numbers, tmp_path):
    for made, table in ((rare, RARE), (labels, LABELS), (numbers, NUMBERS)):
        back = TableNetwork.load(made.save(tmp_path / "model.plastica"))
        assert (back.facts, back.target, back.judged) == (made.facts, made.target, None)
        np.testing.assert_array_equal(back.predict(table).labels, made.predict(table).labels)
        assert back.evaluate(table)[0] == made.evaluate(table)[0]


def test_a_file_whose_notes_were_sentences_is_read(rare, tmp_path):
    def sentences(part):
        if isinstance(part, list):
            return [sentences(each) for each in part]
        if not isinstance(part, dict):
            return part
        made = {name: sentences(value) for name, value in part.items()}
        if "kind" in made and "notes" in made:
            made["note"] = "as it was." * bool(made.pop("notes"))
        return made

    arrays, document = read_model(rare.save(tmp_path / "model.plastica"))
    table = document["extra"]["table"]
    table |= {"format": 2, "encoder": sentences(table["encoder"]), "target": sentences(table["target"])}
    table["facts"] = sentences(table["facts"]) | {"notes": ["as it was."]}
    write_model(tmp_path / "old.plastica", arrays, document)
    old = TableNetwork.load(tmp_path / "old.plastica")
    assert list(map(str, old.facts.notes)) == ["as it was."]
    np.testing.assert_array_equal(old.predict(RARE).labels, rare.predict(RARE).labels)


def test_a_file_of_another_version_is_refused_by_name_and_a_forged_decision_too(rare, tmp_path):
    path = rare.save(tmp_path / "model.plastica")
    for change, said in (
        ({"format": 1}, "format 1, this version reads 3. Train it again"),
        ({"facts": {"decision": {"rule": "weights", "weights": [1, 2, 3]}}}, "does not fit its classes"),
        ({"facts": {"shift": [1.0]}}, "does not fit its classes"),
        ({"facts": {"shift": [1.0, -1.0]}}, "must be above 0"),
    ):
        arrays, document = read_model(path)
        kept = document["extra"]["table"]
        kept["facts"] |= change.get("facts", {})
        kept |= {name: value for name, value in change.items() if name != "facts"}
        write_model(tmp_path / "forged.plastica", arrays, document)
        with pytest.raises(FileError, match=said):
            TableNetwork.load(tmp_path / "forged.plastica")


def test_weights_move_the_answers_and_leave_the_probabilities_right(rare):
    heavy = TableNetwork.fit(RARE, "ill", Settings(**QUICK, class_weight="balanced", seed=0))
    shift = np.array(heavy.facts.shift)
    assert shift[0] / shift[1] == 14  # 16 of 240 training rows to 224
    answers = heavy.predict(RARE)
    assert answers.probabilities[:, 0].mean() < 0.15
    seen = answers.probabilities * shift
    np.testing.assert_array_equal(answers.labels == "ill", seen[:, 0] >= seen[:, 1])
    assert (answers.labels == "ill").sum() > 30


@pytest.mark.parametrize("how", ["under", "balanced"])
def test_resampled_rows_train_a_network_that_finds_the_rare_class(how):
    made = TableNetwork.fit(RARE, "ill", Settings(**QUICK | {"epochs": 40 if how == "under" else 8}, resample=how))
    found = made.facts.results.scores["network"]
    assert found["recall"].value > 0.8 and found["auc"].value > 0.95


def test_costs_decide_and_are_counted():
    made = TableNetwork.fit(RARE, "ill", Settings(**QUICK, costs=((0, 50), (1, 0))))
    assert made.facts.results.main == "mean_cost"
    cost = np.array(((0, 50), (1, 0)))[made.judged.y, made.judged.labels()].mean()
    assert made.facts.results.scores["network"]["mean_cost"].value == pytest.approx(cost)
    answers = made.predict(RARE)
    np.testing.assert_array_equal(
        answers.labels == "ill", 50 * answers.probabilities[:, 0] > answers.probabilities[:, 1]
    )


def test_labels_keep_their_shares_in_every_part():
    prepared = prepare(read_table(LABELS), ("red", "wide", "far"), Settings())
    shares = [prepared.y[part].mean(0) for part in prepared.split[:3]]
    assert prepared.stratified
    np.testing.assert_allclose(shares, [shares[0]] * 3, atol=0.06)
    assert np.ptp([share[2] for share in shares]) < 0.01  # the rarest, to a row


def test_targets_cannot_be_dropped_nor_renamed_when_several(labels):
    with pytest.raises(InvalidValue, match="'red' is the target and cannot be dropped"):
        prepare(read_table(LABELS), ("red", "wide"), Settings(drop=("red",)))
    with pytest.raises(InvalidValue, match=r"the 3 targets cannot be renamed"):
        labels.evaluate(LABELS, "colour")


def test_what_has_no_threshold_says_so():
    prepared = prepare(read_table(RARE), "ill", Settings(validation=0))
    assert any("no validation set on which to choose a threshold" in str(note) for note in prepared.notes)
    focal = prepare(read_table(RARE), "ill", Settings(loss="focal", threshold=0.5))
    assert any("use them to rank rows" in str(note) for note in focal.notes)
