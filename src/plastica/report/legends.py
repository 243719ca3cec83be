"""Legends next to charts, in the language of the page."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from .inlining import AMBER, BLUE, GREEN, ORANGE, PINK, SKY, VARIABLES

COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, AMBER)
DASHES = ("", "6 2.5", "2 2", "7 2 2 2", "8 2 2 2", "11 3")

KEY = '<svg class="key" viewBox="0 0 26 10" width="26" height="10" aria-hidden="true">{}</svg>'
LINE = '<path d="M1 5H25" fill="none" stroke-width="2" style="stroke:{}" stroke-dasharray="{}"/>'
RING = '<circle cx="13" cy="5" r="3.8" stroke-width="2" style="stroke:{};fill:var(--card)"/>'


def legend(items: Sequence[tuple[Markup | str, str, str]]) -> Markup:
    """Return a legend of (label, colour, dashes); the dashes "ring" mean a marker."""
    parts = (
        Markup("<span>{}{}</span>").format(
            Markup(KEY).format(Markup(RING if dashes == "ring" else LINE).format(VARIABLES[colour.lower()], dashes)),
            label,
        )
        for label, colour, dashes in items
    )
    return Markup('<p class="legend">{}</p>').format(Markup("").join(parts))


def lines(labels: Sequence[str]) -> Markup:
    """Return the legend of small charts, with the colours and dashes of the large ones."""
    return legend([(label, colour, dashes) for label, colour, dashes in zip(labels, COLOURS, DASHES, strict=False)])
