"""Words in two languages, and what a table says made harmless: every text of the page goes through here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape

from ..errors import InvalidValue
from ..estimators.checks import Finding, written

LANGUAGES = ("en", "zh")
LONGEST = 160
# Controls, surrogates, marks that turn the direction of writing, and what XML forbids
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

# What a person types: an option with its value, or settings in Python
TYPED = re.compile(r"(--[a-z]+ [\w.-]*\w|Settings\([^()]*\))")


@cache
def messages() -> dict[str, tuple[str, str]]:
    """Return every message by its key, in English and in Chinese."""
    text = files("plastica.report").joinpath("messages.toml").read_text("utf-8")
    return {key: (found[0], found[1]) for key, found in tomllib.loads(text).items()}


def checked_language(lang: str) -> str:
    """Return the language if there is such a one.

    Raises:
        InvalidValue: When there is none.
    """
    if lang not in LANGUAGES:
        raise InvalidValue(f"lang={lang!r}: expected en or zh.")
    return lang


def plain(value: Any, longest: int = LONGEST) -> str:
    r"""Return a cell, a name or a label as it may be shown: on one line, nothing unseen in it, not too long.

    Example:
        >>> plain("a\x00b"), plain("x" * 9, longest=5)
        ('a�b', 'xxxx…')
    """
    text = UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(str(value).split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def code(text: str) -> Markup:
    """Return lines that are to be copied: their spaces and ends stay, what is unseen does not."""
    return escape("\n".join(UNSEEN.sub("\N{REPLACEMENT CHARACTER}", line) for line in text.split("\n")))


def with_code(text: str) -> Markup:
    """Return a sentence with its options and calls set as code, so that none is cut at the end of a line.

    Example:
        >>> with_code("Use --model linear.")
        Markup('Use <code>--model linear</code>.')
    """
    return Markup(
        "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(TYPED.split(text)))
    )


def shown(value: Any) -> Any:
    """What a template does to every value before it escapes it."""
    return plain(value, 4 * LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def both(english: Any, chinese: Any) -> Markup:
    """Return a text in both languages, of which the page shows one."""
    return Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-Hans">{}</span>').format(
        english, chinese
    )


def say(key: str, /, **values: Any) -> Markup:
    """Return a message in both languages; values are escaped where they are not markup already."""
    clean = {name: shown(value) for name, value in values.items()}
    english, chinese = (Markup(escape(text)).format(**clean) for text in messages()[key])
    return both(english, chinese)


def alone(key: str, lang: str, /, **values: Any) -> str:
    """Return a message in one language, for a place that holds no markup."""
    return messages()[key][LANGUAGES.index(lang)].format(**{name: plain(value) for name, value in values.items()})


def name_of(prefix: str, name: str) -> Markup | str:
    """Return what a figure, a model or a kind is called in both languages; an unknown one keeps its name."""
    key = f"{prefix}_{name}"
    return say(key) if key in messages() else name.replace("_", " ")


def score_name(name: str) -> Markup | str:
    """Return what a figure is called in both languages; "mae of price" is that of one target of several."""
    figure, of, target = name.partition(" of ")
    known, target = name_of("score", figure), plain(target)
    return both(f"{target}: ", f"{target}：") + known if of else known


def say_place(place: str) -> Markup | str:
    """Return where a row stands, such as "line 17", in both languages."""
    word, _, number = place.partition(" ")
    return say(f"place_{word}", number=number) if f"place_{word}" in messages() else place


def listed(names: Iterable[str]) -> Markup:
    """Return names one after another, with the commas of each language."""
    clean = [plain(name, 60) for name in names]
    return both(", ".join(clean), "、".join(clean))


@cache
def _notes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the patterns of notes that are made in English, and what they are in Chinese."""
    notes = (pair for key, pair in messages().items() if key.startswith("note_"))
    return tuple(
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(english))), said) for english, said in notes
    )


def say_note(note: str) -> Markup:
    """Return a note about a table or a column in both languages; one that is not known stays English."""
    english = plain(note, 1000)
    for pattern, chinese in _notes():
        if found := pattern.fullmatch(english):
            return both(english, chinese.format(**{name: _noted(value) for name, value in found.groupdict().items()}))
    return both(english, english)


def _noted(value: str) -> str:
    for key in (f"score_{value.replace(' ', '_')}", f"separator_{value}"):
        if key in messages():
            return messages()[key][1]
    return value


def say_finding(finding: Finding) -> Markup:
    """Return a finding in both languages."""
    english, key = plain(finding.message, 1000), f"finding_{finding.code}"
    if key not in messages():
        return both(english, english)
    values = {name: plain(_translated(name, value)) for name, value in finding.data.items()}
    return both(english, messages()[key][1].format(**values))


# Which values of a finding are words of plastica's own, and with what their messages' keys begin
OWN_WORDS = {"part": "part", "name": "model", "figure": "score", "measure": "measure"}


def _translated(name: str, value: str | int | float) -> str:
    """Return a finding's value as it stands in the Chinese sentence."""
    text = written(value)
    key = f"{OWN_WORDS.get(name)}_{text.replace(' ', '_')}"
    return messages()[key][1] if key in messages() else text
