"""What is told of a table or a model: values that become a sentence in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .language import Texts, current

TEXTS = Texts("tables")
AS_WRITTEN = "as_written"  # the key of a text that has no translation


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that was assumed or found; ``str()`` says it in English.

    Args:
        key: Which sentence, or part of one, of ``messages/tables.toml``.
        data: What fills its braces, by name: a text or a number as it is, a further note as it is said.

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

    def said(self) -> str:
        """Return it in the language in use."""
        return self.spoken(current())

    def spoken(self, lang: str) -> str:
        """Return it in one language."""
        if self.key == AS_WRITTEN:
            return str(self.data["text"])
        text = TEXTS.form(lang, self.key, self.data.get("count"))
        return text.format(**{name: _filled(value, lang) for name, value in self.data.items()})


def note(key: str, /, **data: str | int | float | Note | list[str | Note]) -> Note:
    """Return a note."""
    return Note(key, data)


def as_written(text: str) -> Note:
    """Return a note that is the same text in every language."""
    return Note(AS_WRITTEN, {"text": text})


def sentences(notes: Iterable[Note], lang: str = "en") -> str:
    """Return notes one after another, in one language."""
    return ("" if lang == "zh" else " ").join(each.spoken(lang) for each in notes)


def first_few(values: list[str], most: int) -> Note:
    """Return the first values with commas between them, and dots for more."""
    return note(f"words.{'several' if len(values) > most else 'listed'}", values=[*values[:most]])


def _filled(value: object, lang: str) -> object:
    if isinstance(value, Note):
        return value.spoken(lang)
    if isinstance(value, list):
        return ("、" if lang == "zh" else ", ").join(str(_filled(each, lang)) for each in value)
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
