"""Encoding of free text by feature hashing."""

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
    from sklearn.feature_extraction.text import HashingVectorizer  # pyright: ignore[reportMissingTypeStubs]

MOST_FEATURES, FEWEST_FEATURES = 128, 8
ROWS_A_FEATURE = 8
WORDY = 2  # words on average from which whole words are hashed; for shorter texts, character n-grams
LENGTH = 0.5  # norm of the features of a row; less than the 1 of an indicator, since text is less reliable
CHUNK = 50_000  # rows hashed at a time


class TextEncoder(msgspec.Struct, frozen=True, tag="text", forbid_unknown_fields=True):
    """Free text: scikit-learn's HashingVectorizer, which has no vocabulary and thus no unseen words.

    Texts of at least two words on average are split into words, others into character n-grams of length 2 to 4.
    Each token adds 1 to or subtracts 1 from one of ``features`` features, and each row is scaled to norm 0.5. The
    number of features is a power of two, at most 128 and at most an eighth of the number of training rows, so that
    small data sets do not have too many features.

    Reference:
        Weinberger et al. (2009), Feature hashing for large scale multitask learning.
    """

    smooth: ClassVar[int] = 0  # the number of leading features that vary smoothly
    codes: ClassVar[int] = 0  # the number of codes of the first feature, 0 if it is not a code

    column: Column
    features: int
    pieces: Literal["words", "letters"]
    indicator: bool

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if not 1 <= self.features <= MOST_FEATURES:
            raise ValueError(f"features must be from 1 to {MOST_FEATURES}")

    @classmethod
    def fit(cls, train: Table, column: Column) -> TextEncoder:
        """Fit to the training set; only the length of the texts is used."""
        texts = read_categories(train, column)
        words = texts.str.count_matches(r"\w+").mean()
        room = max(FEWEST_FEATURES, min(MOST_FEATURES, len(texts) // ROWS_A_FEATURE))
        wordy = isinstance(words, float) and words >= WORDY
        features = 1 << (room.bit_length() - 1)
        return cls(column, features, "words" if wordy else "letters", texts.null_count() > 0)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features."""
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
        from sklearn.feature_extraction.text import HashingVectorizer  # pyright: ignore[reportMissingTypeStubs]

        if self.pieces == "words":
            return HashingVectorizer(n_features=self.features)
        return HashingVectorizer(n_features=self.features, analyzer="char_wb", ngram_range=(2, 4))
