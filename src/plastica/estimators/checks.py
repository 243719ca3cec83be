"""What is wrong with a table as material to learn from: said before anyone trusts a figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from ..data.table import show
from ..notes import TEXTS, Note, as_written, note

if TYPE_CHECKING:
    from .preparing import Prepared

Severity = Literal["serious", "warning", "note"]
Value = str | int | float

VERY_RARE = 0.02  # a share of the rows
MOST_NAMED = 5
FEW_OF_A_CLASS = 10  # training rows
FEW_HELD_OUT = 100
ROWS_A_FEATURE = 5
MOSTLY_MISSING = 0.5


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a person should know about the data.

    Args:
        code: Which check it comes from.
        severity: "serious" where figures may mislead, "warning" where they suffer, "note" for the record.
        message: What was found and what to do, in English.
        data: What the message says, by name, for messages in other languages.
    """

    code: str
    severity: Severity
    message: str
    data: dict[str, Value] = {}


OWN_WORDS = {"part": "part_", "name": "model_", "figure": "score_", "measure": "measure_"}  # values that have names
ORDER = {"serious": 0, "warning": 1, "note": 2}


def check_data(prepared: Prepared) -> tuple[Finding, ...]:
    """Return what a person should know about a table before trusting what is learned from it.

    Duplicates within and across the parts, rows that contradict each other, columns that alone tell the target,
    rare classes, too few rows, rows in an order that a random split does not respect.

    Args:
        prepared: What :func:`~plastica.estimators.preparing.prepare` made.

    Returns:
        The findings, the most serious first.

    Example:
        >>> from plastica.data.reading import read_table
        >>> from plastica.estimators import Settings
        >>> from plastica.estimators.preparing import prepare
        >>> found = check_data(prepare(read_table("penguins"), "species", Settings()))
        >>> [finding.code for finding in found]
        ['few_held_out', 'sorted']
    """
    from .leaks import leaking_columns, repeated_rows
    from .order import order_of_rows
    from .zeros import hidden_zeros

    checks = (_sizes, _balance, _columns, hidden_zeros, order_of_rows, repeated_rows, leaking_columns)
    found = [finding for check in checks for finding in check(prepared)]
    return tuple(sorted(found, key=lambda finding: ORDER[finding.severity]))


def finding(code: str, severity: Severity, **data: Value) -> Finding:
    """Return a finding with its message in English."""
    return Finding(code, severity, _note(code, data).spoken("en"), data)


def noted(found: Finding) -> Note:
    """Return a finding as a note; one from a file that is known no more keeps its English."""
    return _note(found.code, found.data) if f"finding.{found.code}" in TEXTS else as_written(found.message)


def _note(code: str, data: dict[str, Value]) -> Note:
    told = {
        name: note(key) if (key := f"{OWN_WORDS.get(name)}{value}".replace(" ", "_")) in TEXTS else value
        for name, value in data.items()
    }
    return note(f"finding.{code}", **told)


def percent(share: float) -> str:
    """Write a share.

    Example:
        >>> percent(0.0432), percent(0.00004)
        ('4.3 %', '0.004 %')
    """
    shown = 100 * share
    return f"{shown:.1f} %" if shown >= 0.1 or shown == 0 else f"{shown:.1g} %"


def _sizes(prepared: Prepared) -> Iterator[Finding]:
    held_out, train, features = len(prepared.split.test), len(prepared.split.train), prepared.x.shape[1]
    if not held_out:
        yield finding("none_held_out", "serious")
    elif held_out < FEW_HELD_OUT:
        yield finding("few_held_out", "warning" if held_out < FEW_HELD_OUT / 3 else "note", rows=held_out)
    if train < ROWS_A_FEATURE * features:
        yield finding("few_rows", "warning", rows=train, features=features)


def _balance(prepared: Prepared) -> Iterator[Finding]:
    labels = [show(label, 30) for label in prepared.target.classes]
    if prepared.target.task == "multilabel":
        rare = [label for label, share in zip(labels, prepared.y.mean(0), strict=True) if share < VERY_RARE]
        if rare:
            yield finding("rare_labels", "warning", labels=listed_names(rare), share=percent(VERY_RARE))
    elif labels:
        yield from _classes(prepared, labels)


def _classes(prepared: Prepared, labels: list[str]) -> Iterator[Finding]:
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


def _columns(prepared: Prepared) -> Iterator[Finding]:
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
    """Whether a column is called as a target is, with something before or behind it."""
    name, folded = name.casefold(), [target.casefold() for target in targets]
    return any((len(target) > 3 and target in name) or (len(name) > 3 and name in target) for target in folded)


def listed_names(names: list[str]) -> str:
    """Name the first five, and say how many more there are."""
    return ", ".join(names[:MOST_NAMED]) + (f" +{len(names) - MOST_NAMED}" if len(names) > MOST_NAMED else "")
