"""TextVectorization: texts become rows of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..random import Shape
from .indexed import Indexed, Lookup
from .vocabulary import as_text

PUNCTUATION = re.compile(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
SPACES = re.compile(r"[ \t\n\r\f\v]+")
ASCII_CAPITALS = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
STANDARDS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")


@declaration
class TextVectorization(Indexed):
    """Turn texts into numbers: lower case, without punctuation, split into words, each word its number by frequency.

    It stands first in a model, which then takes texts, or is called by itself. The vocabulary comes from ``adapt`` or
    is given.

    Args:
        max_tokens: The largest size of the vocabulary, special terms included; None for all.
        standardize: ``"lower_and_strip_punctuation"``, ``"lower"``, ``"strip_punctuation"``, None, or a function of a
            text that returns a text. As in Keras, only the letters A to Z are changed.
        split: ``"whitespace"``, ``"character"``, None for one term a row, or a function of a text that returns a list.
        ngrams: The largest number of neighbouring words that form a term together, beside the words alone; or the
            numbers, ``(2, 3)``.
        output_mode: ``"int"``: the numbers of the words in their order; ``"multi_hot"``: for each word of the
            vocabulary whether it occurs; ``"count"``: how often; ``"tf_idf"``: that times
            ln(1 + rows / (1 + rows with the word)).
        output_sequence_length: For ``"int"`` the length of rows; shorter ones are filled with 0, longer ones cut.
            Needed in a model; by default, the longest row of a call.
        pad_to_max_tokens: Whether vectors have ``max_tokens`` entries, however many terms there are.
        vocabulary: The terms, if they are known.
        idf_weights: For ``"tf_idf"`` with a vocabulary, the weight of each term.

    Shapes:
        ``(rows,)`` or ``(rows, 1)`` to ``(rows, length)`` or ``(rows, terms)``. 0 is padding and 1 an unknown word for
        ``"int"``; otherwise 0 is unknown.

    Raises:
        InvalidValue: If the options do not fit together, or the vocabulary has a term twice.
        NotFitted: If there is no vocabulary yet.

    Example:
        >>> layer = TextVectorization(output_sequence_length=4)
        >>> layer.adapt(["The cat sat.", "The dog sat, too!"])
        >>> layer.get_vocabulary()
        ['', '[UNK]', 'the', 'sat', 'too', 'dog', 'cat']
        >>> layer(["the bird sat"])
        array([[2, 1, 3, 0]], dtype=int32)
    """

    max_tokens: int | None = None
    standardize: str | Callable[[str], str] | None = "lower_and_strip_punctuation"
    split: str | Callable[[str], Iterable[object]] | None = "whitespace"
    ngrams: int | tuple[int, ...] | None = None
    output_mode: Lookup = "int"
    output_sequence_length: int | None = None
    pad_to_max_tokens: bool = False
    vocabulary: tuple[str, ...] | None = None
    idf_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, given, known in (("standardize", self.standardize, STANDARDS), ("split", self.split, SPLITS)):
            if not (given is None or callable(given) or (isinstance(given, str) and given in known)):
                raise InvalidValue(
                    f"TextVectorization: {name}={given!r}; expected one of {', '.join(known)}, None or a function."
                )
        if self.output_mode not in ("int", "multi_hot", "count", "tf_idf"):
            raise InvalidValue(
                f"TextVectorization: output_mode={self.output_mode!r}; expected one of int, multi_hot, count, tf_idf."
            )
        if self.output_sequence_length is not None and (self.output_mode != "int" or self.output_sequence_length < 1):
            raise InvalidValue(
                f"TextVectorization: output_sequence_length={self.output_sequence_length!r}; it is the length of rows "
                'for output_mode="int", at least 1.'
            )
        if any(size < 1 for size in self._sizes()):
            raise InvalidValue(f"TextVectorization: ngrams={self.ngrams!r}; expected numbers of at least 1.")
        self.check()

    @property
    def num_oov_indices(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """One number for unknown words."""
        return 1

    @property
    def mask(self) -> str:
        return ""

    @property
    def unknown(self) -> str:
        return "[UNK]"

    @property
    def takes_integers(self) -> bool:
        return self.output_mode == "int"

    def output_shape(self, shape: Shape) -> Shape:
        if tuple(shape) not in ((), (1,)):
            raise ShapeError(
                f"TextVectorization: got rows of shape {tuple(shape)}; expected one text for each row, (rows,) or "
                "(rows, 1)."
            )
        if self.output_mode != "int":
            return (self.depth,)
        if self.output_sequence_length is None:
            raise InvalidValue(
                "TextVectorization: a model needs rows of one length; give output_sequence_length=..., such as the "
                "length of the longest text."
            )
        return (self.output_sequence_length,)

    def transform(self, x: object) -> np.ndarray:
        numbers = self.numbers_of(self.rows_of(x))
        if self.output_mode != "int":
            return self.vectors(numbers)
        length = self.output_sequence_length or max(map(len, numbers), default=0)
        made = np.zeros((len(numbers), length), np.int32)
        for place, row in enumerate(numbers):
            made[place, : len(row)] = row[:length]
        return made

    def rows_of(self, x: object) -> Iterator[list[str]]:
        texts = as_text("TextVectorization", x)
        if texts.ndim > 1 and self.split is not None and texts.shape[1:] != (1,):
            raise ShapeError(
                f"TextVectorization: got texts of shape {texts.shape}; expected one text for each row, (rows,) or "
                "(rows, 1). For words that are split already: split=None."
            )
        for row in texts.reshape(len(texts), -1):
            terms = [self._standard(text) for text in row]
            yield self._grams(terms if self.split is None else self._words(terms[0]))

    def _standard(self, text: str) -> str:
        if callable(self.standardize):
            return str(self.standardize(text))
        if self.standardize in ("lower", "lower_and_strip_punctuation"):
            text = text.translate(ASCII_CAPITALS)
        return PUNCTUATION.sub("", text) if self.standardize in STANDARDS and self.standardize != "lower" else text

    def _words(self, text: str) -> list[str]:
        if callable(self.split):
            return list(map(str, self.split(text)))
        return list(text) if self.split == "character" else [word for word in SPACES.split(text) if word]

    def _grams(self, words: list[str]) -> list[str]:
        if self.ngrams is None:
            return words
        return [
            " ".join(words[begin : begin + size])
            for size in self._sizes()
            for begin in range(len(words) - size + 1)
        ]  # fmt: skip

    def _sizes(self) -> tuple[int, ...]:
        if isinstance(self.ngrams, tuple):
            return self.ngrams
        return () if self.ngrams is None else tuple(range(1, self.ngrams + 1)) or (0,)
