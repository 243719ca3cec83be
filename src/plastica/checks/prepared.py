"""A table prepared as arrays for checks, training and reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .arrays import TableArrays
from .findings import Finding
from .table import check_data


@dataclass(frozen=True, eq=False)
class Prepared(TableArrays):
    """A table prepared for training, with the findings about it."""

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings about the data, the most serious first; computed once."""
        return check_data(self)
