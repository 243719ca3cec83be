"""Which rows each member learns from: alike, with other classes each, or those of a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..data.folds import deal
from ..errors import InvalidValue, ShapeError
from ..typing import Int


def divide_rows(
    rows: int, members: int, classes: Int[np.ndarray, "rows"] | None, label_skew: float | None, seed: int
) -> list[Int[np.ndarray, "own"]]:
    """Return the row numbers of each member; every row belongs to one, and numbers of rows differ by one at most.

    Args:
        rows: The number of rows.
        members: The number of members.
        classes: The class of each row; None for other targets.
        label_skew: None gives each member each class's share. A number above 0 gives each member shares of classes of
            its own, drawn from a Dirichlet distribution: 0.1 one or two classes each, 100 nearly the same for all.
        seed: The seed.

    Raises:
        InvalidValue: If there are fewer rows than members, or classes are to differ and there are none.

    Example:
        >>> [len(own) for own in divide_rows(10, 3, None, None, seed=0)]
        [4, 3, 3]

    Reference:
        Hsu, Qi and Brown 2019, Measuring the effects of non-identical data distribution for federated visual
        classification.
    """
    if rows < members:
        raise InvalidValue(
            f"Society.fit: {members} members, but only {rows} rows to learn from; give at least one row for each."
        )
    if label_skew is None:
        dealt = deal(rows, members, classes, seed)
        return [np.flatnonzero(dealt == member) for member in range(members)]
    if classes is None:
        raise InvalidValue("Society(label_skew=...): the targets are no classes; give by= a column, or leave it out.")
    return _skewed(members, classes, label_skew, np.random.default_rng([seed, rows]))


def _skewed(members: int, classes: np.ndarray, skew: float, draws: np.random.Generator) -> list[np.ndarray]:
    _, numbers = np.unique(classes, return_inverse=True)
    waiting = [draws.permutation(np.flatnonzero(numbers == each)).tolist() for each in range(numbers.max() + 1)]
    prior = np.bincount(numbers) / len(numbers)
    wanted = [len(own) for own in np.array_split(np.arange(len(classes)), members)]
    found: list[np.ndarray] = []
    for count in wanted:
        share = draws.dirichlet(np.maximum(skew * prior * len(prior), 1e-3))
        own: list[int] = []
        for _ in range(count):
            left = share * [len(each) > 0 for each in waiting]
            # Once the classes of a member are used up, it takes of those that are left.
            left = left if left.sum() > 0 else np.array([len(each) for each in waiting], float)
            own.append(waiting[draws.choice(len(left), p=left / left.sum())].pop())
        found.append(np.sort(np.array(own, np.int64)))
    return found


def rows_by(values: ArrayLike, names: Sequence[str], rows: int) -> list[Int[np.ndarray, "own"]]:
    """Return the row numbers of each member, given who each row is of.

    Values that are the names of members are theirs; otherwise the values in their order are members in theirs.

    Args:
        values: Who or where each row is of, ``(rows,)``.
        names: The names of the members.
        rows: The number of rows.

    Raises:
        ShapeError: If there is not one value for each row.
        InvalidValue: If there are not as many values as members.

    Example:
        >>> [own.tolist() for own in rows_by(["b", "a", "b"], ["Ann", "Ben"], 3)]
        [[1], [0, 2]]
    """
    given = np.asarray(values)
    if given.shape != (rows,):
        raise ShapeError(f"Society.fit(by=...): got the shape {given.shape} for {rows} rows; give one value for each.")
    known, place = np.unique(given.astype(str), return_inverse=True)
    if len(known) != len(names):
        raise InvalidValue(
            f"Society.fit(by=...): {len(known)} values such as {str(known[0])!r} for {len(names)} members; give "
            f"a graph with members={len(known)}."
        )
    if set(known) == set(names):
        place_of = {value: number for number, value in enumerate(known)}
        return [np.flatnonzero(place == place_of[name]) for name in names]
    return [np.flatnonzero(place == number) for number in range(len(known))]
