"""Pages: self-contained HTML files from the templates of the package."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..storage.atomic import replace_file
from ..training.cache import cache_folder
from ..version import __version__
from . import formats
from .legends import lines
from .wording import (
    both,
    checked_language,
    code,
    listed,
    name_of,
    plain,
    say,
    say_finding,
    say_notes,
    say_place,
    score_name,
    shown,
)

if TYPE_CHECKING:
    from jinja2 import Environment, FileSystemBytecodeCache


def write_page(path: str | os.PathLike[str], template: str, lang: str, **content: object) -> Path:
    """Write a page whose footer has the version and the time.

    Args:
        path: The file.
        template: The name of the template.
        lang: The initial language: "en" or "zh".
        content: What the template shows.

    Returns:
        The file's path.

    Raises:
        InvalidValue: If the language is not available.
        FileError: If the file cannot be written.
    """
    written = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    made = environment().get_template(template)
    page = made.render(lang=checked_language(lang), version=__version__, written=written, **content)
    replace_file(path, [page.encode()])
    return Path(path)


def _compiled_templates() -> FileSystemBytecodeCache | None:
    """Return the cache of compiled templates, next to that of programs; compiling templates takes 0.2 seconds."""
    import jinja2

    folder = cache_folder("templates")
    return None if folder is None else jinja2.FileSystemBytecodeCache(str(folder))


@cache
def environment() -> Environment:
    """Return a Jinja environment that escapes everything and raises an error for undefined names."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("plastica.report"),
        bytecode_cache=_compiled_templates(),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "say": say,
        "name_of": name_of,
        "score_name": score_name,
        "say_finding": say_finding,
        "say_place": say_place,
        "say_notes": say_notes,
        "both": both,
        "plain": plain,
        "lines": lines,
    }
    made.filters |= {
        "number": formats.number,
        "share": formats.share,
        "seconds": formats.seconds,
        "name": lambda value: plain(value, 60),
        "code": code,
        "listed": listed,
        "correlation": formats.correlation,
        "figure": lambda value, name: formats.figure(name, value),
        "interval": lambda found, name: formats.interval(name, found),
    }
    return made
