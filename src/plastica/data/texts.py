"""Distinguishing free text from names and codes that only identify rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# A Chinese character, or a word of at least two letters without other characters: "Mrs", but not the code "a1".
WORD = r"\p{Han}|\b\p{L}{2,}\b"
ALL_DIFFERENT = 0.95  # share of distinct values from which a column may identify rows
SAID_BY_ALL = 0.9  # a word in more of the rows, such as the "ID" in "ID-0001", carries no information
SHARED = 0.5  # share of rows with a recurring word from which text is informative
SAMPLE = 20_000  # values examined


def only_keys(present: pl.Series, distinct: int) -> bool:
    """Return whether texts are almost all distinct and have no recurring words.

    Args:
        present: The texts, without missing values.
        distinct: The number of distinct texts.
    """
    import polars as pl

    if distinct < ALL_DIFFERENT * present.len():
        return False
    texts = present.gather_every(max(1, present.len() // SAMPLE))
    words = texts.str.to_lowercase().str.extract_all(WORD).list.unique().alias("word")
    said = pl.DataFrame([words]).with_row_index("row").explode("word").drop_nulls()
    rows = pl.col("row").len().over("word")
    telling = said.filter((rows >= 2) & (rows <= max(2.0, SAID_BY_ALL * texts.len())))
    return telling["row"].n_unique() < SHARED * texts.len()
