"""``plastica train --model``: trees, a linear model or the best one instead of a network; the same verdict."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import polars as pl
import pytest

SHORT = ("--epochs", "1", "--layers", "2", "--network", "mlp")


@pytest.fixture
def table(here):
    """A table that trees can learn, unlike a linear model or a network after one epoch."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    path = here / "table.csv"
    pl.DataFrame({"a": a, "b": b, "label": np.where(a * b > 0, "same", "other")}).write_csv(path)
    return path


def shown(page):
    """The English texts of the page."""
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", page, flags=re.S)
    text = re.sub(r'<span class="zh".*?</span>', "", text, flags=re.S)
    text = re.sub(r"</?code[^>]*>", "", text)  # inside a sentence, next to its punctuation
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_terminal_report_and_results_say_the_same(plastica, here, table):
    result = plastica("train", table, "-t", "label", *SHORT, "--out", "run")
    verdict = json.loads((here / "run/results.json").read_text())["verdict"]
    printed = " ".join(result.stdout.split())  # it is wrapped on the terminal
    assert verdict["sentence"] in printed
    python, command = 'Settings(model="trees")', "--model trees"
    assert verdict["advice"].replace(python, command) in printed
    page = shown((here / "run/report.html").read_text(encoding="utf-8"))
    assert verdict["sentence"] in page and verdict["advice"].replace(python, f"{command}, in Python {python}") in page
    assert "boosted trees" in verdict["advice"] and python in verdict["advice"]  # they predict what it cannot
    assert verdict["sentence"] in " ".join(plastica("info", "run").stdout.split())


@pytest.mark.parametrize("model", ["trees", "best"])
def test_trees_are_had_for_the_asking_and_used_like_a_network(plastica, here, table, model):
    result = plastica(
        "train", table, "-t", "label", "--model", model, *(SHORT if model == "best" else ()), "--out", "run"
    )
    assert "The boosted-tree model is measurably better than the" in result.stdout
    if model == "best":
        assert "boosted trees: best accuracy on the 80 validation rows" in result.stderr
        assert "test set played no part" in result.stderr
    assert not (here / "run/history.csv").exists()
    assert "100 trees" in plastica("info", "run").stdout
    answers = pl.read_csv(plastica("predict", "run", table, "--probabilities").stdout.encode())
    truth = pl.read_csv(table)["label"]
    assert (answers["label"] == truth).mean() > 0.95
    found = json.loads(plastica("evaluate", "run", table, "--json").stdout)
    assert found["scores"]["accuracy"]["value"] == pytest.approx((answers["label"] == truth).mean())
    kept = json.loads((here / "run/results.json").read_text())
    assert kept["model_kept"] == "trees" and kept["results"]["verdict"]["model"] == "trees"
    plastica("train", table, "-t", "label", "--model", "linear", "--out", "line")
    assert plastica("compare", "run", "line").stdout.index("run ") < plastica("compare", "run", "line").stdout.index(
        "line "
    )


def test_what_a_model_does_not_use_is_refused(plastica, here, table):
    result = plastica("train", table, "-t", "label", "--model", "trees", "--epochs", "3", code=1)
    assert "--epochs 3 is for networks" in result.stderr and "Leave epochs out" in result.stderr
    assert not (here / "runs").exists()
    result = plastica("train", table, "-t", "label", "--model", "linear", "--stream", code=1)
    assert "needs all rows in memory" in result.stderr
    result = plastica("train", table, "-t", "label", "--model", "trees", "--checkpoint", "kept", code=1)
    assert "--checkpoint kept is for networks" in result.stderr
