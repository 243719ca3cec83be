"""The rows of each fold of a table, and the table encoded for it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..checks.prepared import Prepared
from ..data.encoding import TableEncoder
from ..data.folds import check_deal, deal, deal_groups, deal_in_time
from ..data.splitting import Split, split, split_by_group, split_in_order
from ..errors import InvalidValue
from ..notes import Note
from ..settings import Settings
from .preparation import strata

BY_TIME = ("time", "order")


class CrossRows(NamedTuple):
    """The rows of one fold.

    Attributes:
        repeat, fold: Their numbers, from 0.
        train: The rows for training and validation.
        held_out: The rows that are predicted.
        seed: The seed of the folds of this repeat, and of the network.
    """

    repeat: int
    fold: int
    train: np.ndarray
    held_out: np.ndarray
    seed: int


def scheme_of(prepared: Prepared, settings: Settings) -> str:
    """Return how folds are dealt: "random", "group", "time", or "order" for the order of the rows."""
    return "random" if settings.split == "random" else prepared.scheme.split


def cross_rows(prepared: Prepared, settings: Settings) -> list[CrossRows]:
    """Return the rows of all folds: training and validation rows are dealt; a test set stays apart.

    Args:
        prepared: The table, split and encoded.
        settings: The settings, with ``folds``.

    Raises:
        InvalidValue: If there are more folds than rows, rows of a class, groups or times, or time is to be repeated.
    """
    folds, how = settings.folds, scheme_of(prepared, settings)
    assert folds is not None
    if settings.repeats > 1 and how in BY_TIME:
        raise InvalidValue(
            f"repeats={settings.repeats}: rows in the order of time can be dealt in one way only; leave repeats "
            "out, or set split='random' if their order has no meaning."
        )
    rows = np.sort(np.concatenate([prepared.split.train, prepared.split.validation]))
    found = []
    for repeat in range(settings.repeats):
        seed = settings.seed + repeat
        numbers = _numbers(prepared, how, rows, folds, seed)
        for fold in range(folds):
            learns = numbers < fold if how in BY_TIME else numbers != fold
            found.append(CrossRows(repeat, fold, rows[learns], rows[numbers == fold], seed))
    return found


def prepared_for(prepared: Prepared, settings: Settings, part: CrossRows) -> Prepared:
    """Return the table as if the held-out rows of a fold were its test set.

    Encoding, the scale of the target and the validation set come from the other rows alone.

    Args:
        prepared: The whole table, split and encoded.
        settings: The settings.
        part: The fold.
    """
    parts = _inside(prepared, settings, part)
    train = prepared.table.take(parts.train)
    target, notes = prepared.target.fitted(train), list[Note]()
    encoder = TableEncoder.fit(train, prepared.inferred, ignored=prepared.encoder.ignored)
    return replace(
        prepared,
        columns=encoder.described(prepared.inferred),
        target=target,
        encoder=encoder,
        split=parts,
        x=encoder.transform(prepared.table, notes),
        y=target.encode(prepared.table),
        notes=(),
    )


def _numbers(prepared: Prepared, how: str, rows: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold of each of the rows."""
    if how in BY_TIME:
        return deal_in_time(_stamps(prepared, rows), folds)
    if how == "group":
        return deal_groups(_groups(prepared, rows), folds, seed)
    task, classes = prepared.target.task, prepared.target.classes
    labels = None if task == "regression" else strata(prepared.y[rows])
    less = "drop its rows"
    check_deal(folds, len(rows), labels if task in ("binary", "multiclass") else None, classes, less)
    return deal(len(rows), folds, labels, seed)


def _inside(prepared: Prepared, settings: Settings, part: CrossRows) -> Split:
    """Return training, validation and held-out rows; the validation rows are chosen in the way of the table's split."""
    how, share, rows = scheme_of(prepared, settings), settings.validation, part.train
    if how in BY_TIME:
        made = split_in_order(_stamps(prepared, rows), share, 0)
    elif how == "group":
        made = split_by_group(np.unique(_groups(prepared, rows), return_inverse=True)[1], share, 0, part.seed)
    else:
        labels = None if prepared.target.task == "regression" else strata(prepared.y[rows])
        made = split(len(rows), share, 0, labels, part.seed)
    return Split(rows[made.train], rows[made.validation], part.held_out)


def _stamps(prepared: Prepared, rows: np.ndarray) -> np.ndarray:
    series = prepared.scheme.series
    return rows.astype(np.float64) if series is None else series.stamps[rows]


def _groups(prepared: Prepared, rows: np.ndarray) -> np.ndarray:
    assert prepared.scheme.groups is not None
    return prepared.scheme.groups[rows]
