"""Sentences that were made in English, in the language in use.

Notes about a table are made where it is read, and kept in a model's file as they are; ``translations.toml`` holds their
patterns beside what they are in Chinese.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from . import language

PLACE = re.compile(r"\\\{(\w+)\\\}")
PLURAL = re.compile(r"\\\((s|es)\\\)")


class Entry(NamedTuple):
    """A sentence's key, its pattern and what it is in Chinese."""

    key: str
    pattern: re.Pattern[str]
    chinese: str


@cache
def catalog() -> tuple[tuple[Entry, ...], dict[str, str]]:
    """Return the sentences, and the words that stand in them."""
    found = tomllib.loads(files("plastica").joinpath("translations.toml").read_text("utf-8"))
    entries = tuple(Entry(key, _pattern(english), chinese) for key, (english, chinese) in found["sentences"].items())
    return entries, found["words"]


def key_of(sentence: str) -> str:
    """Return the key of a sentence; empty where it has none.

    Example:
        >>> key_of("the columns are separated by semicolons.")
        'separated'
    """
    return next((entry.key for entry in catalog()[0] if entry.pattern.fullmatch(sentence)), "")


def translated(sentence: str) -> str:
    """Return a sentence in the language in use; as it is where nobody knows it.

    Example:
        >>> with language.using("zh"):
        ...     translated("the columns are separated by semicolons.")
        '各列以分号分隔。'
    """
    if language.current() == "en" or not sentence:
        return sentence
    entries, words = catalog()
    for entry in entries:
        if found := entry.pattern.fullmatch(sentence):
            values = {name: words.get(value) or _listed(value, words) for name, value in found.groupdict("").items()}
            return entry.chinese.format(**values)
    return sentence


def _pattern(english: str) -> re.Pattern[str]:
    text = PLURAL.sub(r"(?:\1)?", re.escape(english))
    return re.compile(PLACE.sub(r"(?P<\1>.+?)", text), re.DOTALL)


def _listed(value: str, words: dict[str, str]) -> str:
    """Return a list of words in Chinese where all of them are known."""
    parts = value.split(", ")
    return "、".join(words[part] for part in parts) if all(part in words for part in parts) else value
