"""Options of the command line: several targets, costs, thresholds, folders read in parts."""

from __future__ import annotations

import json
import re

import click
import polars as pl
import pytest

from plastica.cli import options

SHORT = ("--epochs", "2", "--layers", "4", "--network", "mlp", "--no-report", "--json")


def numbers(count=120):
    return [(n % 7, (n * 5) % 11, "yes" if n % 7 > 4 else "no", n % 2, int(n % 3 > 0)) for n in range(count)]


@pytest.fixture
def table(here):
    frame = pl.DataFrame(numbers(), schema=["a", "b", "label", "u", "v"], orient="row")
    frame.write_csv(here / "t.csv")
    (here / "parts").mkdir()
    frame.head(70).write_csv(here / "parts" / "1.csv")
    frame.tail(50).write_csv(here / "parts" / "2.csv")
    return "t.csv"


def test_several_targets_are_labels(plastica, table):
    found = json.loads(plastica("train", table, "-t", "u,v", *SHORT).stdout)
    assert found["target"]["task"] == "multilabel" and found["target"]["names"] == ["u", "v"]
    assert {"hamming_loss", "micro_f1"} <= set(found["results"]["scores"]["network"])


def test_costs_weights_and_a_threshold_reach_the_network(plastica, table):
    costs = ("--costs", "0,1;8,0")
    found = json.loads(plastica("train", table, "-t", "label", *costs, "--class-weight", "balanced", *SHORT).stdout)
    assert found["decision"]["rule"] == "costs" and found["decision"]["costs"] == [[0, 1], [8, 0]]
    assert found["settings"]["class_weight"] == "balanced"
    found = json.loads(plastica("train", table, "-t", "label", "--threshold", "0.3", *SHORT).stdout)
    assert found["decision"]["thresholds"] == [0.3]


def test_a_folder_is_read_in_parts_and_answers_as_the_whole_table_does(plastica, here, table):
    result = plastica("train", "parts", "-t", "label", "--drop", "u,v", *SHORT, "--out", "run")
    found = json.loads(result.stdout)
    assert "read in chunks" in result.stderr
    assert sum(found["rows"][part] for part in ("train", "validation", "test")) == 120
    whole = plastica("predict", "run", table).stdout
    assert whole.count("\n") == 121
    assert plastica("predict", "run", "parts").stdout == whole
    plastica("predict", "run", table, "--stream", "--out", "answers.csv")
    assert (here / "answers.csv").read_text() == whole


def test_all_rows_of_a_folder_are_counted_though_few_are_in_memory(plastica, table, monkeypatch):
    monkeypatch.setattr("plastica.tables.streamed_rows.BASELINE_ROWS", 20)
    result = plastica(
        "train", "parts", "-t", "label", "--epochs", "1", "--layers", "4", "--network", "mlp", "--no-report"
    )
    assert "parts: 120 rows, 5 columns" in result.stdout
    learned = int(re.search(r"(\d+) training", result.stdout)[1])
    assert learned > 60 and f"were trained on 20 of the {learned} training rows" in result.stderr


def test_a_long_reading_says_how_far_it_is(plastica, table, monkeypatch):
    monkeypatch.setattr("plastica.cli.watching.SECONDS", 0.0)
    assert "note: 70 rows read" in plastica("train", "parts", "-t", "label", *SHORT).stderr


@pytest.mark.parametrize(
    "read, given",
    [(options.weights, ["yes"]), (options.weights, ["a=b"]), (options.costs, "0,x"), (options.units, "a")],
)
def test_what_cannot_be_read_is_refused_with_an_example(read, given):
    with pytest.raises(Exception, match="expects"):
        read(given)


def test_costs_may_stand_in_a_file(here):
    (here / "costs.csv").write_text("0,1\n5,0\n")
    assert options.costs("costs.csv") == ((0.0, 1.0), (5.0, 0.0))
    (here / "costs.csv").write_bytes(b"0,1\xff\n")
    with pytest.raises(click.BadParameter, match="cannot be read"):
        options.costs("costs.csv")


KINDS = ("--category", "a,b", "--ignore", "u", "--drop", "v", "--missing-words", "3", "--keep-words", "NA")


@pytest.mark.parametrize("source", ["t.csv", "parts"])
def test_kinds_of_columns_may_be_said(plastica, here, table, source):
    found = json.loads(plastica("train", source, "-t", "label", *KINDS, *SHORT, "--out", "run").stdout)
    assert [(column["name"], column["kind"]) for column in found["columns"]] == [("a", "category"), ("b", "category")]
    assert found["columns"][0]["missing"] == 17
    assert found["settings"]["kinds"] == [["a", "category"], ["b", "category"]]
    assert found["settings"]["drop"] == ["v", "u"] or found["settings"]["drop"] == ["u", "v"]
    assert found["settings"]["missing_words"] == ["3"] and found["settings"]["keep_words"] == ["NA"]
    assert plastica("predict", "run", table).stdout.count("\n") == 121


