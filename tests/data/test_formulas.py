"""Escaping of texts that a spreadsheet would execute."""

import polars as pl
import pytest

from plastica.data.formulas import shown, shown_column


@pytest.mark.parametrize(
    "word", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-x", "=cmd", "-1.5-2"]
)
def test_a_formula_is_written_as_text(word):
    assert shown(word) == "'" + word


@pytest.mark.parametrize(
    "word", ["-1.5", "+3", "-1e-5", "-1,5", "-12 %", "a=b", "", "yes", "+", "-", "'tis", "-inf", "-.5"]
)
def test_numbers_signs_and_other_words_stay(word):
    assert shown(word) == word


def test_no_two_words_become_one():
    words = ["=x", "'=x", "''=x", "x", "'x"]
    assert len({shown(word) for word in words}) == len(words)
    assert shown_column(pl.Series(["=x", None, "y", "'=x", "-1"])).to_list() == ["'=x", None, "y", "''=x", "-1"]
    assert shown_column(pl.Series([-1.0, 2.0])).to_list() == [-1.0, 2.0]
