"""The texts that click prints itself, and help, in the current language."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module

import click
from click.formatting import measure_table

from .. import language
from ..language import Texts
from .wording import wrapped

SAY = Texts("cli", "help")
MODULES = ("core", "exceptions", "formatting", "types", "parser", "decorators")


def install() -> None:
    """Replace the functions of gettext with which click translates its own texts."""
    for name in MODULES:
        module = import_module(f"click.{name}")
        for asked, answer in (("_", _said), ("ngettext", _counted)):
            if asked in vars(module):
                setattr(module, asked, answer)


def asked_language(arguments: Sequence[str]) -> str:
    """Return the language set by the command line or the environment, before options are parsed.

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


class HelpFormatter(click.HelpFormatter):
    """Writes help in the current language; click neither translates it nor wraps Chinese text."""

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text(_broken(text, self.width - self.current_indent))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a table of options or commands, whose text may end with a default in brackets."""
        rows = list(rows)
        first = min(max(measure_table(rows)[:1], default=0), col_max) + col_spacing
        room = max(self.width - first - 2, 10)
        super().write_dl([(name, _broken(text, room)) for name, text in rows], col_max, col_spacing)


class HelpContext(click.Context):
    """A context whose help is in the current language."""

    formatter_class = HelpFormatter


def _broken(text: str, width: int) -> str:
    """Return a help text in the current language, in Chinese with line breaks that click preserves."""
    if language.current() == "en":
        return text
    words, gap, default = text.partition("  [")
    paragraphs = (_said(words) + gap + default).split("\n\n")
    return "\n\n".join("\b\n" + "\n".join(wrapped(each, width)) for each in paragraphs)


def _said(text: str) -> str:
    return text if language.current() == "en" else _chinese().get(text, text)


def _counted(one: str, several: str, count: int) -> str:
    return _said(one if count == 1 else several)


@cache
def _chinese() -> dict[str, str]:
    return {english: chinese for key, (english, chinese) in SAY.entries.items() if key.startswith(("click.", "help."))}
