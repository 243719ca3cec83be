"""Data on their way into a network: tables, targets, splits, blocks on disk, windows over a series."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

HOMES = {"Blocks": "streaming", "SeriesWindows": "series_windows"}

__all__ = ["Blocks", "SeriesWindows"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, since the parts of this package that read tables load no JAX."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f".{HOMES[name]}", __name__), name)
    return value


if TYPE_CHECKING:
    from .series_windows import SeriesWindows
    from .streaming import Blocks
