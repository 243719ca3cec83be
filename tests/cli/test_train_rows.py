"""Rows in the report of ``plastica train``: further ones are explained, or none are shown."""

from __future__ import annotations

import pytest

SHORT = ("--target", "label", "--epochs", "2", "--layers", "4", "--network", "mlp", "--quiet", "--out", "run")


@pytest.fixture
def small(here):
    lines = [f"{place % 9},{place % 5},{'yes' if place % 9 > 4 else 'no'}" for place in range(80)]
    lines[6] = "1,1,"  # without a target
    (here / "a.csv").write_text("\n".join(["a,b,label", *lines]))
    return "a.csv"


def test_rows_are_explained_by_their_number_in_the_file(plastica, small, here):
    plastica("train", small, *SHORT, "--explain-rows", "1,9")
    page = (here / "run/report.html").read_text()
    chosen = page.partition('id="reasons"')[2].partition("</section>")[0].split("A chosen row")[1:]
    assert len(chosen) == 2 and "line 2<" in chosen[0] and "line 10<" in chosen[1]


def test_no_row_is_shown_where_none_may_be(plastica, small, here):
    plastica("train", small, *SHORT, "--no-rows")
    assert 'id="reasons"' not in (here / "run/report.html").read_text()


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("--explain-rows", "0"), 1, "--explain-rows 0: a.csv has rows 1 to 80"),
        (("--explain-rows", "7"), 1, "line 8 of a.csv cannot be explained"),
        (("--explain-rows", "two"), 2, "expected row numbers such as 3,17"),
        (("--explain-rows", "2", "--no-rows"), 1, "give one of them"),
        (("--explain-rows", "2", "--stream"), 1, "is read in parts"),
    ],
)
def test_rows_that_cannot_be_explained_are_refused_before_training(plastica, small, here, given, code, message):
    assert message in plastica("train", small, *SHORT, *given, code=code).stderr
    assert not (here / "run").exists()
