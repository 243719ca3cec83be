"""The texts that click prints itself, and help, in the current language."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import NoReturn

import click
from click.formatting import measure_table
from click.types import FloatParamType, IntParamType

from .. import language
from ..language import Texts
from .wording import wrapped

SAY = Texts("cli", "help")
OF_NUMBERS = ("{value!r} is not a valid {number_type}.", "{value} is not in the range {range}.")
MODULES = ("core", "exceptions", "formatting", "types", "parser", "decorators")


def install() -> None:
    """Replace the functions of gettext with which click translates its own texts."""
    for name in MODULES:
        module = import_module(f"click.{name}")
        for asked, answer in (("_", _said), ("ngettext", _counted)):
            if asked in vars(module):
                setattr(module, asked, answer)
    for kind in (IntParamType, FloatParamType):
        kind.fail = _refuse_number


def _refuse_number(
    self: click.ParamType, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None
) -> NoReturn:
    """Say what an option expects, in place of click's "'x' is not a valid integer range" and "0 is not in x>=1"."""
    wanted = SAY("click.whole" if isinstance(self, IntParamType) else "click.number")
    ends = _ends(self) if isinstance(self, click.IntRange | click.FloatRange) else ()
    if ends:
        wanted = SAY("click.bounded", wanted=wanted, ends=SAY("click.and").join(ends))
    raise click.BadParameter(SAY("click.expected", wanted=wanted, value=message), ctx, param)


def _ends(kind: click.IntRange | click.FloatRange) -> tuple[str, ...]:
    """Return the ends of a range in words."""
    low, high = ("" if end is None else f"{end:g}" for end in (kind.min, kind.max))
    if low and high and not (kind.min_open or kind.max_open):
        return (SAY("click.between", low=low, high=high),)
    from_, to = ("above" if kind.min_open else "at_least"), ("below" if kind.max_open else "at_most")
    return tuple(SAY(f"click.{key}", end=end) for key, end in ((from_, low), (to, high)) if end)


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
    if text in OF_NUMBERS:  # what was given: _refuse_number says the rest
        return "{value!r}"
    return text if language.current() == "en" else _chinese().get(text, text)


def _counted(one: str, several: str, count: int) -> str:
    return _said(one if count == 1 else several)


@cache
def _chinese() -> dict[str, str]:
    return {english: chinese for key, (english, chinese) in SAY.entries.items() if key.startswith(("click.", "help."))}
