"""Texts of the page: messages in two languages, and escaped texts from the table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from ..checks.findings import Finding, noted
from ..errors import InvalidValue
from ..language import LANGUAGES, Texts
from ..notes import Note, sentences

TEXTS = Texts("report", "society", "tables")
LONGEST = 160
# Control characters, surrogates, directional marks, and characters forbidden in XML
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

# Code: an option with its value, or settings in Python
TYPED = re.compile(r"(--[a-z]+ [\w.-]*\w|Settings\([^()]*\))")


def checked_language(lang: str) -> str:
    """Return the language if it is available.

    Raises:
        InvalidValue: If it is not.
    """
    if lang not in LANGUAGES:
        raise InvalidValue(f"lang={lang!r}: expected en or zh.")
    return lang


def plain(value: object, longest: int = LONGEST) -> str:
    r"""Return a cell, a name or a label for display: on one line, without invisible characters, truncated if long.

    Example:
        >>> plain("a\x00b"), plain("x" * 9, longest=5)
        ('a�b', 'xxxx…')
    """
    text = UNSEEN.sub("\N{REPLACEMENT CHARACTER}", " ".join(str(value).split()))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def code(text: str) -> Markup:
    """Return lines for copying, with spaces and line breaks but without invisible characters."""
    return escape("\n".join(UNSEEN.sub("\N{REPLACEMENT CHARACTER}", line) for line in text.split("\n")))


def with_code(text: str) -> Markup:
    """Return a sentence with options and calls marked as code, so that they are not broken at the end of a line.

    Example:
        >>> with_code("Use --model linear.")
        Markup('Use <code>--model linear</code>.')
    """
    return Markup(
        "".join(f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(TYPED.split(text)))
    )


def shown(value: object) -> object:
    """Prepare a value for display in a template, before it is escaped."""
    return plain(value, 4 * LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def both(english: object, chinese: object) -> Markup:
    """Return a text in both languages; the page shows one of them."""
    return Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-Hans">{}</span>').format(
        english, chinese
    )


def say(key: str, /, **values: object) -> Markup:
    """Return a message in both languages; values are escaped unless they are markup."""
    clean = {name: shown(value) for name, value in values.items()}
    forms = (TEXTS.form(lang, key, values.get("count")) for lang in LANGUAGES)
    return both(*(Markup(escape(form)).format(**clean) for form in forms))


def alone(key: str, lang: str, /, **values: object) -> str:
    """Return a message in one language, for places without markup.

    Raises:
        InvalidValue: If the language is not available.
    """
    return TEXTS.spoken(checked_language(lang), key, **{name: plain(value) for name, value in values.items()})


def name_of(prefix: str, name: str) -> Markup | str:
    """Return the name of a metric, a model or a kind in both languages; unknown names are unchanged."""
    key = f"{prefix}_{name}"
    return say(key) if key in TEXTS else name.replace("_", " ")


def score_name(name: str) -> Markup | str:
    """Return the name of a metric in both languages; "mae of price" is that of one of several targets."""
    figure, of, target = name.partition(" of ")
    known, target = name_of("score", figure), plain(target)
    return both(f"{target}: ", f"{target}：") + known if of else known


def say_place(place: str) -> Markup | str:
    """Return the position of a row, such as "line 17", in both languages."""
    word, _, number = place.partition(" ")
    return say(f"place_{word}", number=number) if f"place_{word}" in TEXTS else place


def listed(names: Iterable[str]) -> Markup:
    """Return names in a list, with the commas of each language."""
    clean = [plain(name, 60) for name in names]
    return both(", ".join(clean), "、".join(clean))


def say_notes(notes: Iterable[Note]) -> Markup:
    """Return notes about a table or a column in both languages."""
    given = tuple(notes)
    return both(*(plain(sentences(given, lang), 1000) for lang in LANGUAGES))


def say_finding(finding: Finding) -> Markup:
    """Return a finding in both languages."""
    told = noted(finding)
    return both(*(plain(each, 1000) for each in (told.spoken(lang) for lang in LANGUAGES)))
