"""A table as arrays: what checks read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..data.columns import Column
from ..data.encoding import FeatureLayout, TableEncoder
from ..data.splitting import Split
from ..data.table import Table
from ..data.target import Target
from ..notes import Note
from ..typing import Float, Num
from .partition import Scheme


@dataclass(frozen=True, eq=False)
class TableArrays:
    """A table prepared for training, without the findings about it.

    Args:
        table: The rows with a target.
        columns: The descriptions of the columns in order, without the target and dropped columns.
        target: The target, with the mean and scale of the training set.
        encoder: The encoder of features, fitted to the training set only.
        split: The training, validation and test rows.
        x: Features of all rows, ``(rows, features)``.
        y: Encoded targets of all rows: class indices or scaled numbers ``(rows,)``; for several targets
            ``(rows, outputs)``.
        stratified: Whether the split is stratified.
        notes: Assumptions, one sentence each.
        rare: The indices of rare classes or labels, rarest first.
        scheme: The method of the split.
        own: The number of rows before those of a test file.
        inferred: The columns before the encoder was fitted, for encoding other training rows.
        folds: The number of folds, if every row is predicted in cross-validation; otherwise None.
    """

    table: Table
    columns: tuple[Column, ...]
    target: Target
    encoder: TableEncoder
    split: Split
    x: Float[np.ndarray, "rows features"]
    y: Num[np.ndarray, "rows *outputs"]
    stratified: bool
    notes: tuple[Note, ...]
    rare: tuple[int, ...] = ()
    scheme: Scheme = field(default_factory=Scheme)
    own: int | None = None
    inferred: tuple[Column, ...] = ()
    folds: int | None = None

    @property
    def layout(self) -> FeatureLayout:
        """The layout of the features."""
        return self.encoder.layout
