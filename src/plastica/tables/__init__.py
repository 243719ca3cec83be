"""Networks for tables: from a file to predictions and their evaluation.

Names are imported on first use, so that errors in a table are reported before JAX is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import importer

_HOME_OF = {
    "Answers": ".answers",
    "Prepared": "..checks.prepared",
    "Settings": "..settings",
    "TableNetwork": ".table",
    "network_for": ".networks",
    "outline_of": ".outlines",
    "prepare": ".preparation",
}

__all__ = ["Answers", "Prepared", "Settings", "TableNetwork", "network_for", "outline_of", "prepare"]


__getattr__ = importer(__name__, _HOME_OF)


if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..settings import Settings
    from .answers import Answers
    from .networks import network_for
    from .outlines import outline_of
    from .preparation import prepare
    from .table import TableNetwork
