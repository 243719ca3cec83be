"""Tables larger than memory: trained like those in memory, from one or several files, without leftover files."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from plastica.data import streaming_files, streaming_survey, streaming_text
from plastica.data.streaming_files import is_large
from plastica.errors import DataError, FileError, InvalidValue
from plastica.settings import Settings
from plastica.storage.checkpoint import CheckpointFolder
from plastica.tables import streamed_rows, streamed_scores
from plastica.tables.scratch_file import scratch_file
from plastica.tables.streamed import evaluate_chunks, fit_streaming, predict_chunks, train_streaming
from plastica.tables.table import TableNetwork

ROWS = 3000
SETTINGS = Settings(
    epochs=8, network="mlp", layers=(8,), baselines=("dummy",), learning_rate=0.01, validation=0.15, test=0.15
)


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(8)
    x = draw.standard_normal(ROWS).round(3)
    city = draw.choice(["Lima", "Oslo", "Rome"], ROWS)
    answer = np.where((x > 0) ^ (city == "Oslo"), "yes", "no")
    amount = [None if row % 50 == 7 else str(value) for row, value in enumerate(draw.integers(0, 900, ROWS))]
    made = pl.DataFrame({"x": x, "city": city, "amount": amount, "answer": answer}).sort("answer")
    return made.with_columns(pl.Series("answer", [None if row == 5 else a for row, a in enumerate(made["answer"])]))


@pytest.fixture(scope="module")
def folder(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    frame[:1200].write_csv(folder / "a.csv")
    frame[1200:].write_csv(folder / "b.csv")
    return folder


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 8192)


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    network, prepared = train_streaming(folder, "answer", SETTINGS, scratch=scratch)
    assert list(scratch.iterdir()) == []
    assert len(prepared.split.test) == network.facts.rows.test
    return network


def test_a_sorted_folder_is_learned_and_judged_on_rows_held_out(made):
    rows = made.facts.rows
    assert rows.train + rows.validation + rows.test == ROWS - 1
    # Each row is assigned to a set with probability 0.15: the deviation is that of a binomial.
    assert abs(rows.test - 450) < 4 * np.sqrt(ROWS * 0.15 * 0.85)
    assert made.facts.results.scores["network"]["accuracy"].value > 0.93
    assert made.facts.results.scores["dummy"]["accuracy"].value < 0.6
    assert any("2 files of 3,000 rows read in chunks" in str(note) for note in made.facts.notes)
    assert any("1 row without a target left out" in str(note) for note in made.facts.notes)


def test_columns_and_classes_are_those_of_the_whole_table_in_memory(made, frame, tmp_path):
    frame.write_csv(tmp_path / "all.csv")
    whole = TableNetwork.fit(tmp_path / "all.csv", "answer", Settings(**_few(epochs=1)))
    assert made.target.classes == whole.target.classes
    assert [(c.name, c.kind, c.missing) for c in made.facts.columns] == [
        (c.name, c.kind, c.missing) for c in whole.facts.columns
    ]


def _few(**changes):
    return {name: getattr(SETTINGS, name) for name in SETTINGS.__struct_fields__} | changes


def test_answers_in_parts_are_the_answers_of_the_whole(made, folder, frame, tmp_path):
    parts = list(predict_chunks(made, folder))
    labels = np.concatenate([part.labels for part in parts])
    frame.write_csv(tmp_path / "all.csv")
    assert len(parts) > 2
    scores, rows, notes = evaluate_chunks(made, folder)
    expected, count, _ = made.evaluate(tmp_path / "all.csv")
    assert (scores, rows) == (expected, count)
    assert list(map(str, notes)) == ["1 row without a target left out."]
    assert np.array_equal(labels, made.predict(tmp_path / "all.csv").labels)


def test_more_rows_than_fit_are_judged_by_a_uniform_sample(made, folder, monkeypatch):
    whole, rows, _ = evaluate_chunks(made, folder)
    monkeypatch.setattr(streamed_scores, "MOST_JUDGED", 500)
    scores, judged, notes = evaluate_chunks(made, folder)
    assert judged == 500
    assert f"evaluated on 500 rows drawn at random from {rows:,}." in map(str, notes)
    share = whole["accuracy"].value
    assert abs(scores["accuracy"].value - share) < 4 * np.sqrt(share * (1 - share) / 500)


def test_a_stopped_run_resumes_to_the_same_weights(made, folder, tmp_path):
    fit_streaming(folder, "answer", Settings(**_few(epochs=5)), checkpoint=tmp_path / "run")
    resumed = TableNetwork.fit(folder, "answer", SETTINGS, checkpoint=tmp_path / "run", resume=True)
    for one, other in zip(made.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_rows_that_are_not_in_memory_are_counted_and_those_that_are_have_their_own_shares(folder, monkeypatch):
    monkeypatch.setattr(streamed_rows, "BASELINE_ROWS", 400)
    told = []
    network, prepared = train_streaming(
        folder, "answer", Settings(**_few(epochs=1)), told=lambda prepared, model, whole: told.append(whole)
    )
    kept, rows = prepared.table, network.facts.rows
    assert len(prepared.split.train) == 400 and kept.height < ROWS / 2
    lacking = {column.name: column.missing for column in prepared.columns}
    assert lacking == {"x": 0, "city": 0, "amount": kept.columns["amount"].eq("").sum()}
    # The table has 60 empty cells, one of them possibly in the row without a target.
    assert {column.name: column.missing for column in network.facts.columns}["amount"] in (59, 60)
    (whole,) = told
    assert (whole.train, whole.validation, whole.test) == (rows.train, rows.validation, rows.test)
    assert sum((rows.train, rows.validation, rows.test)) == ROWS - 1 and whole.columns == network.facts.columns
    sampled = f"the baselines were trained on 400 of the {rows.train:,} training rows, drawn at random."
    assert sampled in map(str, network.facts.notes)


def test_several_targets_keep_their_names(folder):
    network = SimpleNamespace(target=SimpleNamespace(names=("a", "b"), name="a, b"))
    with pytest.raises(InvalidValue, match="target='answer': the 2 targets cannot be renamed"):
        evaluate_chunks(network, folder, "answer")


def test_a_second_run_with_the_same_checkpoints_leaves_the_first_ones_rows(folder, tmp_path):
    own = tmp_path / "run.rows"
    own.write_text("a person's")
    with scratch_file(tmp_path, tmp_path / "run") as path:
        path.write_bytes(b"rows")
        with pytest.raises(FileError, match="in use by another run"):
            fit_streaming(folder, "answer", SETTINGS, checkpoint=tmp_path / "run")
        assert path.read_bytes() == b"rows"
        with CheckpointFolder(tmp_path / "other"), pytest.raises(FileError, match="in use by another run"):
            fit_streaming(folder, "answer", SETTINGS, checkpoint=tmp_path / "other")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other", "run", "run.rows"]
    assert own.read_text() == "a person's"


def test_class_weights_count_and_what_needs_all_rows_is_refused(folder):
    weighed = fit_streaming(folder, "answer", Settings(**_few(epochs=1, class_weight="balanced")))
    assert len(weighed.facts.shift) == 2
    with pytest.raises(InvalidValue, match="class_weight='balanced'"):
        fit_streaming(folder, "answer", Settings(resample="over"))


def test_words_beyond_the_sample_are_known_and_what_cannot_be_read_is_placed(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming_survey, "SAMPLE_ROWS", 300)
    monkeypatch.setattr(streaming_survey.survey, "__defaults__", (300,))
    numbers = [str(row % 90) for row in range(ROWS)]
    truth = ["yes" if row % 2 else "no" for row in range(ROWS)]
    numbers[2900], truth[2950] = "unknown", "maybe"
    path = tmp_path / "t.csv"
    pl.DataFrame({"a": numbers, "b": numbers[::-1], "t": truth}).write_csv(path)
    network = fit_streaming(path, "t", Settings(**_few(epochs=1)))
    assert network.target.classes == ("maybe", "no", "yes")
    column = next(column for column in network.facts.columns if column.name == "a")
    assert (column.kind, column.missing_words) == ("number", ("unknown",))
    monkeypatch.setattr(streaming_survey, "MANY_WORDS", 1)
    pl.DataFrame({"a": [*numbers[:2899], "n/k", *numbers[2901:], "?!"], "b": numbers, "t": numbers}).write_csv(path)
    with pytest.raises(DataError, match=r"t\.csv, line \d+, column 'a': '\?!' is not a number"):
        fit_streaming(path, "b", Settings(**_few(epochs=1, task="regression")))


def test_folders_and_files_beyond_a_share_of_memory_are_large(folder, monkeypatch):
    assert is_large(folder)
    assert not is_large(folder / "a.csv")
    assert not is_large("penguins")
    monkeypatch.setattr(streaming_files, "memory", lambda: 1000)
    assert is_large(folder / "a.csv")
    assert not is_large("-")
