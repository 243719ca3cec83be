"""The report on memory as one HTML file: networks beside people."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .memory_lists import continual, recalled
from .memory_measurements import Section, associative, forgotten, kept
from .page import write_page
from .wording import alone

SECTIONS: dict[str, Callable[[], Section]] = {
    "associative": associative,
    "kept": kept,
    "forgotten": forgotten,
    "recalled": recalled,
    "continual": continual,
}


def memory_sections(told: Callable[[str], None] | None = None) -> list[Section]:
    """Return the sections of the report, which takes about a minute.

    Args:
        told: Is called with the name of each section before it is made.
    """
    found: list[Section] = []
    for name, make in SECTIONS.items():
        if told is not None:
            told(name)
        found.append(make())
    return found


def write_memory_report(sections: Sequence[Section], path: str | os.PathLike[str], *, lang: str = "en") -> Path:
    """Write how networks remember beside people as a self-contained page, in English and Chinese.

    Args:
        sections: The sections, as returned by :func:`memory_sections`.
        path: The file.
        lang: The initial language: "en" or "zh".

    Raises:
        InvalidValue: If the language is not available.
        FileError: If the file cannot be written.
    """
    return write_page(
        path,
        "memory.html",
        lang,
        title=alone("memory_title", lang),
        sections=sections,
    )
