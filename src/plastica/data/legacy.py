"""Detection of legacy encodings by the language of the decoded text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..notes import Note, note
from .likelihood import features, log_likelihood

# Codec, name, and prior log probability relative to the first.
CANDIDATES = (
    ("cp1252", "Windows-1252 (Western European)", 0.0),
    ("latin-1", "Latin-1", 0.5),
    ("cp1251", "Windows-1251 (Cyrillic)", 1.5),
    ("gb18030", "GB18030 (GBK, simplified Chinese)", 1.0),
    ("cp932", "Shift-JIS (Japanese)", 1.5),
    ("cp949", "EUC-KR (Korean)", 1.5),
    ("cp950", "Big5 (traditional Chinese)", 1.5),
    ("cp1250", "Windows-1250 (Central European)", 2.0),
    ("euc_jp", "EUC-JP (Japanese)", 2.5),
    ("cp1254", "Windows-1254 (Turkish)", 2.0),
    ("cp1253", "Windows-1253 (Greek)", 2.5),
    ("cp1255", "Windows-1255 (Hebrew)", 2.5),
    ("cp1256", "Windows-1256 (Arabic)", 2.5),
    ("cp1257", "Windows-1257 (Baltic)", 5.0),
    ("cp874", "Windows-874 (Thai)", 3.0),
    ("iso8859-2", "ISO-8859-2 (Central European)", 2.5),
    ("koi8-u", "KOI8 (Cyrillic)", 3.0),
    ("big5hkscs", "Big5-HKSCS (traditional Chinese)", 3.0),
    ("iso8859-15", "ISO-8859-15 (Western European)", 3.0),
    ("iso8859-5", "ISO-8859-5 (Cyrillic)", 5.0),
    ("iso8859-7", "ISO-8859-7 (Greek)", 3.5),
    ("mac_roman", "Mac Roman", 4.0),
    ("mac_cyrillic", "Mac Cyrillic", 6.0),
    ("mac_latin2", "Mac Central European", 6.0),
    ("cp437", "code page 437 (DOS)", 4.0),
    ("cp850", "code page 850 (DOS, Western European)", 4.0),
    ("cp852", "code page 852 (DOS, Central European)", 5.0),
    ("cp866", "code page 866 (DOS, Cyrillic)", 4.0),
    ("cp857", "code page 857 (DOS, Turkish)", 6.0),
    ("cp737", "code page 737 (DOS, Greek)", 6.0),
)
NOISE = math.log(1 / 128) - 1.5  # a byte beyond ASCII without meaning, which is rare
NOISE_PRIOR = 1.5
SECOND_SAMPLE = 1 << 14
AGREEMENT = 1.0  # log likelihood added for the choice of charset-normalizer
# Words in a table are not independent (one language, one topic), so evidence counts less than its sum.
TEMPER = 0.5
SURE, LIKELY = 0.99, 0.8


@dataclass(frozen=True)
class EncodingGuess:
    """The most likely encoding.

    Args:
        codec: The name of the Python codec.
        name: The name for users.
        share: The probability of this encoding, from 0 to 1.
        other: The name of the second most likely encoding that gives another text; "" if there is none.
        language: The language whose letters decided.
    """

    codec: str
    name: str
    share: float
    other: str
    language: str

    @property
    def said(self) -> Note | str:
        """The name and, if it is uncertain, the alternative."""
        if self.share >= SURE or not self.other:
            return self.name
        how = "probable" if self.share >= LIKELY else "unsure"
        return note(f"reading.encoding_{how}", name=self.name, other=self.other)


def tell(words: Iterable[bytes]) -> EncodingGuess | None:
    """Return the most likely encoding of words, or None if no encoding is plausible.

    The likelihood of each candidate is that of its letters in the most suitable language; see :mod:`.likelihood`.
    charset-normalizer decides between candidates with similar likelihoods.

    Args:
        words: Distinct words with bytes beyond ASCII; repetitions carry no additional information.
    """
    words = list(words)
    readings = _readings(words)
    scores = {codec: likelihood - prior for codec, prior, likelihood, _, _ in readings}
    texts = {codec: text for codec, _, _, text, _ in readings}
    second = _second_opinion(b"\n".join(words))
    for codec, text in texts.items():
        if second and text == _decoded(words, second):
            scores[codec] += AGREEMENT
    noise = sum(byte > 127 for word in words for byte in word) * NOISE - NOISE_PRIOR
    if not scores or max(scores.values()) < noise:
        return None
    best = max(scores, key=lambda codec: scores[codec])
    others = {texts[codec]: (score, codec) for codec, score in sorted(scores.items(), key=lambda each: each[1])}
    others.pop(texts[best])
    weights = {codec: math.exp(TEMPER * (score - scores[best])) for score, codec in others.values()}
    share = 1 / (1 + sum(weights.values()))
    names = {codec: name for codec, name, _ in CANDIDATES}
    other = max(weights, key=lambda codec: weights[codec], default="")
    language = next(language for codec, _, _, _, language in readings if codec == best)
    return EncodingGuess(best, names[best], share, names.get(other, ""), language)


def likelihood_of(words: Iterable[bytes], codec: str) -> float:
    """Return the log probability of words in an encoding; invalid bytes have a low probability."""
    return log_likelihood(features(word.decode(codec, "surrogateescape") for word in words))[0]


def _readings(words: list[bytes]) -> list[tuple[str, float, float, str, str]]:
    found: list[tuple[str, float, float, str, str]] = []
    for codec, _, prior in CANDIDATES:
        if (text := _decoded(words, codec)) is not None:
            likelihood, language = log_likelihood(features(text.split("\n")))
            found.append((codec, prior, likelihood, text, language))
    return found


def _decoded(words: list[bytes], codec: str) -> str | None:
    try:
        return b"\n".join(words).decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None


def _second_opinion(data: bytes) -> str:
    """Return the codec chosen by charset-normalizer, or "" if it finds none."""
    from charset_normalizer import from_bytes

    found = from_bytes(data[:SECOND_SAMPLE], cp_isolation=[codec for codec, _, _ in CANDIDATES]).best()
    return "" if found is None else found.encoding
