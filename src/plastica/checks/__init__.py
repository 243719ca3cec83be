"""Checks for properties of the data that make results misleading.

A check takes a table as arrays (:class:`~plastica.checks.arrays.TableArrays`) and yields findings. To add a check,
write a function in a new file and add its name to :data:`~plastica.checks.table.CHECKS`.
"""

from __future__ import annotations

from .findings import Finding, observed
from .table import check_data

__all__ = ["Finding", "check_data", "observed"]