def test_a_cell_that_is_not_of_the_declared_kind_is_refused(plastica, here):
    (here / "t.csv").write_text("a,y\n" + "".join(f"{'x' if n == 40 else n},{n % 2}\n" for n in range(60)))
    said = plastica("train", "t.csv", "-t", "y", "--number", "a", *SHORT, code=1).stderr
    assert "t.csv, line 42, column 'a': 'x' is not a number" in said and "declared number" in said
    said = plastica("train", "t.csv", "-t", "y", "--date", "a", *SHORT, code=1).stderr
    assert "line 2, column 'a': '0' is not a date" in said
    said = plastica("train", "t.csv", "-t", "y", "--date", "a", "--category", "a", *SHORT, code=2).stderr
    assert "--date and --category both name the column 'a'" in said
    assert "did you mean 'a'" in plastica("train", "t.csv", "-t", "y", "--text", "A", *SHORT, code=1).stderr
    assert "'y' is the target" in plastica("train", "t.csv", "-t", "y", "--category", "y", *SHORT, code=1).stderr


def test_names_that_options_take_are_those_there_are():
    from plastica import losses, optimizers, rules
    from plastica.cli import names
    from plastica.forecasting import settings
    from plastica.memory.associative_memory import comparing
    from plastica.tables import output_layer

    assert set(names.OPTIMIZERS) == set(optimizers.NAMES)
    assert set(names.RULES) == set(rules.NAMES)
    assert set(names.FORECASTS) == set(settings.MODELS) and set(names.FORECAST_LOSSES) == set(settings.LOSSES)
    assert tuple(comparing.MEMORIES) == names.MEMORIES and names.DAMAGES == comparing.DAMAGES
    for_numbers = {type(losses.get(name)) for name in output_layer.NUMBER_LOSSES}
    spelt = {name for name, kind in losses.NAMES.items() if kind in for_numbers} - {"logcosh"}
    assert set(names.LOSSES) == {*output_layer.SIGMOID_LOSSES, *output_layer.SOFTMAX_LOSSES, *spelt}


@pytest.mark.parametrize(("arguments", "said"), [
    (("train", "t.csv", "-t", "label", "--optimizer", "adm"), 'unknown optimizer "adm"; did you mean "adam"'),
    (("train", "t.csv", "-t", "label", "--rule", "backprob"), 'unknown rule "backprob"; did you mean "backprop"'),
    (("train", "t.csv", "-t", "label", "--loss", "crosentropy"), 'unknown loss "crosentropy"; did you mean "crossent'),
    (("train", "t.csv", "-t", "label", "--epochs", "0"), '--epochs 0: expected a whole number of at least 1'),
    (("compare-rules", "t.csv", "-t", "label", "--rules", "oja,heb"), 'unknown rule "heb"; did you mean "hebb"'),
    (("compare-rules", "t.csv", "-t", "label", "--optimizer", "oja=adm"), 'unknown optimizer "adm"'),
    (("compare-rules", "t.csv", "-t", "label", "--learning-rate", "oj=0.1"), 'unknown rule "oj"'),
])  # fmt: skip
def test_a_wrong_name_is_told_before_the_table_is_read(plastica, table, monkeypatch, arguments, said):
    def read(*given, **options):
        raise AssertionError("the table was read")

    monkeypatch.setattr("plastica.data.reading.read_table", read)
    assert said in plastica(*arguments, code=1).stderr


def test_a_loss_may_be_spelt_as_keras_spells_its_class(plastica, table):
    options = ("--loss", "MeanSquaredError", "--out", "run")
    assert json.loads(plastica("train", table, "-t", "a", "--task", "regression", *options, *SHORT).stdout)


@pytest.mark.parametrize(("arguments", "said"), [
    (("train", "t.csv", "survived"), "unexpected argument 'survived'. If it is the column to predict, write --targ"),
    (("compare-rules", "t.csv", "label"), "write --target label."),
    (("evaluate", "run", "t.csv", "label"), "write --target label."),
    (("predict", "run", "t.csv", "answers.csv"), "If it is the file to write, write --out answers.csv."),
    (("train", "t.csv", "t.csv"), "unexpected argument 't.csv'. train takes FILE and options."),
    (("info", "run", "more"), "info takes MODEL and options."),
    (("train", "t.csv", "a", "b"), "train takes FILE and options."),
])  # fmt: skip
def test_a_word_too_many_is_told_where_it_belongs(plastica, table, arguments, said):
    made = plastica(*arguments, code=2)
    assert said in " ".join(made.stderr.split())
