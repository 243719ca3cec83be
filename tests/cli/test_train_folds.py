"""``plastica train --folds``: output, files, JSON, Chinese, kept folds, predict, evaluate, info and errors."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.cli.test_train import SHORT, write_csv


@pytest.fixture
def table(here):
    return write_csv(here / "table.csv")


def test_folds_are_reported_with_mean_interval_spread_and_baselines(plastica, here, table):
    result = plastica("train", table, "--target", "label", *SHORT, "--folds", "3", "-v")
    assert (
        "60 rows in 3 folds, stratified, seed 0: each fold is predicted by a model trained without it" in result.stdout
    )
    assert "(95 % interval" in result.stdout and "on 60 rows in 3 folds" in result.stdout
    assert "the interval allows for overlapping training sets (Nadeau, Bengio 2003)" in result.stdout
    assert "fold  network  linear model  boosted trees  guessing" in result.stdout
    assert "There is no test set" not in result.stdout
    folder = here / "runs" / "table-1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "history.csv", "model.plastica", "out_of_fold.csv", "report.html", "results.json", "settings.json",
    ]  # fmt: skip
    kept = json.loads((folder / "results.json").read_text())
    scores = kept["cross_validation"]
    found = scores["values"]["network"]["accuracy"]
    assert len(found["folds"]) == 3 and found["mean"] == pytest.approx(sum(found["folds"]) / 3)
    assert kept["results"]["scores"]["network"]["accuracy"]["value"] == pytest.approx(found["mean"])
    assert "Nadeau and Bengio" in scores["interval"] and kept["settings"]["folds"] == 3
    page = (folder / "report.html").read_text(encoding="utf-8")
    for words in (
        "Cross-validation",
        "交叉验证",
        "60 rows were dealt to 3 folds",
        "n_test/n_train",
        "Confusion matrix",
    ):
        assert words in page
    assert "Most important columns" not in page  # the saved network has seen the rows that the folds predicted
    predicted = pl.read_csv(folder / "out_of_fold.csv")
    assert predicted.height == 60 and predicted["line"].is_unique().all()


def test_kept_folds_predict_evaluate_and_describe_themselves(plastica, here, table):
    given = ("--target", "label", "--model", "linear", "--folds", "3", "--repeats", "2", "--keep-folds", "--no-report")
    result = plastica("train", table, *given, "--out", "run")
    assert "60 rows in 3 folds, dealt 2 times" in result.stdout
    assert "saved     run (the models of 6 folds, whose predictions are averaged)" in result.stdout
    assert "the models of 6 folds" in plastica("info", "run").stdout
    assert plastica("predict", "run", table).stdout.count("\n") == 61
    assert "60 rows" in plastica("evaluate", "run", table).stdout
    assert json.loads(plastica("info", "run", "--json").stdout)["folds_kept"] == 6


def test_folds_in_chinese(plastica, table):
    result = plastica("train", table, "--target", "label", "--model", "linear", "--folds", "3", "--lang", "zh")
    assert "分为 3 折，各折类别比例一致" in result.stdout
    assert "置信区间考虑了训练集的重叠" in result.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--folds", "61"), "--folds 61 for 60 rows: every fold needs a row"),
        (("--folds", "1"), "--folds 1: expected a whole number of at least 2"),
        (("--repeats", "2"), "--repeats 2 is for cross-validation: set --folds 5"),
        (("--folds", "3", "--stream"), "--folds 3 need all rows in memory"),
    ],
)
def test_folds_that_do_not_fit_are_one_sentence(plastica, here, table, given, words):
    result = plastica("train", table, "--target", "label", *given, code=1)
    assert words in result.stderr.splitlines()[-1]
    assert not list(here.glob("runs/*"))
