"""Free text as features: pieces of it, hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec
import numpy as np

from ...notes import Note
from ..column import Column
from ..table import Table
from ..values import read_categories
from .parts import Features, indicator_name, say_missing

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

MOST_FEATURES, FEWEST_FEATURES = 128, 8
ROWS_A_FEATURE = 8
WORDY = 2  # words: texts as long are told apart by their words, single words and codes by pieces of them
LENGTH = 0.5  # of a row's features, against the 1 of an indicator: text is the less certain
CHUNK = 50_000  # rows hashed at a time


class TextEncoder(msgspec.Struct, frozen=True, tag="text", forbid_unknown_fields=True):
    """Free text: scikit-learn's HashingVectorizer, which learns nothing and so knows every word to come.

    Texts of at least two words on average are taken by their words, others by pieces of two to four letters. Each
    piece adds 1 to one of ``features`` places or takes 1 off, and a row is brought to length one half. The places
    are a power of two, at most 128 and at most one for eight training rows, so that few rows do not drown in them.

    Reference:
        Weinberger et al. (2009), Feature hashing for large scale multitask learning.
    """

    smooth: ClassVar[int] = 0  # how many of the first features vary smoothly
    codes: ClassVar[int] = 0  # how many codes the first feature takes, 0 where it holds none

    column: Column
    features: int
    pieces: Literal["words", "letters"]
    indicator: bool

    def __post_init__(self) -> None:
        """Refuse what a damaged or foreign file may hold."""
        if not 1 <= self.features <= MOST_FEATURES:
            raise ValueError(f"features must be from 1 to {MOST_FEATURES}")

    @classmethod
    def fit(cls, train: Table, column: Column) -> TextEncoder:
        """Learn from training rows: no more than how long the texts are."""
        texts = read_categories(train, column)
        words = texts.str.count_matches(r"\w+").mean()
        room = max(FEWEST_FEATURES, min(MOST_FEATURES, len(texts) // ROWS_A_FEATURE))
        wordy = isinstance(words, float) and words >= WORDY
        features = 1 << (room.bit_length() - 1)
        return cls(column, features, "words" if wordy else "letters", texts.null_count() > 0)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        named = tuple(f"{self.column.name} text {number}" for number in range(1, self.features + 1))
        return (*named, *indicator_name(self.column, self.indicator))

    def transform(self, table: Table, notes: list[Note]) -> Features:
        """Return the features."""
        texts = read_categories(table, self.column)
        gone = texts.is_null().to_numpy()
        say_missing(self.column, gone, self.column.missing > 0, "no_text", notes)
        made = np.empty((self.features, len(texts)), np.float32)
        hashing: Any = self._hashing()
        for start in range(0, len(texts), CHUNK):
            chunk = texts.slice(start, CHUNK).fill_null("").to_list()
            made[:, start : start + len(chunk)] = LENGTH * hashing.transform(chunk).toarray().T
        return [*made, *[gone] * self.indicator]

    def _hashing(self) -> HashingVectorizer:
        from sklearn.feature_extraction.text import HashingVectorizer

        if self.pieces == "words":
            return HashingVectorizer(n_features=self.features)
        return HashingVectorizer(n_features=self.features, analyzer="char_wb", ngram_range=(2, 4))
