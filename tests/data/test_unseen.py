"""Invisible characters: removed where they have no effect, kept where they shape a word."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from plastica.data import streaming_text
from plastica.data.columns import infer_columns
from plastica.data.reading import read_table
from plastica.data.streaming_files import open_files
from plastica.data.unseen import without_unseen
from plastica.data.values import read_numbers

NOTHING = ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u200f", "\u202a", "\u202c", "\u2066", "\u2069", "\u061c"]


@pytest.mark.parametrize("mark", [*NOTHING, "\u200c", "\u200d"])
@pytest.mark.parametrize("form", ["{}pear", "pear{}", "pe{}ar", "Gr{}ün", "яб{}локо", "梨{}子", "{0}pe{0}{0}ar{0}"])
def test_a_word_with_an_unseen_character_is_the_word(mark, form):
    assert without_unseen(form.format(mark)) == form.format("")


@pytest.mark.parametrize(
    "word",
    [
        "می\u200cخواهم",  # Persian: "I want", with the non-joiner required by its orthography
        "خانه\u200cها",
        "क्\u200dष",  # Devanagari: a half form, and a visible virama
        "क्\u200cष",
        "ശ്രീ\u200dല",
        "അവന്\u200d",  # Malayalam: "he", ends in virama and joiner in texts before Unicode 5.1
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
        "\U0001f3f3\ufe0f\u200d\U0001f308",  # a rainbow flag
        "❤️\u200d\U0001f525",
        "1\u202f234,5",  # a number in French notation
    ],
)
def test_characters_that_shape_what_is_read_are_kept(word):
    assert without_unseen(word) == word
    assert without_unseen(f"\u200b{word}\u200c, x") == f"{word}, x" or word.endswith("\u200d")


def test_joiners_at_the_ends_of_words_and_twice_in_a_row_say_nothing():
    assert without_unseen("خانه\u200c,x") == "خانه,x"
    assert without_unseen("می\u200c\u200cخواهم") == "می\u200cخواهم"
    assert without_unseen("\u200dخانه") == "خانه"


def test_a_space_that_does_not_break_is_a_space():
    assert without_unseen("New\u00a0York") == "New York"
    assert without_unseen("12\u00a0%") == "12 %"


def test_a_table_has_one_category_of_a_word_and_says_so_once(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\ufeff\ufeffna\u200bme,k\np\u200b,1\np,2\n\u00a0New\u00a0York,3\nNew York,4\n", encoding="utf-8")
    table = read_table(path)
    assert table.names == ("name", "k")
    assert infer_columns(table)[0].distinct == 2
    (note,) = [note for note in table.notes if "invisible characters" in str(note)]
    assert str(note) == (
        "invisible characters are removed: zero-width spaces, byte order marks, no-break spaces (replaced by ordinary "
        "ones), the first in line 1."
    )
    assert "invisible characters" not in str(read_table("penguins").notes)


def test_numbers_in_groups_keep_their_spaces(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1\u202f234,5;x\n12\u00a0345,5;y\n", encoding="utf-8")
    table = read_table(path)
    assert not [note for note in table.notes if "invisible characters" in str(note)]
    np.testing.assert_array_equal(read_numbers(table, infer_columns(table)[0]), [1234.5, 12345.5])


def test_parts_frames_and_parquet_are_read_alike(tmp_path, monkeypatch):
    words = ["p\u200b", "p", "می\u200cخواهم", None, "q\u00adr"] * 20
    wanted = ["p", "p", "می\u200cخواهم", None, "qr"] * 20
    data = {"\u200ea": words, "b": list(range(100))}
    pl.DataFrame(data).write_parquet(tmp_path / "t.parquet")
    pl.DataFrame(data).write_csv(tmp_path / "t.csv")
    for source in (pd.DataFrame(data), pl.DataFrame(data), tmp_path / "t.parquet"):
        table = read_table(source)
        assert table.columns["a"].to_list() == wanted
        assert sum("invisible characters" in str(note) for note in table.notes) == 1
    monkeypatch.setattr(streaming_text, "BLOCK_BYTES", 300)
    for name in ("t.parquet", "t.csv"):
        parts = list(open_files(tmp_path / name).tables())
        assert [word or None for part in parts for word in part.columns["a"]] == wanted
        assert sum("invisible characters" in str(note) for part in parts for note in part.notes) == 1
