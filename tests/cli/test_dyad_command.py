"""``plastica dyad``: networks that act together, recordings, the report in both languages, and errors."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest

from plastica.cli.dyad import GAMES
from plastica.society import games

QUICK = ("--surrogates", "10", "--trials", "10")


def test_the_command_knows_all_games():
    assert set(GAMES) == set(games.GAMES)


@pytest.fixture
def recording(here):
    """Two people with two channels each in twelve trials, of whom Ben follows Anna."""
    draws = np.random.default_rng(0)
    anna = np.cumsum(draws.normal(size=(12, 100)), 1)
    anna -= anna.mean(1, keepdims=True)
    ben = np.roll(anna, 1, 1) + 0.3 * draws.normal(size=anna.shape)
    columns = {
        "anna": anna,
        "anna_2": anna + 0.3 * draws.normal(size=anna.shape),
        "ben": ben,
        "ben_2": ben + 0.3 * draws.normal(size=anna.shape),
    }
    trial = np.repeat(np.arange(12), 100)
    pl.DataFrame({"trial": trial, **{name: each.ravel() for name, each in columns.items()}}).write_csv(here / "two.csv")


def test_the_mirror_game_is_reported_in_both_languages(plastica, here):
    result = plastica("dyad", "mirror", *QUICK, "--steps", "60", "--rounds", "40", "--out", "found")
    assert "phase locking value" in result.stdout and "exchanged" in result.stdout
    files = {path.name for path in (here / "found").iterdir()}
    assert files == {"report.html", "dyad.svg", "dyad.png", "trials.csv"}
    assert pl.read_csv(here / "found" / "trials.csv").height == 10
    page = (here / "found" / "report.html").read_text("utf-8")
    assert page.count("<figure>") == 6 and "<script" not in page and not re.search(r"(src|href)=.http", page)
    assert "Dumas et al. 2010" in page and "Czeszumski 等 2022" in page and "镜像" not in page.split("<h1>")[0]
    assert page.count('class="zh"') > 40 and "0.018" in page


@pytest.mark.usefixtures("recording")
def test_a_recording_of_two_says_who_follows(plastica, here):
    given = ("dyad", "two.csv", "--trial", "trial", "--first", "anna,anna_2", "--second", "ben,ben_2", "--rate", "10")
    found = json.loads(plastica(*given, *QUICK, "--json").stdout)
    assert found["leader"] == "first" and found["canonical_correlation"]["value"] > 0.9
    assert found["lag"] == pytest.approx(0.1)
    result = plastica("dyad", "two.csv", "--first", "ben", "--second", "anna", *QUICK, "--lang", "zh")
    assert "锁相值" in result.stdout and "第二方领先" in result.stdout


def test_players_who_always_do_the_same_have_no_rhythm(plastica, here):
    given = ("--first", "always_first", "--second", "always_first", "--steps", "1", "--rounds", "8")
    result = plastica("dyad", "prisoners_dilemma", *given, *QUICK, "--out", "still")
    assert "no rhythm" in result.stdout
    page = (here / "still" / "report.html").read_text("utf-8")
    assert "Grujić" in page and page.count("<figure>") == 1


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("mirrow",), 1, "no such file, and no game of this name; known are mirror, prisoners_dilemma"),
        (("mirror", "--first", "tit_for_tat"), 2, "--leading says who leads"),
        (("coordination", "--first", "tit_for_tatt"), 1, 'did you mean "tit_for_tat"'),
        (("mirror", "--band", "8"), 2, "two frequencies separated by a comma"),
        (("two.csv", "--second", "bn"), 1, "bn"),
        (("two.csv", "--band", "2,9", "--rate", "10"), 1, "half of the rate"),
        (("two.csv", "--rate", "0"), 1, "the rate is 0"),
        (("penguins.csv",), 1, "no such file"),
        (("mirror", "--leading", "third"), 2, "third"),
    ],
)
def test_mistakes(plastica, given, code, message):
    result = plastica("dyad", *given, code=code)
    assert message in result.stderr and "Traceback" not in result.stderr
