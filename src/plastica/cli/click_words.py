"""What click says of its own accord, in the language in use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from .. import language
from .wording import SAY

MODULES = ("core", "exceptions", "formatting", "types", "parser", "decorators")


def install() -> None:
    """Let click look its words up here: it asks gettext, whose catalogues know no plastica."""
    for name in MODULES:
        module = import_module(f"click.{name}")
        for asked, answer in (("_", _said), ("ngettext", _counted)):
            if asked in vars(module):
                setattr(module, asked, answer)


def asked_language(arguments: Sequence[str]) -> str:
    """Return the language that a command line or else the environment asks for, before its options are read.

    Example:
        >>> asked_language(["train", "a.csv", "--lang", "zh"]), asked_language(["info", "--lang=zh"])
        ('zh', 'zh')
    """
    for place, word in enumerate(arguments):
        name, _, value = word.partition("=")
        value = value or "".join(arguments[place + 1 : place + 2])
        if name == "--lang" and value in language.LANGUAGES:
            return value
    return language.of_environment(os.environ)


def described(text: str | None) -> str | None:
    """Return the help of a command or of an option in the language in use."""
    return None if text is None else _said(text)


def _said(text: str) -> str:
    return text if language.current() == "en" else _chinese().get(text, text)


def _counted(one: str, several: str, count: int) -> str:
    return _said(one if count == 1 else several)


@cache
def _chinese() -> dict[str, str]:
    return {english: chinese for key, (english, chinese) in SAY.entries.items() if key.startswith(("click.", "help."))}
