"""Comparison of learning rules under equal conditions: the same rows, layer sizes and seeds."""

from __future__ import annotations

from .comparing import compare_rules
from .records import RuleRecord
from .result import Comparison
from .task import Task

__all__ = ["Comparison", "RuleRecord", "Task", "compare_rules"]
