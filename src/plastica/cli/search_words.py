"""Texts about a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .wording import SAY

if TYPE_CHECKING:
    from ..search.facts import SearchFacts


def say_beyond(facts: SearchFacts) -> str:
    """Return in words whether the winner of a search beats the default by more than chance."""
    found = facts.beyond
    gap = found.difference
    values = {"winner": f"{found.winner:.4g}", "default": f"{found.default:.4g}", "rows": f"{found.rows:,}"}
    low, high = (f"{edge:+.3g}" if edge is not None else "?" for edge in (gap.low, gap.high))
    said = {"measure": SAY.name("measure", found.measure), "gap": f"{gap.value:+.3g}", "low": low, "high": high}
    return SAY(f"beyond_{found.outcome}", **values, **said)
