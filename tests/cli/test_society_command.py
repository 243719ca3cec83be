"""``plastica society``: report, tables and pictures, in both languages, and its errors."""

from __future__ import annotations

import json
import re

import numpy as np
import polars as pl
import pytest

SMALL = ("--layers", "8", "--epochs", "3")


@pytest.fixture
def own(here):
    """A small file with three classes."""
    draws = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = (draws.normal(size=(90, 5)) + 2 * np.eye(3, 5)[y]).astype(np.float32)
    np.savez(here / "own.npz", x_train=x, y_train=y, x_test=x[:30], y_test=y[:30])


@pytest.mark.usefixtures("own")
def test_a_ring_is_reported_in_both_languages(plastica, here):
    given = (
        "society",
        "own.npz",
        "--graph",
        "ring",
        "--members",
        "6",
        "--exchange",
        "average",
        *SMALL,
        "--out",
        "found",
    )
    result = plastica(*given)
    assert "6 members on the graph ring with 6 edges" in result.stdout and "with exchange" in result.stdout
    files = {path.name for path in (here / "found").iterdir()}
    assert files == {"report.html", "society.svg", "society.png", "meetings.csv", "members.csv"}
    meetings, members = (pl.read_csv(here / "found" / f"{name}.csv") for name in ("meetings", "members"))
    assert meetings["epoch"].to_list() == [1, 2, 3] and members.height == 6
    np.testing.assert_allclose(meetings["crowd_error"], meetings["average_error"] - meetings["diversity"], atol=1e-6)
    page = (here / "found" / "report.html").read_text("utf-8")
    assert page.count("<animate") == 2 * 6 and "<script" not in page and not re.search(r"(src|href)=.http", page)
    assert "Asch 1955" in page and "图" in page and page.count('class="zh"') > 40
    assert "without exchange" in page


def test_a_table_by_a_column_as_json_in_chinese(plastica, here):
    given = (
        "society",
        "penguins",
        "--target",
        "sex",
        "--by",
        "species",
        "--graph",
        "complete",
        "--exchange",
        "gossip",
        "--no-alone",
        *SMALL,
    )
    found = json.loads(plastica(*given, "--json").stdout)
    assert found["members"] == 3 and 0 <= found["together"]["crowd_score"] <= 1 and "without" not in found
    result = plastica(*given, "--lang", "zh", "--lying", "Gentoo")
    assert "3 个成员" in result.stdout and "群体" in result.stdout
    page = next((here / "runs").glob("penguins-society*2/report.html")).read_text("utf-8")
    assert "说谎者" in page and "Chinstrap" in page


def test_amounts_on_a_graph_of_ones_own(plastica, here):
    (here / "friends.csv").write_text("source,target\n0,1\n1,2\n2,3\n")
    given = ("society", "penguins", "--target", "body_mass_g", "--graph", "friends.csv", "--exchange", "teach", *SMALL)
    found = json.loads(plastica(*given, "--json").stdout)
    assert found["members"] == 4 and found["graph"] == "friends"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("digits", "--exchange", "gosip"), 1, 'did you mean "gossip"'),
        (("digits", "--graph", "rin"), 1, 'did you mean "ring"'),
        (("digits", "--members", "1"), 1, "a society of 1 has nobody to learn from"),
        (("digits", "--members", "3000"), 1, "3000 members, but only 1437 rows"),
        (("digits", "--by", "person"), 2, "--by is a column of a table"),
        (("digits", "--lying", "99"), 1, "'99' is no member"),
        (("digits", "--graph", "none.csv"), 1, "no such file"),
        (("penguins", "--by", "species", "--target", "sex", "--members", "5"), 1, "--by species has 3 values"),
        (("penguins", "--by", "iland"), 1, "iland"),
        (("penguins", "--by", "sex"), 1, "belong to nobody"),
        (("digits", "--epochs", "0"), 2, "expected a whole number of at least 1, got 0"),
    ],
)
def test_mistakes(plastica, given, code, message):
    result = plastica("society", *given, code=code)
    assert message in result.stderr and "Traceback" not in result.stderr
