"""Checks of data: what makes figures misleading, found before anyone trusts them.

A check takes a table as arrays (:class:`~plastica.checks.prepared.Prepared`) and yields findings. A new one is a
function in a file of its own and its name in :data:`~plastica.checks.table.CHECKS`.
"""

from __future__ import annotations

from .findings import Finding
from .table import check_data

__all__ = ["Finding", "check_data"]
