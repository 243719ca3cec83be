"""The training, validation and held-out rows of each fold of a cross-validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..data.folds import check_deal, deal, deal_groups, deal_in_time
from ..data.splitting import split, split_by_group, split_in_order
from ..errors import DataError, InvalidValue
from .splits import FoldsLike, RowSplit, check_folds, fold_splits


class RowFacts(NamedTuple):
    """What decides on the folds of rows.

    Attributes:
        rows: How many rows there are.
        classes: The class of each row; None for other targets.
        groups: The group of each row, or None.
        times: The time of each row, or None.
    """

    rows: int
    classes: np.ndarray | None = None
    groups: ArrayLike | None = None
    times: ArrayLike | None = None


class CrossFold(NamedTuple):
    """One fold of a cross-validation.

    Attributes:
        repeat, fold: Their numbers, from 0.
        train: The rows that training may use.
        held_out: The rows on which the result is evaluated.
        seed: The seed of the network and of the fold.
    """

    repeat: int
    fold: int
    train: np.ndarray
    held_out: np.ndarray
    seed: int

    def inside(self, share: float, facts: RowFacts) -> RowSplit:
        """Return training and validation rows among those that training may use, divided in the way of the folds."""
        if not share:
            return RowSplit(self.train, None)
        if facts.times is not None:
            made = split_in_order(np.asarray(facts.times, np.float64)[self.train], share, 0)
        elif facts.groups is not None:
            _, groups = np.unique(np.asarray(facts.groups)[self.train], return_inverse=True)
            made = split_by_group(groups.reshape(-1), share, 0, self.seed)
        else:
            own = None if facts.classes is None else facts.classes[self.train]
            made = split(len(self.train), share, 0, own, self.seed)
        return RowSplit(self.train[made.train], self.train[made.validation])


def cross_folds(folds: FoldsLike, repeats: int, facts: RowFacts, seed: int) -> list[CrossFold]:
    """Return the folds of each repeat.

    Args:
        folds: A number, a splitter of scikit-learn, or pairs of row numbers.
        repeats: How often the rows are dealt anew.
        facts: What decides on the folds.
        seed: The seed of the first repeat; the next has the next.

    Raises:
        InvalidValue: If a number of folds does not fit the rows, classes, groups or times, or the folds of
            all repeats would be the same.
        DataError: If groups or times are not one for each row.
    """
    if not isinstance(repeats, int | np.integer) or isinstance(repeats, bool) or repeats < 1:
        raise InvalidValue(f"repeats={repeats!r}: give a whole number of at least 1.")
    number = int(folds) if isinstance(folds, int | np.integer) and not isinstance(folds, bool) else None
    if repeats > 1 and (number is None or facts.times is not None):
        why = "time has one order" if number is not None else "the splitter or the pairs give the same folds again"
        raise InvalidValue(f"repeats={repeats}: {why}; leave repeats out, or use RepeatedKFold for random folds.")
    groups, times = _checked("groups", facts.groups, facts.rows), _checked("times", facts.times, facts.rows)
    if groups is not None and times is not None:
        raise InvalidValue("cross_validate(groups=..., times=...): give one of the two, or pairs of row numbers.")
    found = []
    for repeat in range(int(repeats)):
        if number is not None:
            pairs = _dealt(number, facts.rows, facts.classes, groups, times, seed + repeat)
        else:
            pairs = fold_splits(folds, facts.rows, facts.classes, groups, seed)
        for fold, (train, held_out) in enumerate(pairs):
            if held_out is None:
                raise InvalidValue(f"folds={folds!r}: each fold needs held-out rows.")
            if both := set(train.tolist()) & set(held_out.tolist()):
                raise InvalidValue(
                    f"fold {fold} has row {min(both)} in both parts, so that it would be evaluated on what it learned; "
                    "give each row to one of the two."
                )
            found.append(CrossFold(repeat, fold, train, held_out, seed + repeat))
    return found


def require_folds(folds: FoldsLike | None) -> None:
    """Check the folds of a cross-validation.

    Raises:
        InvalidValue: If they are neither a number of at least 2, nor a splitter, nor pairs.
    """
    if folds is None:
        raise InvalidValue(
            "cross_validate(folds=None): give a number of at least 2, a splitter or pairs of row numbers."
        )
    check_folds(folds)


def _dealt(
    folds: int,
    rows: int,
    classes: np.ndarray | None,
    groups: np.ndarray | None,
    times: np.ndarray | None,
    seed: int,
) -> list[RowSplit]:
    if times is not None:
        numbers = deal_in_time(times.astype(np.float64), folds)
        return [RowSplit(np.flatnonzero(numbers < fold), np.flatnonzero(numbers == fold)) for fold in range(folds)]
    if groups is not None:
        numbers = deal_groups(groups, folds, seed)
    else:
        check_deal(folds, rows, classes)
        numbers = deal(rows, folds, classes, seed)
    return [RowSplit(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in range(folds)]


def _checked(name: str, given: ArrayLike | None, rows: int) -> np.ndarray | None:
    if given is None:
        return None
    found = np.asarray(given)
    if found.shape != (rows,):
        raise DataError(f"{name} has shape {found.shape}; give one for each of the {rows} rows.")
    return found
