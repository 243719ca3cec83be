"""Checks of every build: each public name is in the reference, and no page loads anything from another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sphinx.util import logging

import plastica

log = logging.getLogger(__name__)

FOREIGN = re.compile(r"\s*(?:https?:)?//", re.I)
# Attributes that make a browser load something; links are followed by readers only.
FETCHED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
IN_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)['"]?((?:https?:)?//[^'")\s]+)""", re.I)


class Requests(HTMLParser):
    """Collects the addresses on other hosts that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect addresses from these attributes and from styles."""
        values = {name: value or "" for name, value in attrs}
        followed = () if values.get("rel") == "canonical" else FETCHED.get(tag, ())
        self.found += [values[name] for name in followed if FOREIGN.match(values.get(name, ""))]
        self.found += IN_STYLES.findall(values.get("style", ""))


def requests_of(text: str, kind: str) -> list[str]:
    """Return the addresses on other hosts that a page or a style sheet would load.

    Example:
        >>> requests_of('<script src="https://cdn.example/a.js"></script><a href="https://example.org">', ".html")
        ['https://cdn.example/a.js']
    """
    if kind == ".css":
        return IN_STYLES.findall(text)
    reader = Requests()
    reader.feed(text)
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.S))
    return [*reader.found, *IN_STYLES.findall(styles)]


def foreign(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of a site and the addresses on other hosts that it would load."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".css", ".svg"):
            kind = ".css" if path.suffix == ".css" else ".html"
            yield from ((path, address) for address in requests_of(path.read_text("utf-8"), kind))


def check_names(app: Any, env: Any) -> None:
    """Give a warning for each public name that is missing in the reference."""
    objects = env.get_domain("py").objects
    for name in plastica.__all__:
        if f"plastica.{name}" not in objects:
            log.warning("the reference lacks plastica.%s: add its module to MODULES in docs/_ext/api_pages.py", name)


def check_requests(app: Any, problem: Exception | None) -> None:
    """Give a warning for each address on another host that a page would load."""
    if problem is None and app.builder.format == "html":
        for path, address in foreign(Path(app.outdir)):
            log.warning("%s loads %s; the site must work without a network", path.relative_to(app.outdir), address)


def setup(app: Any) -> dict[str, bool]:
    """Register the checks."""
    app.connect("env-check-consistency", check_names)
    app.connect("build-finished", check_requests)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
