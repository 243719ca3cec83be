"""Checks of a table as training data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..data.table import show
from .arrays import TableArrays
from .findings import ORDER, Finding, finding, listed_names, percent
from .leaks import group_columns, leaking_columns, repeated_rows
from .row_order import order_of_rows
from .zeros import hidden_zeros

VERY_RARE = 0.02  # a share of the rows
FEW_OF_A_CLASS = 10  # training rows
FEW_HELD_OUT = 100
ROWS_A_FEATURE = 5
MOSTLY_MISSING = 0.5


def check_data(prepared: TableArrays) -> tuple[Finding, ...]:
    """Return findings about a table that affect the reliability of results.

    Duplicates within and across the split, contradictory rows, columns that alone reveal the target, rare classes, too
    few rows, and an order of rows that is unsuitable for a random split.

    Args:
        prepared: The result of :func:`~plastica.tables.preparation.prepare`.

    Returns:
        The findings, the most serious first.

    Example:
        >>> from plastica.data.reading import read_table
        >>> from plastica.tables import Settings, prepare
        >>> found = check_data(prepare(read_table("penguins"), "species", Settings()))
        >>> [finding.code for finding in found]
        ['few_held_out', 'sorted']
    """
    found = [finding for check in CHECKS for finding in check(prepared)]
    return tuple(sorted(found, key=lambda finding: ORDER[finding.severity]))


def _sizes(prepared: TableArrays) -> Iterator[Finding]:
    held_out, train, features = len(prepared.split.test), len(prepared.split.train), prepared.x.shape[1]
    if not held_out and prepared.folds is None:
        yield finding("none_held_out", "serious")
    elif 0 < held_out < FEW_HELD_OUT:
        yield finding("few_held_out", "warning" if held_out < FEW_HELD_OUT / 3 else "note", rows=held_out)
    if train < ROWS_A_FEATURE * features:
        yield finding("few_rows", "warning", rows=train, features=features)


def _balance(prepared: TableArrays) -> Iterator[Finding]:
    labels = [show(label, 30) for label in prepared.target.classes]
    if prepared.target.task == "multilabel":
        rare = [label for label, share in zip(labels, prepared.y.mean(0), strict=True) if share < VERY_RARE]
        if rare:
            yield finding("rare_labels", "warning", labels=listed_names(rare), share=percent(VERY_RARE))
    elif labels:
        yield from _classes(prepared, labels)


def _classes(prepared: TableArrays, labels: list[str]) -> Iterator[Finding]:
    counts = np.bincount(prepared.y, minlength=len(labels))
    rarest, commonest = int(counts.argmin()), int(counts.argmax())
    share = counts[rarest] / counts.sum()
    if prepared.rare:
        yield finding(
            "imbalance",
            "warning" if share > VERY_RARE else "serious",
            label=labels[rarest],
            common=labels[commonest],
            share=percent(share),
            times=round(counts[commonest] / counts[rarest]),
        )
    trained = np.bincount(prepared.y[prepared.split.train], minlength=len(labels))
    few = [label for label, rows in zip(labels, trained, strict=True) if rows < FEW_OF_A_CLASS]
    if few:
        yield finding("few_of_class", "warning", labels=listed_names(few), rows=FEW_OF_A_CLASS)
    if len(prepared.split.test):
        held_out = np.bincount(prepared.y[prepared.split.test], minlength=len(labels))
        unseen = [label for label, rows in zip(labels, held_out, strict=True) if not rows]
        if unseen:
            yield finding("class_not_held_out", "warning", labels=listed_names(unseen))


def _columns(prepared: TableArrays) -> Iterator[Finding]:
    left = [show(column.name, 30) for column in prepared.columns if not column.used]
    if left:
        yield finding("left_out", "note", columns=listed_names(left))
    used = [column for column in prepared.columns if column.used]
    gone = [show(column.name, 30) for column in used if column.missing > MOSTLY_MISSING * prepared.table.height]
    if gone:
        yield finding("mostly_missing", "note", columns=listed_names(gone), share=percent(MOSTLY_MISSING))
    like = [show(column.name, 30) for column in used if _alike(column.name, prepared.target.names)]
    if like:
        yield finding("like_target", "warning", columns=listed_names(like), target=show(prepared.target.name))


def _alike(name: str, targets: tuple[str, ...]) -> bool:
    """Return whether the name of a column is that of a target with a prefix or suffix."""
    name, folded = name.casefold(), [target.casefold() for target in targets]
    return any((len(target) > 3 and target in name) or (len(name) > 3 and name in target) for target in folded)


CHECKS = (_sizes, _balance, _columns, hidden_zeros, order_of_rows, repeated_rows, leaking_columns, group_columns)
