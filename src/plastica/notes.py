"""Notes on tables and models: values that are displayed as a sentence in the language of the reader."""

from __future__ import annotations

from collections.abc import Iterable
from string import Formatter
from typing import cast

import msgspec

from .language import Texts, current

TEXTS = Texts("tables", "doctor", "plan", "explain_errors", "forecast_errors", "inside_errors", "serving", "streams")
AS_WRITTEN = "as_written"  # the key of a text that has no translation


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note on an assumption or a result; ``str()`` returns it in English.

    Args:
        key: The key of a text in ``messages/tables.toml`` or another file of ``TEXTS``.
        data: The values of its braces by name: texts, numbers or further notes.

    Example:
        >>> from plastica.language import using
        >>> separated = note("reading.separated", separator=note("words.semicolons"))
        >>> str(separated)
        'the columns are separated by semicolons.'
        >>> with using("zh"):
        ...     separated.said()
        '各列以分号分隔。'
    """

    key: str
    data: dict[str, str | int | float | Note | list[str | Note]] = {}

    def __str__(self) -> str:
        return self.spoken("en")

    def __repr__(self) -> str:
        return f"Note({str(self)!r})"

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def is_complete(self) -> bool:
        """Whether its text can be filled; notes in files of older versions may lack a value of a newer text."""
        if self.key == AS_WRITTEN:
            return True
        if self.key not in TEXTS:
            return False
        text = TEXTS.form("en", self.key, self.data.get("count"))
        return {name for _, name, _, _ in Formatter().parse(text) if name} <= self.data.keys()

    def said(self) -> str:
        """Return the text in the current language."""
        return self.spoken(current())

    def spoken(self, lang: str) -> str:
        """Return the text in one language."""
        if self.key == AS_WRITTEN:
            return str(self.data["text"])
        text = TEXTS.form(lang, self.key, self.data.get("count"))
        return text.format(**{name: _filled(value, lang) for name, value in self.data.items()})


def note(key: str, /, **data: str | int | float | Note | list[str | Note]) -> Note:
    """Return a note."""
    return Note(key, data)


def as_written(text: str) -> Note:
    """Return a note with the same text in every language."""
    return Note(AS_WRITTEN, {"text": text})


def sentence_of(error: Warning | Exception) -> Note | str:
    """Return the sentence of an error or a warning, with its translations if it has any."""
    return error.args[0] if error.args and isinstance(error.args[0], Note) else str(error)


def told(error: Exception) -> str:
    """Return the sentence of an error in the current language, where it has translations."""
    found = sentence_of(error)
    return found.said() if isinstance(found, Note) else found


def sentences(notes: Iterable[Note], lang: str = "en") -> str:
    """Return the texts of notes, joined, in one language."""
    return ("" if lang == "zh" else " ").join(each.spoken(lang) for each in notes)


def first_few(values: list[str], most: int) -> Note:
    """Return the first values separated by commas, with dots if there are more."""
    return note(f"words.{'several' if len(values) > most else 'listed'}", values=[*values[:most]])


def _filled(value: object, lang: str) -> object:
    if isinstance(value, Note):
        return value.spoken(lang)
    if isinstance(value, list):
        return ("、" if lang == "zh" else ", ").join(str(_filled(each, lang)) for each in cast("list[object]", value))
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
