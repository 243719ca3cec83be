"""Folds: rows dealt to parts of equal size: at random with each part's share of every class, by group, or by time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue
from ..typing import Int, Shaped

NOT_HELD_OUT = -1  # the fold of rows that every network is trained on


def deal(rows: int, folds: int, labels: Shaped[np.ndarray, "rows"] | None, seed: int) -> Int[np.ndarray, "rows"]:
    """Return the fold of each row, ``(rows,)``, stratified by class.

    Args:
        rows: The number of rows.
        folds: The number of folds.
        labels: The class of each row; None for numbers.
        seed: The seed of the folds.
    """
    # The doubles of PCG64 are fixed by its definition; the shuffles of NumPy may change between versions (NEP 19).
    order = np.argsort(np.random.Generator(np.random.PCG64(seed)).random(rows), kind="stable")
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    found = np.empty(rows, np.int64)
    found[order] = np.arange(rows) % folds
    return found


def deal_groups(groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold of each row, ``(rows,)``, with all rows of a group in the same fold.

    The largest group comes first; each goes to the fold with the fewest rows. Groups of equal size are in random order.

    Args:
        groups: The group of each row, ``(rows,)``.
        folds: The number of folds.
        seed: The seed for the order of groups of equal size.

    Raises:
        InvalidValue: If there are fewer groups than folds.

    Example:
        >>> deal_groups(np.array(["a", "a", "a", "b", "b", "c"]), 2, seed=0).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(counts) < folds:
        raise InvalidValue(
            f"folds={folds}, but there {_are(len(counts), 'group')}, each of which stays in one fold; give at most "
            f"{max(len(counts), 2)} folds, or groups with fewer rows."
        )
    drawn = np.random.Generator(np.random.PCG64(seed)).random(len(counts))
    found, sizes = np.empty(len(counts), np.int64), np.zeros(folds, np.int64)
    for group in np.lexsort((drawn, -counts)):
        found[group] = sizes.argmin()
        sizes[found[group]] += counts[group]
    return found[places.reshape(-1)]


def deal_in_time(stamps: np.ndarray, folds: int) -> np.ndarray:
    """Return the block of each row, ``(rows,)``: -1 for the earliest, then one block a fold in the order of time.

    A network that is evaluated on a block is trained on the blocks before it: the future never predicts the past. Rows
    with the same time are in the same block; rows without a time are in the earliest.

    Args:
        stamps: The time of each row, or another number that orders the rows; NaN if missing.
        folds: The number of blocks that are held out.

    Raises:
        InvalidValue: If there are too few different times.

    Example:
        >>> deal_in_time(np.array([6.0, 1.0, 2.0, 3.0, 4.0, 5.0]), 2).tolist()
        [1, -1, -1, 0, 0, 1]
    """
    present = np.flatnonzero(~np.isnan(stamps))
    order = present[np.argsort(stamps[present], kind="stable")]
    starts = np.flatnonzero(np.diff(stamps[order], prepend=-np.inf) > 0)
    if len(starts) <= folds:
        raise InvalidValue(
            f"folds={folds} in the order of time need {folds + 1} different times, but there "
            f"{_are(len(starts), 'time')}; give fewer folds, or a column with finer times."
        )
    found, block = np.full(len(stamps), NOT_HELD_OUT), 0
    # Each boundary moves to the nearest change of time that leaves one for each block after it.
    for fold in range(folds):
        allowed = starts[block + 1 : len(starts) - (folds - 1 - fold)]
        wanted = len(order) * (fold + 1) / (folds + 1)
        block += 1 + int(np.abs(allowed - wanted).argmin())
        found[order[starts[block] :]] = fold
    return found


def check_deal(
    folds: int,
    rows: int,
    labels: np.ndarray | None = None,
    names: Sequence[object] | None = None,
    instead: str = "give a splitter: folds=KFold({folds}, shuffle=True)",
) -> None:
    """Check that every fold can have a row, and a row of every class.

    Args:
        folds: The number of folds.
        rows: The number of rows.
        labels: The class of each row; None for numbers.
        names: The names of classes 0, 1, ...; None if labels are names.
        instead: What else to do about a small class.

    Raises:
        InvalidValue: If there are fewer rows than folds, or fewer rows of a class.
    """
    if folds > rows:
        raise InvalidValue(f"folds={folds} for {rows} rows: every fold needs a row, so give at most {rows}.")
    if labels is None or not rows:
        return
    found, counts = np.unique(labels, return_counts=True)
    fewest = int(counts.min())
    if fewest < folds:
        label = found[counts.argmin()]
        name = label if names is None else repr(names[int(label)])
        less = f"give at most {fewest} folds" if fewest > 1 else "leave this class out"
        raise InvalidValue(
            f"folds={folds}, but class {name} has only {fewest} {'rows' if fewest > 1 else 'row'}, so that some "
            f"folds would be without it; {less}, or {instead.format(folds=folds)}."
        )


def _are(count: int, word: str) -> str:
    return f"is only 1 {word}" if count == 1 else f"are only {count} {word}s"
