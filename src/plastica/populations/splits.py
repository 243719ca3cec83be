"""Which rows each member trains on and which it is validated on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from ..data.folds import check_deal, deal
from ..errors import InvalidValue


@runtime_checkable
class FoldSplitter(Protocol):
    """A splitter of scikit-learn, such as ``KFold(5)``."""

    def split(
        self, X: ArrayLike, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        """Yield the training and validation rows of each fold."""
        ...

    def get_n_splits(
        self, X: ArrayLike | None = None, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> int:
        """Return the number of folds."""
        ...


FoldsLike = int | np.integer | FoldSplitter | Sequence[tuple[ArrayLike, ArrayLike]]


class RowSplit(NamedTuple):
    """The rows of a member.

    Attributes:
        train: The numbers of the rows to train on.
        held_out: Those to validate on; None if validation data are given apart.
    """

    train: np.ndarray
    held_out: np.ndarray | None


def fold_splits(
    folds: FoldsLike, rows: int, classes: np.ndarray | None, groups: ArrayLike | None, seed: int
) -> list[RowSplit]:
    """Return the rows of each fold.

    Args:
        folds: A number of folds, a splitter of scikit-learn, or pairs of row numbers: training, validation.
        rows: The number of rows.
        classes: The class of each row; None for other targets.
        groups: The group of each row, for splitters that keep groups together.
        seed: The seed of a number of folds.

    Raises:
        InvalidValue: If there are fewer rows than folds, or fewer rows of a class, or a splitter refuses the data.

    Example:
        >>> [len(train) for train, _ in fold_splits(5, 10, None, None, seed=0)]
        [8, 8, 8, 8, 8]
    """
    if isinstance(folds, FoldSplitter):
        try:
            pairs = list(folds.split(np.zeros(rows), classes, groups))
        except ValueError as error:
            raise InvalidValue(f"folds={folds!r}: {error}") from None
    elif isinstance(folds, int | np.integer):
        if groups is not None:
            raise InvalidValue(
                "groups= needs a splitter that keeps them together: folds=GroupKFold(5) of sklearn.model_selection."
            )
        pairs = _dealt(int(folds), rows, classes, seed)
    else:
        pairs = folds
    found = [RowSplit(_numbers("folds", train, rows), _numbers("folds", held, rows)) for train, held in pairs]
    if not found:
        raise InvalidValue(f"folds={folds!r} gave no fold.")
    return found


def is_count(given: object) -> TypeGuard[int]:
    """Return whether rows are given by their number."""
    return isinstance(given, int | np.integer) and not isinstance(given, bool)


class RandomRows(NamedTuple):
    """So many random rows, drawn with the seed of a member: the smaller sets of a seed are part of the larger ones.

    Attributes:
        number: How many.
        epoch: How many rows an epoch has, in which each of the rows stands equally often, up to one; None for once.
    """

    number: int
    epoch: int | None = None

    def drawn(self, order: np.ndarray) -> RowSplit:
        """Return the rows, given all rows in the random order of a seed.

        Raises:
            InvalidValue: If there are not so many.
        """
        if not 0 < self.number <= len(order):
            raise InvalidValue(
                f"rows={self.number}: there are {len(order)} training rows; give numbers from 1 to {len(order)}, or a "
                "list of row numbers."
            )
        return RowSplit(np.resize(order[: self.number], self.epoch or self.number), None)


RowsLike = ArrayLike | RandomRows


def row_subsets(
    subsets: Sequence[RowsLike], rows: int, classes: np.ndarray | None = None, seeds: Sequence[int] = (0,)
) -> list[RowSplit]:
    """Return the rows of members that train on some of the rows each, seed by seed.

    Args:
        subsets: Row numbers, masks, or how many random rows.
        rows: The number of rows.
        classes: The class of each row, of which random rows have each class's share; None for other targets.
        seeds: The seeds with which random rows are drawn.

    Raises:
        InvalidValue: If a subset is empty or has numbers that are no rows.
    """
    random = [each for each in subsets if isinstance(each, RandomRows)]
    if not random:
        given = [each for each in subsets if not isinstance(each, RandomRows)]
        return [RowSplit(_numbers("rows", subset, rows), None) for subset in given]
    orders = (nested_order(rows, classes, seed) for seed in seeds)
    return [each.drawn(order) for order in orders for each in random]


def parts_of(folds: FoldsLike | None, rows: Sequence[RowsLike] | None) -> list[dict[str, object]] | None:
    """Return what the settings say of each part of the rows; None if there are none, or a splitter decides later."""
    if rows is not None:
        return [{"rows": each.number} if isinstance(each, RandomRows) else {} for each in rows]
    if isinstance(folds, int | np.integer):
        return [{}] * int(folds)
    return [{}] * len(folds) if isinstance(folds, list | tuple) else None


def nested_order(rows: int, classes: np.ndarray | None, seed: int) -> np.ndarray:
    """Return a random order of rows, of which each beginning has each class's share, ``(rows,)``.

    Example:
        >>> classes = np.array([0, 0, 0, 0, 1, 1])
        >>> classes[nested_order(6, classes, seed=0)[:3]].tolist()
        [0, 1, 0]
    """
    drawn = np.random.default_rng([seed, rows]).random(rows)
    if classes is None:
        return np.argsort(drawn).astype(np.int32)
    place = np.empty(rows)
    for each in np.unique(classes):
        own = np.flatnonzero(classes == each)
        # The rows of a class are spread evenly from 0 to 1, each at a random point of its own interval.
        place[own[np.argsort(drawn[own])]] = (np.arange(len(own)) + drawn[own]) / len(own)
    return np.argsort(place).astype(np.int32)


def check_folds(folds: FoldsLike | None) -> None:
    """Check a number of folds, or that the folds are a splitter or pairs.

    Raises:
        InvalidValue: If they are neither.
    """
    if folds is None or isinstance(folds, FoldSplitter):
        return
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer | list | tuple):
        raise InvalidValue(
            f"folds={folds!r}: give a number such as 5, a splitter of scikit-learn such as KFold(5), or a list of "
            "pairs (training rows, validation rows)."
        )
    if isinstance(folds, int | np.integer) and folds < 2:
        raise InvalidValue(f"folds={folds!r}: give at least 2, so that each fold is validated on rows of its own.")


def _dealt(folds: int, rows: int, classes: np.ndarray | None, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    check_deal(folds, rows, classes)
    numbers = deal(rows, folds, classes, seed)
    return [(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in range(folds)]


def _numbers(what: str, given: ArrayLike, rows: int) -> np.ndarray:
    array = np.asarray(given)
    if array.dtype == bool and array.shape == (rows,):
        array = np.flatnonzero(array)
    if array.ndim != 1 or not array.size:
        raise InvalidValue(f"{what}: a part has the shape {array.shape}; give at least one row number, or a mask.")
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= rows:
        raise InvalidValue(
            f"{what}: row numbers must be whole numbers from 0 to {rows - 1}; got {array.min()} to {array.max()}."
        )
    return array.astype(np.int32)
