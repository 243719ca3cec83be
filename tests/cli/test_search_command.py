"""``plastica search``: the folder of a run, the report, Ctrl-C and resuming."""

from __future__ import annotations

import json

import numpy as np
import polars
import pytest

from plastica.search import running

TINY = ("--target", "y", "--trials", "5", "--folds", "2", "--members", "1", "--epochs", "4")
TINY += ("--space", "learning_rate=1e-3..1e-1:log")


IN_WAVE = 3  # trials side by side, in all searches: programs for as many are compiled once


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 150))
    path = tmp_path_factory.mktemp("tables") / "small.csv"
    polars.DataFrame({"a": a, "b": b, "y": np.where(a + b > 0, "yes", "no")}).write_csv(path)
    return str(path)


@pytest.fixture(scope="module")
def searched(tmp_path_factory, table):
    from click.testing import CliRunner

    from plastica.cli.main import app

    folder = tmp_path_factory.mktemp("runs") / "searched"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "MOST_IN_WAVE", IN_WAVE)
        result = CliRunner().invoke(app, ["search", table, *TINY, "--out", str(folder)], env={"LC_ALL": "C.UTF-8"})
    assert result.exit_code == 0, result.stderr
    return folder, result.stdout


def test_the_folder_is_that_of_a_run_with_a_leaderboard(searched, table, plastica):
    folder, _ = searched
    names = {path.name for path in folder.iterdir()}
    assert {"model.plastica", "leaderboard.csv", "report.html", "results.json", "settings.json"} <= names
    assert "checkpoint" not in names
    board = polars.read_csv(folder / "leaderboard.csv")
    assert board["rank"].to_list() == [1, 2, 3, 4, 5, 6]
    settings = json.loads((folder / "settings.json").read_text("utf-8"))
    best = board["learning_rate"][0]
    assert settings["learning_rate"] == (None if board["trial"][0] == 0 else best)
    found = json.loads((folder / "results.json").read_text("utf-8"))["search"]
    assert found["trials"] == 6 and found["winner"]["learning_rate"] == best
    assert found["beyond_default"]["outcome"] in ("better", "no_better", "worse", "same")
    assert "yes" in plastica("predict", folder, table).stdout
    assert "accuracy" in plastica("info", folder).stdout


def test_it_prints_what_was_tried_and_whether_it_was_worth_it(searched):
    _, said = searched
    assert "successive halving, 2 folds of 90 training rows, 5 trials" in said
    assert "6 trials, 0 failed" in said and "rows that the search has not seen" in said
    assert "learning_rate 0.001..0.1:log" in said


def test_the_report_has_the_search_in_both_languages(searched):
    page = (searched[0] / "report.html").read_text("utf-8")
    for text in (
        "Search for settings",
        "超参数搜索",
        "What mattered",
        "哪些设置重要",
        "rows that the search has not seen",
    ):
        assert text in page
    assert '<section id="search">' in page and page.count("<td") > 20


def test_a_search_that_was_interrupted_is_resumed(searched, table, plastica, here, monkeypatch):
    from plastica.search.progress import SearchProgress

    monkeypatch.setattr(running, "MOST_IN_WAVE", IN_WAVE)

    def interrupt(self, run):
        if len(self.search.trials) == IN_WAVE:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SearchProgress, "__call__", interrupt)
        stopped = plastica("search", table, *TINY, "--out", "run", code=130)
    assert "the trials so far are in run/leaderboard.csv" in stopped.stderr
    assert "continue the search with --resume --out run" in stopped.stderr
    assert len(polars.read_csv("run/leaderboard.csv")) == 3
    again = plastica("search", table, *TINY, "--out", "run", code=1)
    assert "run" in again.stderr
    plastica("search", table, *TINY, "--out", "run", "--resume", "--no-report")
    board, straight = (polars.read_csv(folder / "leaderboard.csv") for folder in (here / "run", searched[0]))
    assert sorted(board["trial"]) == sorted(straight["trial"])
    assert board.filter(polars.col("trial") < 3).sort("trial")["learning_rate"].to_list() == (
        straight.filter(polars.col("trial") < 3).sort("trial")["learning_rate"].to_list()
    )


def test_mistakes_are_said(plastica):
    assert (
        'did you mean "learning_rate"' in plastica("search", "penguins", "--space", "learning_rat=0.1", code=1).stderr
    )
    assert "--resume needs --out" in plastica("search", "penguins", "--resume", code=2).stderr
    assert "is no setting with its values" in plastica("search", "penguins", "--space", "dropout", code=1).stderr
    assert "expected a positive number of seconds" in plastica("search", "penguins", "--budget", "soon", code=1).stderr
