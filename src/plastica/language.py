"""The language in which people are spoken to, and texts that stand in every language side by side in one file."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cached_property
from importlib.resources import files
from typing import Any

from .errors import InvalidValue

LANGUAGES = ("en", "zh")
_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """Return the language in use: English unless :func:`using` says otherwise."""
    return _current.get()


@contextlib.contextmanager
def using(lang: str) -> Iterator[None]:
    """Speak a language within a block.

    Raises:
        InvalidValue: There is no such language.

    Example:
        >>> with using("zh"):
        ...     WORDS("epoch")
        '训练轮'
    """
    if lang not in LANGUAGES:
        raise InvalidValue(f"lang={lang!r}: expected {' or '.join(LANGUAGES)}.")
    before = _current.set(lang)
    try:
        yield
    finally:
        _current.reset(before)


def of_environment(environment: Mapping[str, str]) -> str:
    """Return the language that a person's environment asks for, as GNU programs read it.

    Example:
        >>> of_environment({"LANG": "zh_CN.UTF-8"}), of_environment({"LANG": "de_DE"}), of_environment({})
        ('zh', 'en', 'en')
        >>> of_environment({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"})
        'en'
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "C")
    asked = environment.get("LANGUAGE", "") if locale.partition(".")[0] not in ("C", "POSIX") else ""
    for each in (*asked.split(":"), locale):
        if (lang := each[:2].lower()) in LANGUAGES:
            return lang
    return "en"


class Texts:
    """Texts of a TOML file with lines ``key = [English, Chinese]``, in which braces are filled in.

    Args:
        package: Where the file is.
        name: The file's name.

    Example:
        >>> WORDS("epochs", count=3), WORDS.says("no_such_key")
        ('3 epochs', False)
    """

    def __init__(self, package: str, name: str) -> None:
        self.package, self.name = package, name

    @cached_property
    def entries(self) -> dict[str, tuple[str, ...]]:
        """Every text by its key, in the order of ``LANGUAGES``."""
        text = files(self.package).joinpath(self.name).read_text("utf-8")
        return {key: tuple(found) for key, found in tomllib.loads(text).items()}

    def says(self, key: str) -> bool:
        """Return whether there is such a text."""
        return key in self.entries

    def counted(self, key: str, count: int, /, **values: Any) -> str:
        """Return a text about so many of something: the form for one stands before a bar, that for others behind it."""
        one, _, several = self(key, count=f"{count:,}", **values).partition("|")
        return several if several and count != 1 else one

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return a text in the language in use."""
        return self.entries[key][LANGUAGES.index(current())].format(**values)


WORDS = Texts("plastica", "words.toml")
