"""Learning rules on equal terms: the same rows, the same layers' sizes, the same seeds."""

from __future__ import annotations

from .comparing import compare_rules
from .records import RuleRecord
from .result import Comparison
from .task import Task

__all__ = ["Comparison", "RuleRecord", "Task", "compare_rules"]
