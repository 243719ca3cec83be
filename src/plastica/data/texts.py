"""What a column of many different texts is: free text to learn from, or names and codes that only key its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# A Chinese character, or a word of at least two letters and nothing else: "Mrs", not the "a1" of a code.
WORD = r"\p{Han}|\b\p{L}{2,}\b"
ALL_DIFFERENT = 0.95  # share of different values from which a column may key its rows
SAID_BY_ALL = 0.9  # a word in more of the rows, such as the "ID" of "ID-0001", tells them nothing
SHARED = 0.5  # share of the rows with a word that comes again from which a text says something
SAMPLE = 20_000  # values looked at


def only_keys(present: pl.Series, distinct: int) -> bool:
    """Whether texts are all but different from one another and say nothing that comes again.

    Args:
        present: The texts, none of them missing.
        distinct: How many different ones there are.
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
