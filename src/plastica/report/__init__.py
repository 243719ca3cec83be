"""What a run found, as a page that a browser shows: `report.html`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["write_report"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .writing import write_report

    globals()[name] = write_report
    return write_report


if TYPE_CHECKING:
    from .writing import write_report
