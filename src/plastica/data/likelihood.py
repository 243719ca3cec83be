"""Log likelihood of a text in a language, summed over its letters beyond ASCII."""

from __future__ import annotations

import functools
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable

from .alphabets import CHINESE, HIRAGANA, JAPANESE, KATAKANA, KOREAN, LATIN, OTHERS, TRADITIONAL

Feature = tuple[str, str]  # a character, and its context
FeatureShares = dict[str, float]

INITIAL, CAPS = 0.08, 0.7  # share of capitals at the beginning of words, and after a capital
MISPLACED = 5e-4  # a capital after a small letter, or a final form within a word: typical of wrongly decoded bytes
MIXED = {"Latin": 1.0, "other": 0.02, "Han": 0.05}  # next to an ASCII letter
FOREIGN = 3e-4  # an accented letter of another language, as in names
STRANGE = 1e-6  # a letter of another script
FINAL = "ςםןךףץ"
SYMBOLS = "°€£¥§²³½¼«»“”„‘’–—…№·•©®™×÷±ªº¿¡"
PUNCTUATION = "，。、；：？！（）「」『』《》〈〉【】・ー〜～％　"
# Shares of symbols by context: alone, next to a letter, between letters.
SYMBOL = {"alone": 1e-2, "beside": 2e-3, "inside": 3e-5}
ODD_SYMBOL = {"alone": 1e-4, "beside": 1e-5, "inside": 1e-6}
# National standards list common characters first: codec; first and last row, share in texts, number of characters.
LEVELS = {
    "Korean": ("euc_kr", (0xB0, 0xC8, 0.2, 2350), (0xCA, 0xFD, 0.02, 4888)),
    "Japanese": ("euc_jp", (0xB0, 0xCF, 0.12, 2965), (0xD0, 0xF4, 0.005, 3390)),
    "traditional Chinese": ("big5", (0xA4, 0xC6, 0.3, 5401), (0xC9, 0xF9, 0.02, 7652)),
    "Chinese": ("gb2312", (0xB0, 0xD7, 0.3, 3755), (0xD8, 0xF7, 0.03, 3008)),
}
HALF_WIDTH = "".join(map(chr, range(0xFF66, 0xFFA0)))
SELDOM = {"half-width Japanese": 8.0}
RAREST = 1e-7
BROKEN = 1e-6  # an invalid byte
UNPRINTABLE = 1e-8


def features(words: Iterable[str]) -> Counter[Feature]:
    """Count the characters beyond ASCII in words by context."""
    found: Counter[Feature] = Counter()
    for word in words:
        padded = f" {word} "
        for before, letter, after in zip(padded, padded[1:], padded[2:], strict=False):
            if letter > "\x7f":
                found[letter, _standing(before, letter, after)] += 1
    return found


def _standing(before: str, letter: str, after: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return "broken"
    kind = unicodedata.category(letter)
    if kind[0] == "C":
        return "unprintable"
    if kind[0] not in "LM":
        return ("alone", "beside", "inside")[before.isalpha() + after.isalpha()]
    if (letter in FINAL and after.isalpha()) or (kind == "Lu" and before.islower()):
        return "misplaced"
    if kind == "Lu":
        return "caps" if before.isupper() else "initial"
    return "mixed" if _is_ascii_letter(before) or _is_ascii_letter(after) else "small"


def _is_ascii_letter(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


def log_likelihood(counts: Counter[Feature]) -> tuple[float, str]:
    """Return the highest log probability over all languages, and the language."""
    return max(
        (sum(n * _log(language, *each) for each, n in counts.items()) - SELDOM.get(language, 0.0), language)
        for language in LANGUAGES
    )


@functools.lru_cache(maxsize=1 << 16)
def _log(language: str, letter: str, standing: str) -> float:
    return math.log(_share(language, letter, standing))


def _share(language: str, letter: str, standing: str) -> float:
    if standing == "broken":
        return BROKEN
    if standing == "unprintable":
        return UNPRINTABLE
    script, shares = _model(language)
    lower = letter if letter == "İ" else letter.lower()  # its lower case has two characters
    if standing in SYMBOL:
        if script == "Han":
            return 0.03 / len(PUNCTUATION) if letter in PUNCTUATION else ODD_SYMBOL["alone"]
        if letter == "’":
            return SYMBOL["alone"]
        return (SYMBOL if letter in SYMBOLS else ODD_SYMBOL)[standing]
    share = shares.get(lower, 0.0) or _rare(language, script, letter)
    factor = {"initial": INITIAL, "caps": CAPS, "misplaced": MISPLACED, "mixed": MIXED[script]}.get(standing, 0.9)
    return share * factor


def _rare(language: str, script: str, letter: str) -> float:
    if script == "Latin":
        return FOREIGN if letter.lower() in ACCENTED else STRANGE
    if script == "other" or language not in LEVELS:
        return STRANGE
    codec, *levels = LEVELS[language]
    try:
        row = letter.encode(codec)[0]
    except UnicodeEncodeError:
        return RAREST
    return next((share / count for first, last, share, count in levels if first <= row <= last), RAREST)


@functools.cache
def _model(language: str) -> tuple[str, FeatureShares]:
    if language in LATIN:
        return "Latin", _falling(LATIN[language], 4.0)
    if language in OTHERS:
        return "other", _falling(OTHERS[language], 9.0)
    if language == "half-width Japanese":
        return "Han", _even(HALF_WIDTH, 0.95)
    if language == "Japanese":
        kana = {**_even(HIRAGANA, 0.3), **_even(KATAKANA, 0.25)}
        return "Han", {**_even(JAPANESE, 0.3), **kana}
    shown = {"Korean": (KOREAN, 0.75), "Chinese": (CHINESE, 0.65), "traditional Chinese": (TRADITIONAL, 0.65)}
    return "Han", _even(*shown[language])


def _falling(letters: str, pace: float) -> FeatureShares:
    """Return shares that decrease to a third over ``pace`` ranks, as letter frequencies approximately do."""
    weights = {letter: math.exp(-rank / pace) + 0.01 for rank, letter in reversed(list(enumerate(letters)))}
    whole = sum(weights.values())
    return {letter: weight / whole for letter, weight in weights.items()}


def _even(letters: str, share: float) -> FeatureShares:
    return dict.fromkeys(letters, share / len(set(letters)))


ACCENTED = frozenset("".join(LATIN.values()))
LANGUAGES = (*LATIN, *OTHERS, "Japanese", "half-width Japanese", "Korean", "Chinese", "traditional Chinese")
