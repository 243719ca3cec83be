"""Networks for tables: from the file to answers and their evaluation.

Names are loaded when they are first used, so that what is wrong with a table is said before JAX has loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME_OF = {
    "Answers": ".answers",
    "Prepared": "..checks.prepared",
    "Settings": "..settings",
    "TableNetwork": ".table",
    "network_for": ".networks",
    "outline_of": ".networks",
    "prepare": ".preparation",
}

__all__ = ["Answers", "Prepared", "Settings", "TableNetwork", "network_for", "outline_of", "prepare"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_HOME_OF[name], __name__), name)
    return value


if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..settings import Settings
    from .answers import Answers
    from .networks import network_for, outline_of
    from .preparation import prepare
    from .table import TableNetwork
