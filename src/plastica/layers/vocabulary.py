"""Vocabularies: terms in order of frequency, their numbers, and rows of numbers as vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..errors import DataError, InvalidValue

Term: TypeAlias = Any  # a string, or a whole number


class CountedTerms(NamedTuple):
    """What was found in data.

    Attributes:
        terms: The terms, the most frequent first; of equally frequent ones the last in the order of code points, as in
            Keras.
        idf: For each term ln(1 + rows / (1 + rows with the term)).
    """

    terms: tuple[Term, ...]
    idf: tuple[float, ...]


def count_terms(rows: Iterable[Sequence[Term]], most: int | None, without: Iterable[Term]) -> CountedTerms:
    """Return the terms of rows.

    Args:
        rows: The terms of each row.
        most: How many to keep; None for all.
        without: Terms that stand for padding or unknown ones.

    Raises:
        DataError: If there are none.
    """
    counts: Counter[Term] = Counter()
    holding: Counter[Term] = Counter()
    number = 0
    for row in rows:
        counts.update(row)
        holding.update(set(row))
        number += 1
    for term in without:
        counts.pop(term, None)
    if not counts:
        raise DataError("adapt() found no terms in the data.")
    # Twice: the second sort keeps the order of terms of equal frequency.
    terms = sorted(sorted(counts, reverse=True), key=counts.__getitem__, reverse=True)[:most]
    return CountedTerms(tuple(terms), tuple(float(np.log(1 + number / (1 + holding[term]))) for term in terms))


def checked_terms(owner: str, terms: Iterable[Term], special: Sequence[Term], most: int | None) -> tuple[Term, ...]:
    """Return a vocabulary without the special terms at its beginning.

    Raises:
        InvalidValue: If it is empty, too large, has a term twice, or special terms elsewhere.
    """
    if isinstance(terms, str | bytes) or not isinstance(terms, Iterable):
        raise InvalidValue(f"{owner}: vocabulary={terms!r}; give a list of terms, as read from the file.")
    given = tuple(each.item() if isinstance(each, np.generic) else each for each in terms)
    if special and given[: len(special)] == tuple(special):
        given = given[len(special) :]
    twice = [term for term, count in Counter(given).items() if count > 1]
    if not given or twice or any(term in special for term in given):
        what = "is empty" if not given else f"has {(twice or [t for t in given if t in special])[0]!r} at two places"
        raise InvalidValue(
            f"{owner}: the vocabulary {what}; give each term once. {', '.join(map(repr, special))} may stand at the "
            "beginning or not at all."
        )
    if most is not None and len(given) > most:
        raise InvalidValue(f"{owner}: the vocabulary has {len(given)} terms, but max_tokens leaves room for {most}.")
    return given


def encoded_rows(numbers: Sequence[Sequence[int]], depth: int, mode: str, idf: np.ndarray | None) -> np.ndarray:
    """Return for each row a vector of the numbers in it, float32 ``(rows, depth)``.

    Args:
        numbers: The numbers of each row.
        depth: How many numbers there are.
        mode: ``"multi_hot"``, ``"count"`` or ``"tf_idf"``.
        idf: The factor of each number, for ``"tf_idf"``.
    """
    made = np.zeros((len(numbers), depth), np.float32)
    for place, row in enumerate(numbers):
        np.add.at(made[place], np.asarray(row, np.int64), 1)
    if mode == "multi_hot":
        return np.minimum(made, 1)
    return made if idf is None else made * idf.astype(np.float32)


def as_text(owner: str, x: object) -> np.ndarray:
    """Return texts as an array of strings.

    Raises:
        DataError: If something is no text.
    """
    array = np.asarray(x, object)
    flat = [each.decode("utf-8") if isinstance(each, bytes) else each for each in array.reshape(-1)]
    wrong = next((each for each in flat if not isinstance(each, str)), None)
    if wrong is not None:
        raise DataError(
            f"{owner}: got {wrong!r} of type {type(wrong).__name__}; expected text. For numbers: IntegerLookup."
        )
    made = np.empty(len(flat), object)
    made[:] = flat
    return np.atleast_1d(made.reshape(array.shape))
