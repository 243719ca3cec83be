"""Splits into training, validation and test set: random, stratified, by time, or by groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import DataError, InvalidValue
from ..notes import Note, first_few, note
from ..typing import Int, Num, Shaped


class Split(NamedTuple):
    """The rows of each set in ascending order, and notes on small classes."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    notes: tuple[Note, ...] = ()


def split(
    n: int,
    validation: float = 0.15,
    test: float = 0.15,
    stratify: Sequence[object] | np.ndarray | None = None,
    seed: int = 0,
) -> Split:
    """Split ``n`` rows at random; the same arguments give the same split on every machine.

    With ``stratify``, each set gets its share of each class, rounded so that the totals are exact. Of a small class,
    the first row is assigned to the training set, the second to the test set and the third to the validation set, even
    if its share is smaller.

    Args:
        n: The number of rows.
        validation: The share (under 1) or the number (1 or more) of validation rows; 0 for none.
        test: The share or number of test rows; 0 for none.
        stratify: A label for each row, or None.
        seed: The seed of the split.

    Raises:
        InvalidValue: If a share is negative, or no row is left for training.
        DataError: If there are too few rows.

    Example:
        >>> train, validation, test, notes = split(10, validation=0.2, test=0.2)
        >>> len(train), len(validation), len(test)
        (6, 2, 2)
    """
    sizes = _sizes(n, validation, test)
    # The doubles of PCG64 are fixed by its definition; the shuffles of NumPy may change between versions (NEP 19).
    order = np.argsort(np.random.Generator(np.random.PCG64(seed)).random(n), kind="stable")
    if stratify is None:
        tested, validated = sizes["test"], sizes["test"] + sizes["validation"]
        return Split(np.sort(order[validated:]), np.sort(order[tested:validated]), np.sort(order[:tested]))
    labels = np.asarray(stratify)
    if len(labels) != n:
        raise DataError(f"stratify contains {len(labels)} labels for {n} rows.")
    return _stratified(order, labels, sizes)


def split_in_order(stamps: Num[np.ndarray, "rows"], validation: float = 0.15, test: float = 0.15) -> Split:
    """Split rows by time: the last rows are the test set, those just before them the validation set.

    All rows with the same time stamp are assigned to the same set, so that sizes may differ slightly from the requested
    ones. Rows without a time stamp are assigned to the training set.

    Args:
        stamps: The time of each row, or another number that orders the rows; NaN if missing.
        validation, test: As for :func:`split`.

    Raises:
        InvalidValue: If a share is negative, or no row is left for training.
        DataError: If there are too few distinct time stamps.

    Example:
        >>> split_in_order(np.array([5.0, 1.0, 2.0, 3.0, 4.0, 5.0]), validation=1, test=2)[:3]
        (array([1, 2, 3]), array([4]), array([0, 5]))
    """
    # Rows without a time cannot be later than others and so never test anything; they are training rows.
    present = np.flatnonzero(~np.isnan(stamps))
    sizes = _sizes(len(present), validation, test)
    order = present[np.argsort(stamps[present], kind="stable")]
    found = stamps[order]
    starts = np.flatnonzero(np.append(True, found[1:] != found[:-1])) if len(found) else np.zeros(0, np.int64)
    if len(starts) < 1 + sum(size > 0 for size in sizes.values()):
        raise DataError(
            f"{len(starts)} different {'stamp' if len(starts) == 1 else 'stamps'} cannot be split into training, "
            "validation and test sets so that rows with the same timestamp stay together. Split at random, or use "
            "more rows."
        )
    ends = [len(order)]
    for place, size in enumerate((sizes["test"], sizes["validation"])):
        after = (sizes["validation"] > 0) * (place == 0)  # the minimum number of time stamps for the sets before
        # A set ends only where a time stamp begins, and leaves at least one stamp for each set before it.
        allowed = starts[1 + after :][starts[1 + after :] < ends[-1]]
        ends.append(int(allowed[np.abs(allowed - (ends[-1] - size)).argmin()]) if size else ends[-1])
    train = np.setdiff1d(np.arange(len(stamps)), order[ends[2] :])
    return Split(train, np.sort(order[ends[2] : ends[1]]), np.sort(order[ends[1] :]))


