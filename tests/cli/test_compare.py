"""``plastica compare``: comparison of runs, paired on the same test rows, and its errors."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from plastica.cli.main import app
from plastica.evaluation.decisions import Decision
from plastica.tables.held_out import HeldOut
from plastica.tables.runs import _paired


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs on penguins that differ in the network, and one on titanic."""
    folder = tmp_path_factory.mktemp("compared")
    small = ("--layers", "8", "--network", "mlp", "--no-report", "--quiet")
    made = {
        "few": ("penguins", "--epochs", "1", *small),
        "more": ("penguins", "--epochs", "20", *small),
        "other": ("titanic", "--epochs", "1", *small),
        "seed": ("penguins", "--epochs", "1", "--seed", "1", *small),
    }
    for name, options in made.items():
        result = CliRunner().invoke(app, ["train", *options, "--out", str(folder / name)])
        assert result.exit_code == 0, result.stderr
    return folder


def truth_and_answer(run):
    frame = pl.read_csv(run / "held_out.csv")
    return frame["line"], frame["species"], frame["predicted species"]


def test_runs_on_the_same_rows_are_sorted_and_paired(plastica, runs):
    found = json.loads(plastica("compare", runs / "few", runs / "more", "--json").stdout)
    lines, truth, few = truth_and_answer(runs / "few")
    other_lines, _, more = truth_and_answer(runs / "more")
    assert (lines == other_lines).all()
    best, worst = found["runs"]
    assert best["run"].endswith("more")
    assert best["differs"]["epochs"] == "20"
    assert "seed" not in best["differs"]
    assert best["scores"]["accuracy"]["value"] == pytest.approx((more == truth).mean())
    # The mean and the normal interval of paired differences, from the CSV files.
    pairs = (few == truth).cast(pl.Float64) - (more == truth).cast(pl.Float64)
    half = 1.959964 * pairs.std() / np.sqrt(len(pairs))
    assert worst["difference"]["value"] == pytest.approx(pairs.mean())
    assert worst["difference"]["low"] == pytest.approx(pairs.mean() - half)


def test_runs_that_held_out_other_rows_are_not_paired_but_can_be_judged_on_one_table(plastica, runs):
    result = plastica("compare", runs / "few", runs / "seed")
    assert "different test sets" in result.stderr
    assert "measurabl" not in result.stdout
    result = plastica("compare", runs / "few", runs / "seed", "--on", "penguins", "--by", "log_loss")
    assert "On 344 rows of penguins.csv, best log loss first" in result.stdout
    assert "measurabl" in result.stdout


def test_what_cannot_be_compared_is_refused(plastica, runs, tmp_path):
    said = plastica("compare", runs / "few", runs / "other", code=1).stderr
    assert "only runs with the same target can be compared" in said
    assert "at least two runs" in plastica("compare", runs / "few", code=1).stderr
    assert (
        "do not have this metric. Available: accuracy"
        in plastica("compare", runs / "few", runs / "more", "--by", "zz", code=1).stderr
    )
    assert "there is no model" in plastica("compare", runs / "few", tmp_path / "none", code=1).stderr


def test_a_changed_file_of_held_out_rows_is_refused(plastica, runs, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (runs / "more").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "held_out.csv").write_text("line,species\n1,Unicorn\n")
    assert "was changed after the run" in plastica("compare", runs / "few", copy, code=1).stderr


def test_costs_are_paired_only_where_both_runs_count_the_same():
    rows = {name: HeldOut(np.arange(4), np.array([0, 1, 0, 1]), np.eye(2)[[0, 1, first, 0]]) for first, name in
            enumerate(("one", "other"))}  # fmt: skip
    target = SimpleNamespace(task="binary")

    def run(name, cost):
        return SimpleNamespace(name=name, facts=SimpleNamespace(decision=Decision(costs=((0, 1), (cost, 0)))))

    gap = _paired(target, "mean_cost", rows, run("other", 5), run("one", 5))
    assert gap.value == 0.25  # one negative row, predicted positive
    assert _paired(target, "mean_cost", rows, run("other", 5), run("one", 9)) is None
