"""Rows are dealt to training, validation and test: at random from a seed, or class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, InvalidValue


class Split(NamedTuple):
    """Which rows serve what, each in ascending order, and what is to be said about small classes."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    notes: tuple[str, ...] = ()


def split(
    n: int,
    validation: float = 0.15,
    test: float = 0.15,
    stratify: Sequence[Any] | np.ndarray | None = None,
    seed: int = 0,
) -> Split:
    """Deal ``n`` rows; the same arguments give the same rows on every machine.

    With ``stratify`` each part gets its share of each class, rounded so that the totals come out. A class's
    first row goes to training, its second to test and its third to validation, where its share asks for less.

    Args:
        n: The number of rows.
        validation: The share (under 1) or the number (1 or more) of rows that decide when to stop; 0 for none.
        test: The share or number of rows held out for the results; 0 for none.
        stratify: A label for each row, or None.
        seed: What the dealing depends on.

    Raises:
        InvalidValue: Shares that are negative or leave no row for training.
        DataError: Too few rows to deal.

    Example:
        >>> train, validation, test, notes = split(10, validation=0.2, test=0.2)
        >>> len(train), len(validation), len(test)
        (6, 2, 2)
    """
    sizes = {"test": _size(n, test, "test"), "validation": _size(n, validation, "validation")}
    if sum(sizes.values()) >= n:
        raise DataError(
            f"{n} {'row' if n == 1 else 'rows'} cannot be dealt to {sizes['validation']} for validation, "
            f"{sizes['test']} for test and at least one for training. Give more rows, or smaller parts (0 for none)."
        )
    # PCG64's doubles are fixed by its definition, which NumPy's shuffles are not (NEP 19).
    order = np.argsort(np.random.Generator(np.random.PCG64(seed)).random(n), kind="stable")
    if stratify is None:
        tested, validated = sizes["test"], sizes["test"] + sizes["validation"]
        return Split(np.sort(order[validated:]), np.sort(order[tested:validated]), np.sort(order[:tested]))
    labels = np.asarray(stratify)
    if len(labels) != n:
        raise DataError(f"stratify holds {len(labels)} labels for {n} rows.")
    return _stratified(order, labels, sizes)


def _size(n: int, share: float, name: str) -> int:
    if not 0 <= share < max(n, 1) or (share > 1 and share != int(share)):
        raise InvalidValue(f"{name}={share}: wanted a share from 0 to 1, or a number of rows below {n}.")
    if share == 0:
        return 0
    return int(share) if share >= 1 else max(1, round(n * share))


def _stratified(order: np.ndarray, labels: np.ndarray, sizes: dict[str, int]) -> Split:
    classes, members = np.unique(labels, return_inverse=True)
    counts = np.bincount(members)
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


def _shares(counts: np.ndarray, size: int, at_least: np.ndarray, leave: int, taken: np.ndarray | int = 0) -> np.ndarray:
    """Deal ``size`` rows to classes by largest remainder, one at least to each that can spare one."""
    if size == 0:
        return np.zeros(len(counts), np.int64)
    room = np.maximum(counts - taken - leave, 0)
    exact = counts * (size / counts.sum())
    shares = np.minimum(np.floor(exact).astype(np.int64), room)
    for number in np.argsort(-(exact - shares), kind="stable"):
        if shares.sum() < size and shares[number] < room[number]:
            shares[number] += 1
    return np.maximum(shares, np.minimum(at_least, room))


def _small(classes: np.ndarray, given: dict[str, np.ndarray], sizes: dict[str, int]) -> tuple[str, ...]:
    notes = []
    for part, shares in given.items():
        absent = [str(name) for name in classes[shares == 0]] if sizes[part] else []
        if absent:
            listed = ", ".join(repr(name) for name in absent[:5]) + ("" if len(absent) <= 5 else ", ...")
            notes.append(f"no row of {listed} in the {part} part: such a class has too few rows.")
    return tuple(notes)
