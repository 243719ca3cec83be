"""Texts of the commands: translations, Python arguments spelled as options, and wrapping."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import click

from .. import language
from ..language import Texts

if TYPE_CHECKING:
    from ..checks.findings import Finding

SAY = Texts("cli", "tables")
VALUE = r"\"[^\"\n]*\"|'[^'\n]*'|\[[^\]\n]*\]|\([^()\n]*\)|\.\.\.|[\w:*+\-][\w:*+\-.]*(?<!\.)|"
# Quoted names and labels are left unchanged, even if they look like an argument, and so are fields of layers, such as
# layers.0.rate=0.5; those of the optimizer are options of their own name.
PYTHON = re.compile(
    rf"(?<!\w)(?:'[^'\n]*'|\"[^\"\n]*\"|"
    rf"(?:Settings|Forecaster|[a-z]\w*)\((?P<setting>\w+)=(?P<set>{VALUE})\)"
    rf"|(?<!\.)(?:optimizer\.)?(?P<name>[a-z]\w*)=(?P<value>{VALUE}))"
)
WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60"
PIECES = re.compile(rf"\s+|[{WIDE}][，。；：！？、）》”]*|[^\s{WIDE}]+[，。；：！？、）》”]*")


def options_of(command: click.Command | None) -> dict[str, click.Option]:
    """Return a command's options by their Python names."""
    found: dict[str, click.Option] = {}
    for each in command.params if command else ():
        if isinstance(each, click.Option):
            for name in (*(opt.lstrip("-").replace("-", "_") for opt in each.opts), each.name or ""):
                found[name] = each
    return found


def in_command_words(text: str) -> str:
    r"""Replace ``name=value`` by the corresponding command-line option; other text is unchanged.

    Example:
        >>> import click
        >>> command = click.Command("train", params=[click.Option(["--class-weight"]), click.Option(["--stream"],
        ...                                                                                          is_flag=True)])
        >>> with click.Context(command):
        ...     in_command_words("try class_weight=None, stream=True; 'class_weight=1' is a column")
        "try --class-weight none, --stream; 'class_weight=1' is a column"
    """
    # Messages name arguments of Python, as all callers but the command line know them.
    context = click.get_current_context(silent=True)
    known = options_of(context.command if context else None)

    def written(found: re.Match[str]) -> str:
        name, value = found["setting"] or found["name"], found["set"] or found["value"] or ""
        option = known.get(name or "")
        if option is None:
            return found[0]
        word = next((opt for opt in option.opts if opt.lstrip("-").replace("-", "_") == name), option.opts[0])
        return word if option.is_flag and value == "True" else f"{word} {_as_argument(value)}".rstrip()

    return PYTHON.sub(written, text)


def _as_argument(value: str) -> str:
    if value[:1] in ("[", "("):
        value = ",".join(part.strip(" '\"") for part in value[1:-1].split(",") if part.strip())
    elif value[:1] in "'\"" and value[-1:] == value[:1]:
        value = value[1:-1]
    elif value == "None":
        return "none"
    return value if re.fullmatch(r"[\w.,:*<>+-]*", value) else shlex.quote(value)


def finding_in_words(finding: Finding) -> str:
    """Return a finding in the current language."""
    from ..checks.findings import noted

    return noted(finding).said()


def listed(parts: list[str]) -> str:
    """Join parts into one line."""
    return ("、" if language.current() == "zh" else ", ").join(parts)


def cells(text: str) -> int:
    """Return the number of terminal cells that a text occupies.

    Example:
        >>> cells("abc"), cells("训练")
        (3, 4)
    """
    return len(text) if text.isascii() else sum(1 + (east_asian_width(each) in "WF") for each in text)


def cut(text: str, width: int) -> str:
    """Truncate a text to a number of cells.

    Example:
        >>> cut("abcdef", 4), cut("训练", 3), cut("ab", 4)
        ('abc…', '训…', 'ab')
    """
    if cells(text) <= width:
        return text
    while cells(text) > max(0, width - 1):
        text = text[:-1]
    return text + "…" * (width > 0)


def padded(text: str, width: int) -> str:
    """Pad a text with spaces to a number of cells."""
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int) -> Iterator[str]:
    """Wrap a text into lines.

    Example:
        >>> list(wrapped("one two three", 8)), list(wrapped("一二三，四", 8))
        (['one two', 'three'], ['一二三，', '四'])
    """
    line = ""
    for piece in PIECES.findall(text):
        if line.strip() and cells((line + piece).rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += "" if not line and piece.isspace() else piece
    yield line.rstrip()
