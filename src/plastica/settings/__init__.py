"""The options of a model for a table, validated, as one value."""

from __future__ import annotations

from .batch_size import batch_size_for
from .checks import LAST
from .options import BASELINES, ClassName, Settings

__all__ = ["BASELINES", "LAST", "ClassName", "Settings", "batch_size_for"]
