"""``plastica sweep``: the table, the files, the law, and its errors in both languages."""

from __future__ import annotations

import json

import polars as pl
import pytest

SMALL = ("--layers", "4", "--epochs", "2", "--seeds", "2")


def test_learning_rates_are_compared_on_the_validation_set(plastica, here):
    said = plastica(
        "sweep", "penguins", *SMALL, "--values", "0.001,0.05", "--optimizer", "sgd", "--out", "found"
    ).stdout
    assert "validation loss" in said and "learning rate 0.05" in said
    assert "Gradient descent diverges above a learning rate of" in said
    table = pl.read_csv(here / "found" / "sweep.csv")
    assert table["learning_rate"].to_list() == [0.001, 0.05] and table["members"].to_list() == [2, 2]
    assert table["val_loss"][1] < table["val_loss"][0]
    assert {path.name for path in (here / "found").iterdir()} == {"sweep.csv", "sweep.svg", "sweep.png"}


def test_a_learning_curve_has_a_law(plastica, here):
    given = ("sweep", "penguins", "--over", "rows", "--values", "20,40,80,160", *SMALL, "--json", "--out", "found")
    found = json.loads(plastica(*given).stdout)
    assert [each["rows"] for each in found["values"]] == [20, 40, 80, 160]
    low, high = found["law"]["intervals"]["b"]
    assert low <= found["law"]["b"] <= high and found["over"] == "rows"


@pytest.mark.parametrize(
    ("axis", "values"), [("width", "2,4"), ("depth", "0,1"), ("epochs", "1,2"), ("dropout", "0,0.5")]
)
def test_every_axis_has_its_column(plastica, here, axis, values):
    said = plastica(
        "sweep", "penguins", "--over", axis, "--values", values, *SMALL, "--seeds", "1", "--out", "f"
    ).stdout
    assert pl.read_csv(here / "f" / "sweep.csv")[axis].to_list() == [float(each) for each in values.split(",")]
    assert "f: sweep.csv" in said


def test_the_folder_is_named_after_the_file_and_the_setting(plastica, here):
    pl.DataFrame({"x": range(40), "y": [3 * each for each in range(40)]}).write_csv(here / "my table.csv")
    plastica("sweep", "my table.csv", "--target", "y", "--over", "epochs", "--values", "1", *SMALL)
    assert (here / "runs" / "my_table-epochs-1" / "sweep.csv").is_file()


def test_chinese_texts(plastica, here):
    given = ("sweep", "penguins", "--over", "optimizer", "--values", "sgd,adam", *SMALL, "--out", "f", "--lang", "zh")
    said = plastica(*given).stdout
    assert "优化器" in said and "验证损失" in said and "最低" in said


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("--over", "width", "--values", "a"), 2, "--values expects whole numbers separated by commas for width"),
        (("--values", "nan"), 2, "--values expects numbers separated by commas for learning_rate"),
        (("--over", "optimizer", "--values", "sdg"), 1, 'did you mean "sgd"'),
        (("--over", "rows", "--values", "10,100000"), 1, "training rows; give numbers from 1 to"),
        (("--seeds", "0"), 2, "--seeds expects a whole number of at least 1"),
        (("--metric", "val_accurac"), 1, 'did you mean "val_accuracy"'),
        (("--over", "dropout", "--layers", "0"), 1, "has no hidden layer"),
        (("--validation", "0"), 1, "leaves no rows to compare networks on"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(plastica, given, code, message):
    assert message in plastica("sweep", "penguins", *SMALL, *given, code=code).stderr
