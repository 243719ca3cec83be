"""Lookups: words or identifiers become whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..declaration import declaration
from ..errors import DataError, InvalidValue
from ..random import Shape
from .indexed import Indexed, Lookup
from .vocabulary import Term, as_text


class TermLookup(Indexed):
    """Base class of lookups of single terms."""

    invert: bool

    def check(self) -> None:
        """Check the fields."""
        super().check()
        if self.invert and self.output_mode != "int":
            raise InvalidValue(f'{type(self).__name__}(invert=True) gives terms; leave out output_mode="int".')

    def output_shape(self, shape: Shape) -> Shape:
        if self.invert:
            raise InvalidValue(f"{type(self).__name__}(invert=True) gives terms, which no network computes with.")
        if self.output_mode == "int":
            return tuple(shape)
        return (
            (*shape[:-1], self.depth)
            if self.output_mode == "one_hot" and shape[-1:] == (1,)
            else ((*shape, self.depth) if self.output_mode == "one_hot" else (self.depth,))
        )

    def rows_of(self, x: object) -> Iterator[list[Term]]:
        array = self.as_terms(x)
        yield from array.reshape(len(array), -1).tolist()

    def as_terms(self, x: object) -> np.ndarray:
        """Return terms as an array of objects."""
        raise NotImplementedError

    def transform(self, x: object) -> np.ndarray:
        if self.invert:
            return self._terms_of(x)
        terms = self.as_terms(x)
        numbers = self.numbers_of(self.rows_of(terms))
        if self.output_mode == "int":
            return np.asarray(numbers, np.int32).reshape(terms.shape)
        if self.output_mode != "one_hot":
            return self.vectors(numbers)
        hot = np.eye(self.depth, dtype=np.float32)[np.asarray(numbers).reshape(terms.shape)]
        return hot[..., 0, :] if terms.ndim > 1 and terms.shape[-1] == 1 else hot

    def _terms_of(self, x: object) -> np.ndarray:
        names = np.empty(self.vocabulary_size(), object)
        names[:] = self.get_vocabulary()
        numbers = np.asarray(x).astype(np.int64)
        inside = (numbers >= 0) & (numbers < len(names))
        return np.where(inside, names[np.where(inside, numbers, 0)], self.unknown)


@declaration
class StringLookup(TermLookup):
    """Replace words by their numbers in a vocabulary, in order of frequency.

    For columns of categories and for words that are split already; for whole texts see :class:`TextVectorization`. It
    stands first in a model, or is called by itself.

    Args:
        max_tokens: The largest number of numbers, special ones included; None for all terms.
        num_oov_indices: 1 for a number of unknown words; 0 to refuse them. More would need the hash function of
            TensorFlow.
        mask_token: A word for padding, with the number 0.
        oov_token: The word for unknown ones.
        vocabulary: The words, if they are known; otherwise ``adapt(data)`` finds them.
        idf_weights: For ``"tf_idf"`` with a vocabulary, the weight of each word.
        invert: Whether to turn numbers back into words.
        output_mode: ``"int"``; or a vector over the vocabulary: ``"one_hot"`` for each word, or for the words of a row
            ``"multi_hot"``, ``"count"`` or ``"tf_idf"``.
        pad_to_max_tokens: Whether vectors have ``max_tokens`` entries, however many words there are.

    Shapes:
        ``(rows, ...)`` in and out for ``"int"``; ``(rows, n) -> (rows, words)`` for rows of words.

    Raises:
        InvalidValue: If the options do not fit together, or the vocabulary has a word twice.
        NotFitted: If there is no vocabulary yet.

    Example:
        >>> layer = StringLookup()
        >>> layer.adapt([["a", "c", "d"], ["d", "z", "z"]])
        >>> layer.get_vocabulary()
        ['[UNK]', 'z', 'd', 'c', 'a']
        >>> layer([["a", "b", "z"]])
        array([[4, 0, 1]], dtype=int32)
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: str | None = None
    oov_token: str = "[UNK]"
    vocabulary: tuple[Term, ...] | None = None
    idf_weights: tuple[float, ...] | None = None
    invert: bool = False
    output_mode: Lookup = "int"
    pad_to_max_tokens: bool = False

    def __post_init__(self) -> None:
        if self.num_oov_indices not in (0, 1):
            raise InvalidValue(
                f"StringLookup: num_oov_indices={self.num_oov_indices}; expected 0 or 1. Several numbers for unknown "
                "words would have to be chosen by TensorFlow's hash function."
            )
        self.check()

    @property
    def mask(self) -> str | None:
        return self.mask_token

    @property
    def unknown(self) -> str:
        return self.oov_token

    def as_terms(self, x: object) -> np.ndarray:
        return as_text(type(self).__name__, x)


@declaration
class IntegerLookup(TermLookup):
    """Replace identifiers, any whole numbers, by their places in a vocabulary, in order of frequency.

    Args:
        max_tokens: The largest number of places, special ones included; None for all identifiers.
        num_oov_indices: How many places unknown identifiers have, by their remainder; 0 refuses them.
        mask_token: An identifier for padding, with the place 0.
        oov_token: The identifier for unknown ones, for ``invert``.
        vocabulary: The identifiers, if they are known; otherwise ``adapt(data)`` finds them.
        idf_weights, invert, output_mode, pad_to_max_tokens: As for :class:`StringLookup`.

    Shapes:
        As for :class:`StringLookup`.

    Raises:
        InvalidValue: If the options do not fit together, or the vocabulary has an identifier twice.
        NotFitted: If there is no vocabulary yet.

    Example:
        >>> layer = IntegerLookup(vocabulary=[12, 36, 1138])
        >>> layer([[12, 1138, 7]])
        array([[1, 3, 0]], dtype=int32)
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: int | None = None
    oov_token: int = -1
    vocabulary: tuple[Term, ...] | None = None
    idf_weights: tuple[float, ...] | None = None
    invert: bool = False
    output_mode: Lookup = "int"
    pad_to_max_tokens: bool = False

    def __post_init__(self) -> None:
        if self.num_oov_indices < 0:
            raise InvalidValue(f"IntegerLookup: num_oov_indices={self.num_oov_indices}; expected 0 or more.")
        self.check()

    @property
    def mask(self) -> int | None:
        return self.mask_token

    @property
    def unknown(self) -> int:
        return self.oov_token

    def number_of_unknown(self, term: Term) -> int:
        """Return the place of an identifier outside the vocabulary: by its remainder."""
        base = super().number_of_unknown(term)
        return base + term % self.num_oov_indices

    def as_terms(self, x: object) -> np.ndarray:
        array = np.asarray(x)
        if array.dtype.kind not in "iub" and not (array.dtype.kind == "f" and (array == np.floor(array)).all()):
            raise DataError(
                f"IntegerLookup: got {array.dtype} values; expected whole numbers. For words: StringLookup."
            )
        return array.astype(np.int64)
