"""A table as arrays: the record that checks read, networks learn from and reports show."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..data.columns import Column
from ..data.encoding import FeatureLayout, TableEncoder
from ..data.splitting import Split
from ..data.table import Table
from ..data.target import Target
from ..notes import Note
from .findings import Finding
from .partition import Scheme


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table ready to be learned from.

    Args:
        table: The rows that have a target.
        columns: What each column is, in order, the target and dropped ones left out.
        target: What is predicted; its mean and scale are those of the training rows.
        encoder: What makes features, learned from the training rows alone.
        split: Which rows serve what.
        x: Features of all rows, ``(rows, features)``.
        y: What the network learns to answer, of all rows: class numbers or scaled numbers ``(rows,)``; of several
            targets ``(rows, outputs)``.
        stratified: Whether each part has its share of each class.
        notes: What was assumed, one sentence each.
        rare: The rare classes' or labels' numbers, rarest first.
        scheme: How the rows were split.
        own: How many rows come before those of a test file.
    """

    table: Table
    columns: tuple[Column, ...]
    target: Target
    encoder: TableEncoder
    split: Split
    x: np.ndarray
    y: np.ndarray
    stratified: bool
    notes: tuple[Note, ...]
    rare: tuple[int, ...] = ()
    scheme: Scheme = field(default_factory=Scheme)
    own: int | None = None

    @property
    def layout(self) -> FeatureLayout:
        """What stands where among the features."""
        return self.encoder.layout

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should know about the data, the most serious first; looked for once."""
        from .table import check_data

        return check_data(self)
