"""``plastica memory``: tasks, retention, laws of forgetting and free recall, in both languages, and their errors."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import plastica as pl

FAST = ("--length", "5", "--units", "4", "--rows", "64", "--epochs", "2", "--seeds", "2")


def test_tasks_are_scored_beside_chance_and_drawn(plastica, here):
    made = plastica("memory", "tasks", "--tasks", "latch", "--layers", "gru", *FAST, "--out", "found")
    assert "latch" in made.stdout and "GRU" in made.stdout and "/ 2" in made.stdout
    assert {path.name for path in (here / "found").iterdir()} == {"tasks.csv", "tasks.svg", "tasks.png"}
    (row,) = csv.DictReader((here / "found" / "tasks.csv").read_text().splitlines())
    assert row["task"] == "latch" and float(row["chance"]) == 0.5 and row["networks"] == "2"


def test_tasks_as_json_and_in_chinese(plastica):
    given = ("memory", "tasks", "--tasks", "latch,parity", "--layers", "simple_rnn", *FAST)
    found = json.loads(plastica(*given, "--json").stdout)
    assert [row["task"] for row in found["tasks"]] == ["latch", "parity"]
    assert "锁存" in plastica(*given, "--lang", "zh").stdout


def test_retention_of_layers_and_of_a_model(plastica, here):
    options = ("--lags", "8", "--steps", "400")
    said = plastica("memory", "retention", "--layers", "echo_state,gru", "--units", "6", *options).stdout
    assert "echo state" in said and "Capacity" in said
    model = pl.Sequential([pl.SimpleRNN(6, activation="linear", return_sequences=True, input_shape=(None, 1))])
    model.set_weights([np.eye(6)[:1], np.eye(6, k=1), np.zeros(6)])  # a delay line
    model.save(here / "line.plastica")
    found = json.loads(plastica("memory", "retention", "line.plastica", *options, "--json").stdout)
    assert found["retention"]["line.plastica"]["capacity"] == pytest.approx(6, abs=0.2)
    assert found["retention"]["line.plastica"]["half_life"] == 6


def test_laws_of_forgetting_of_ebbinghaus_and_of_a_file(plastica, here):
    said = plastica("memory", "forgetting").stdout
    assert "Ebbinghaus 1885: 7 times" in said and said.index("power") < said.index("exponential")
    rows = "\n".join(f"w{day};{day};{0.9 * day**-0.3:.6f};{day}" for day in (1, 2, 4, 8, 16, 32))
    (here / "mine.csv").write_text(f"word;days;share;other\n{rows}\n")
    given = ("memory", "forgetting", "mine.csv", "--retained", "share")
    found = json.loads(plastica(*given, "--json", "--out", "found").stdout)
    assert next(iter(found["laws"])) == "power"
    assert (found["laws"]["power"]["a"], found["laws"]["power"]["b"]) == pytest.approx((0.9, 0.3), rel=1e-3)
    assert {path.name for path in (here / "found").iterdir()} == {f"forgetting.{end}" for end in ("csv", "svg", "png")}
    assert "幂律" in plastica(*given, "--lang", "zh").stdout


def test_free_recall_of_a_file(plastica, here):
    (here / "recalls.txt").write_text("4 5 1 0\n5 4 1 2\n5 -1 1 2\n")
    said = plastica("memory", "free-recall", "recalls.txt", "--length", "5").stdout
    assert "3 lists of 5 words; 3.3 words" in said and "last word" in said
    found = json.loads(plastica("memory", "free-recall", "recalls.txt", "--json", "--out", "found").stdout)
    np.testing.assert_allclose(found["serial_position"], [1, 2 / 3, 0, 2 / 3, 1])
    np.testing.assert_allclose(found["first_recall"], [0, 0, 0, 1 / 3, 2 / 3])
    assert "3 份词表" in plastica("memory", "free-recall", "recalls.txt", "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("tasks", "--tasks", "ading"), 1, 'unknown task "ading"; did you mean "adding"'),
        (("tasks", "--layers", "ltsm"), 1, 'did you mean "lstm"'),
        (("retention",), 2, "either a model or --layers"),
        (("retention", "no.plastica"), 1, "no.plastica"),
        (("retention", "--layers", "gru", "--steps", "10"), 1, "four steps for each"),
        (("forgetting", "words.csv"), 1, "expected two columns of numbers"),
        (("forgetting", "words.csv", "--time", "word"), 1, "column 'word' has cells that are no numbers"),
        (("forgetting", "words.csv", "--time", "wrod"), 1, "did you mean 'word'"),
        (("forgetting", "words.csv", "words.csv"), 2, "unexpected argument"),
        (("free-recall", "words.csv"), 1, "whole numbers only"),
        (("free-recall", "nothing.txt"), 1, "no word of any list"),
        (("free-recall", "beyond.txt", "--length", "3"), 1, "a list of 3 words"),
        (("no-such",), 2, "no-such"),
    ],
)
def test_mistakes(plastica, here, given, code, message):
    (here / "words.csv").write_text("word,time\na,1\nb,2\nc,3\nd,4\n")
    (here / "nothing.txt").write_text("0 0\n0 0\n")
    (here / "beyond.txt").write_text("4 0\n")
    assert message in plastica("memory", *given, code=code).stderr
    assert not (here / "runs").exists() or not list((here / "runs").iterdir())
