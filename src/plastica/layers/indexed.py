"""The base of layers with a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import numpy as np

from ..errors import DataError, InvalidValue, NotFitted
from .adapting import FOUND
from .categories import check_mode
from .hosted import Hosted
from .vocabulary import Term, checked_terms, count_terms, encoded_rows

Lookup = Literal["int", "one_hot", "multi_hot", "count", "tf_idf"]
LOOKUPS = get_args(Lookup)


class Indexed(Hosted):
    """Base class of layers with a vocabulary.

    The numbers begin with the mask (0, if there is one and the output is numbers), then come unknown terms, then the
    vocabulary.
    """

    max_tokens: int | None
    num_oov_indices: int
    vocabulary: tuple[Term, ...] | None
    idf_weights: tuple[float, ...] | None
    output_mode: Lookup
    pad_to_max_tokens: bool

    @property
    def mask(self) -> Term | None:
        """The term for padding, with the number 0; None if there is none."""
        raise NotImplementedError

    @property
    def unknown(self) -> Term:
        """The term for unknown ones."""
        raise NotImplementedError

    def check(self) -> None:
        """Check the fields of a vocabulary."""
        owner = type(self).__name__
        check_mode(owner, self.output_mode, LOOKUPS)
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise InvalidValue(f"{owner}: pad_to_max_tokens=True needs max_tokens.")
        if self.max_tokens is not None and self.max_tokens <= self.first:
            raise InvalidValue(f"{owner}: max_tokens={self.max_tokens}; expected at least {self.first + 1}.")
        if self.vocabulary is None:
            return
        terms = checked_terms(owner, self.vocabulary, self._special(), self._room())
        object.__setattr__(self, "vocabulary", terms)
        if self.output_mode == "tf_idf":
            weights = () if self.idf_weights is None else tuple(float(each) for each in self.idf_weights)
            if len(weights) != len(terms):
                raise InvalidValue(
                    f'{owner}: output_mode="tf_idf" with a vocabulary of {len(terms)} terms needs as many idf_weights; '
                    f"got {len(weights)}."
                )
            object.__setattr__(self, "idf_weights", weights)

    @property
    def first(self) -> int:
        """The number of the first term of the vocabulary."""
        return len(self._special())

    def known_terms(self) -> tuple[Term, ...]:
        """The vocabulary without special terms.

        Raises:
            NotFitted: If there is none yet.
        """
        if self.vocabulary is not None:
            return self.vocabulary
        found = self.__dict__.get(FOUND)
        if found is None:
            raise NotFitted(
                f"{type(self).__name__}() has no vocabulary. Call its adapt(data) before the model uses it, or give "
                "vocabulary=[...]."
            )
        return found["vocabulary"]

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Term]:
        """Return the vocabulary: the place of a term is its number.

        Args:
            include_special_tokens: Whether padding and unknown terms stand at the beginning.
        """
        return [*(self._special() if include_special_tokens else ()), *self.known_terms()]

    def vocabulary_size(self) -> int:
        """Return how many numbers there are, special ones included."""
        return self.first + len(self.known_terms())

    def set_vocabulary(self, vocabulary: Iterable[Term], idf_weights: Iterable[float] | None = None) -> None:
        """Note a vocabulary, as :meth:`adapt` notes what it finds.

        Args:
            vocabulary: The terms.
            idf_weights: For ``"tf_idf"`` the weight of each term.
        """
        terms = checked_terms(type(self).__name__, vocabulary, self._special(), self._room())
        self.note(vocabulary=terms, idf_weights=None if idf_weights is None else tuple(map(float, idf_weights)))

    def adapt(self, data: object) -> None:
        """Find the vocabulary in data: the most frequent terms, at most ``max_tokens`` with the special ones.

        Args:
            data: Terms or texts, ``(rows,)`` or ``(rows, n)``, or an iterator of such batches.

        Raises:
            InvalidValue: If the vocabulary is given already.
            DataError: If there are no terms.
        """
        if self.vocabulary is not None:
            raise InvalidValue(f"{type(self).__name__}: the vocabulary is given; leave it out to find it in data.")
        rows = (row for batch in _batches(data) for row in self.rows_of(batch))
        found = count_terms(rows, self._room(), filter(None, (self.mask, self.unknown)))
        self.note(vocabulary=found.terms, idf_weights=found.idf if self.output_mode == "tf_idf" else None)

    def rows_of(self, x: object) -> Iterator[list[Term]]:
        """Yield the terms of each row."""
        raise NotImplementedError

    def numbers_of(self, rows: Iterator[list[Term]]) -> list[list[int]]:
        """Return the numbers of the terms of each row."""
        known = {term: place for place, term in enumerate(self.known_terms(), self.first)}
        if self.mask is not None and self.output_mode == "int":
            known[self.mask] = 0
        return [[known[term] if term in known else self.number_of_unknown(term) for term in row] for row in rows]

    def number_of_unknown(self, term: Term) -> int:
        """Return the number of a term outside the vocabulary.

        Raises:
            DataError: If there is none for unknown terms.
        """
        if self.num_oov_indices == 0:
            raise DataError(
                f"{type(self).__name__}: {term!r} is not in the vocabulary of {len(self.known_terms())} terms, and "
                "num_oov_indices=0 leaves no number for unknown ones; take num_oov_indices=1."
            )
        return self.first - self.num_oov_indices

    @property
    def depth(self) -> int:
        """The length of vectors of the other output modes."""
        return self.max_tokens or 0 if self.pad_to_max_tokens else self.vocabulary_size()

    def vectors(self, numbers: list[list[int]]) -> np.ndarray:
        """Return a vector for each row, ``(rows, depth)``."""
        return encoded_rows(numbers, self.depth, self.output_mode, self._idf())

    def _idf(self) -> np.ndarray | None:
        if self.output_mode != "tf_idf":
            return None
        found = self.idf_weights if self.vocabulary is not None else self.__dict__[FOUND]["idf_weights"]
        weights = np.asarray(found or (), np.float32)
        if len(weights) != len(self.known_terms()):
            raise InvalidValue(f"{type(self).__name__}: tf_idf needs idf_weights, one for each term of the vocabulary.")
        full = np.zeros(self.depth, np.float32)
        full[: self.first] = weights.mean()
        full[self.first : self.first + len(weights)] = weights
        return full

    def _special(self) -> tuple[Term, ...]:
        masks = (self.mask,) if self.mask is not None and self.output_mode == "int" else ()
        return (*masks, *(self.unknown,) * self.num_oov_indices)

    def _room(self) -> int | None:
        return None if self.max_tokens is None else self.max_tokens - self.first


def _batches(data: object) -> Iterator[object]:
    """Yield an iterator's batches; anything else is one."""
    yield from data if isinstance(data, Iterator) else (data,)
