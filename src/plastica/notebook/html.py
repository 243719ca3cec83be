"""HTML elements for notebooks with light and dark themes; names given by the user are escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TypeVar

from markupsafe import Markup, escape

# Colours are inherited from the page, or a grey that is readable on white and black.
STYLE = Markup(
    "<style>.plastica{font-size:13px;line-height:1.45;color:inherit;max-width:64em}"
    ".plastica p{margin:.2em 0}.plastica .soft{opacity:.68}"
    ".plastica .scroll{overflow-x:auto}"
    ".plastica table{border-collapse:collapse;margin:.4em 0;font-size:12px;border:0}"
    ".plastica th,.plastica td{padding:.2em .8em .2em 0;text-align:left!important;background:none;"
    "border:0;border-bottom:1px solid rgba(128,128,128,.3);white-space:nowrap;vertical-align:middle}"
    ".plastica th{font-weight:600}.plastica .number{text-align:right!important;font-variant-numeric:tabular-nums}"
    ".plastica .row{display:flex;flex-wrap:wrap;gap:.4em 1.2em;align-items:flex-start}"
    ".plastica svg{display:block;max-width:100%;height:auto}"
    ".plastica .bar{display:inline-block;width:14em;height:.5em;border-radius:.25em;vertical-align:middle;"
    "background:rgba(128,128,128,.3);overflow:hidden}"
    ".plastica .bar i{display:block;height:100%;background:#0072B2}"
    ".plastica summary{cursor:pointer}</style>"
)


def block(*parts: str | Markup) -> str:
    """Return parts as one block with its style; plain text is escaped."""
    inside = Markup("").join(parts)
    return str(Markup('<div class="plastica">{}{}</div>').format(STYLE, inside))


def paragraph(text: str | Markup, soft: bool = False) -> Markup:
    """Return a paragraph."""
    return Markup('<p class="soft">{}</p>' if soft else "<p>{}</p>").format(text)


def heading(title: str, *words: str) -> Markup:
    """Return a bold title, followed by details on the same line."""
    said = Markup(" · ").join(escape(word) for word in words if word)
    return Markup('<p><b>{}</b> <span class="soft">{}</span></p>').format(title, said)


S = TypeVar("S")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> Markup:
    """Return a table; the columns in ``numbers`` are right-aligned."""
    right = set(numbers)

    def line(cells: Sequence[object], kind: str) -> Markup:
        made = (
            Markup("<{0}{1}>{2}</{0}>").format(kind, Markup(' class="number"' if place in right else ""), cell)
            for place, cell in enumerate(cells)
        )
        return Markup("<tr>{}</tr>").format(Markup("").join(made))

    body = Markup("").join(line(row, "td") for row in rows)
    return Markup('<div class="scroll"><table><thead>{}</thead><tbody>{}</tbody></table></div>').format(
        line(heads, "th"), body
    )


def side_by_side(parts: Iterable[str | Markup]) -> Markup:
    """Return parts in a row that wraps on narrow pages."""
    return Markup('<div class="row">{}</div>').format(Markup("").join(parts))


def details(title: str, inside: str | Markup) -> Markup:
    """Return an element that is expanded by a click."""
    return Markup("<details><summary>{}</summary>{}</details>").format(title, inside)


def shown(view: Callable[[S], str]) -> Callable[[S], str | None]:
    """Return a ``_repr_html_`` that never raises an error; objects that cannot be displayed are shown by ``repr``.

    Otherwise, a notebook would print a traceback below a cell that ran successfully.
    """

    @wraps(view)
    def safely(self: S) -> str | None:
        try:
            return view(self)
        except Exception:
            return None

    return safely
