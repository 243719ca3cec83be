"""The language of the output, and catalogues of texts in all languages."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Generator, Iterator, Mapping
from contextvars import ContextVar
from functools import cached_property
from importlib.resources import files
from typing import cast

from .errors import InvalidValue

LANGUAGES = ("en", "zh")
_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """Return the current language: English unless changed by :func:`using`."""
    return _current.get()


@contextlib.contextmanager
def using(lang: str) -> Generator[None, None, None]:
    """Set the language within a ``with`` block.

    Raises:
        InvalidValue: If the language is not supported.

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
    """Return the language that environment variables select, by the rules of GNU gettext.

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
    """Texts of a file in ``messages`` with lines ``key = [English, Chinese]``, in which braces are filled in.

    A key in a table of the file is written ``table.key``. If a text has two forms separated by a bar, the first is for
    a ``count`` of one.

    Args:
        names: The names of one or more files without suffix.

    Example:
        >>> WORDS("epochs", count=3), WORDS("epochs", count=1), WORDS.name("metric", "top_k_accuracy")
        ('3 epochs', '1 epoch', 'top k accuracy')
    """

    def __init__(self, *names: str) -> None:
        self.names = names

    @cached_property
    def entries(self) -> dict[str, tuple[str, ...]]:
        """The texts by key, in the order of ``LANGUAGES``."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.names:
            text = files("plastica").joinpath("messages", f"{name}.toml").read_text("utf-8")
            found |= _flat(tomllib.loads(text))
        return found

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text in the current language."""
        return self.spoken(current(), key, **values)

    def spoken(self, lang: str, key: str, /, **values: object) -> str:
        """Return a text in one language."""
        count = values.get("count")
        if isinstance(count, int):
            values["count"] = f"{count:,}"
        return self.form(lang, key, count).format(**values)

    def form(self, lang: str, key: str, count: object = None) -> str:
        """Return a text with its braces, in the form for the count if there are two."""
        one, _, several = self.entries[key][LANGUAGES.index(lang)].partition("|")
        return several if several and count != 1 else one

    def name(self, prefix: str, name: str) -> str:
        """Return the text for the key ``prefix_name``, or the name itself if there is none."""
        key = f"{prefix}_{name}"
        return self(key) if key in self else name.replace("_", " ")


def _flat(found: Mapping[str, object], before: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, object]", value), f"{before}{key}.")
        else:
            yield f"{before}{key}", tuple(cast("list[str]", value))


WORDS = Texts("training")