def split_by_group(
    groups: Shaped[np.ndarray, "rows"], validation: float = 0.15, test: float = 0.15, seed: int = 0
) -> Split:
    """Split rows so that all rows of a group (a patient, customer or machine) are in the same set.

    Groups are visited in random order; a set receives a group if this brings it closer to its size.

    Args:
        groups: The number of the group of each row, from 0.
        validation, test: As for :func:`split`: shares or numbers of rows, not of groups.
        seed: The seed for the order of the groups.

    Raises:
        InvalidValue: If a share is negative, or no row is left for training.
        DataError: If there are too few groups.

    Example:
        >>> made = split_by_group(np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]), validation=0.2, test=0.2)
        >>> [len(part) for part in made[:3]]
        [6, 2, 2]
    """
    sizes = _sizes(len(groups), validation, test)
    counts = np.bincount(groups)
    wanted = [number for number, size in ((2, sizes["test"]), (1, sizes["validation"])) if size]
    if (counts > 0).sum() <= len(wanted):
        raise DataError(
            f"{(counts > 0).sum()} groups cannot be split into training and {len(wanted)} other sets so that each "
            "group stays together. Use a column with more groups, or fewer sets (test=0 or validation=0)."
        )
    order = np.argsort(np.random.Generator(np.random.PCG64(seed)).random(len(counts)), kind="stable")
    order = order[counts[order] > 0]
    part = np.full(len(counts), -1)
    part[order] = 0
    for number, size in ((2, sizes["test"]), (1, sizes["validation"])):
        filled = 0
        for group in order:
            # Groups in random order and not by size, so that small and large groups are in every set.
            if part[group] == 0 and abs(filled + counts[group] - size) < abs(filled - size):
                part[group], filled = number, filled + counts[group]
    for number in (*wanted, 0):
        if not (part == number).any():  # all groups are too large: take the smallest of the set with most
            own = np.flatnonzero(part == np.bincount(part[order], minlength=3).argmax())
            part[own[counts[own].argmin()]] = number
    parts = part[groups]
    return Split(np.flatnonzero(parts == 0), np.flatnonzero(parts == 1), np.flatnonzero(parts == 2))


def _sizes(n: int, validation: float, test: float) -> dict[str, int]:
    """Return the numbers of test and validation rows; InvalidValue if no row is left for training."""
    sizes = {"test": _size(n, test, "test"), "validation": _size(n, validation, "validation")}
    if sum(sizes.values()) >= n:
        raise DataError(note("errors.few_rows", rows=note("words.rows", count=n), **sizes))
    return sizes


def _size(n: int, share: float, name: str) -> int:
    if not 0 <= share < max(n, 1) or (share > 1 and share != int(share)):
        raise InvalidValue(f"{name}={share}: expected a share from 0 to 1, or a number of rows below {n}.")
    if share == 0:
        return 0
    return int(share) if share >= 1 else max(1, round(n * share))


def _stratified(order: Int[np.ndarray, "chosen"], labels: Shaped[np.ndarray, "rows"], sizes: dict[str, int]) -> Split:
    classes, members = np.unique(labels, return_inverse=True)
    counts = np.bincount(members)
    # The test set takes its rows first, so that it is the same whatever validation share is asked for.
    tests = _shares(counts, sizes["test"], at_least=counts >= 2, leave=1)
    validations = _shares(counts, sizes["validation"], at_least=counts - tests >= 2, leave=1, taken=tests)
    parts: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
    for number, (tested, validated) in enumerate(zip(tests, validations, strict=True)):
        rows = order[members[order] == number]
        parts["test"].append(rows[:tested])
        parts["validation"].append(rows[tested : tested + validated])
        parts["train"].append(rows[tested + validated :])
    notes = _small(classes, {"validation": validations, "test": tests}, sizes)
    made = {name: np.sort(np.concatenate(rows)) for name, rows in parts.items()}
    return Split(made["train"], made["validation"], made["test"], notes)


def _shares(
    counts: Int[np.ndarray, "groups"],
    size: int,
    at_least: Shaped[np.ndarray, "groups"],
    leave: int,
    taken: np.ndarray | int = 0,
) -> Int[np.ndarray, "groups"]:
    """Return how ``size`` rows are divided among classes, by largest remainder, with at least one where possible."""
    if size == 0:
        return np.zeros(len(counts), np.int64)
    room = np.maximum(counts - taken - leave, 0)
    exact = counts * (size / counts.sum())
    shares = np.minimum(np.floor(exact).astype(np.int64), room)
    # Stable, so that classes with equal remainders take their turn in a fixed order on every machine.
    for number in np.argsort(-(exact - shares), kind="stable"):
        if shares.sum() < size and shares[number] < room[number]:
            shares[number] += 1
    return np.maximum(shares, np.minimum(at_least, room))


def _small(
    classes: Shaped[np.ndarray, "rows"], given: dict[str, np.ndarray], sizes: dict[str, int]
) -> tuple[Note, ...]:
    notes: list[Note] = []
    for part, shares in given.items():
        absent = [str(name) for name in classes[shares == 0]] if sizes[part] else []
        if absent:
            shown = first_few([repr(name) for name in absent], 5)
            notes.append(note("splitting.no_rows_of_class", classes=shown, part=note(f"words.{part}")))
    return tuple(notes)
