"""Generators and data loaders given to fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeGuard, TypeVar

import jax
import numpy as np

from ..errors import DataError, InvalidValue, ShapeError
from ..training.batches import ANSWER_ROWS, PART_ROWS
from ..typing import PyTree
from .base import BaseModel
from .examples import take
from .inputs import Examples, count_rows

if TYPE_CHECKING:
    pass

MOST_BYTES = 1 << 28  # of rows that are evaluated together

T = TypeVar("T")
Weigh = Callable[[Examples], Examples]


def gives_batches(x: object) -> TypeGuard[Iterable[object]]:
    """Return whether something is a generator or a data loader, and not rows."""
    if isinstance(x, list | tuple | dict | set | frozenset | str | bytes | range) or not hasattr(x, "__iter__"):
        return False
    return not any(
        hasattr(x, name) for name in ("__array__", "__array_interface__", "__dataframe__", "dtype", "typecode")
    )


def unpacked(model: BaseModel, item: object, number: int) -> tuple[object, object, object]:
    """Return a batch as (x, y, sample_weight), where the last two may be None.

    Raises:
        InvalidValue: If it is none.
    """
    if isinstance(item, tuple | list) and 2 <= len(item) <= 3:
        return item[0], item[1], item[2] if len(item) == 3 else None
    if isinstance(item, tuple | list) and len(item) == 1:
        return item[0], None, None
    if model.compiled.loss is None and not isinstance(item, tuple | list):
        return item, None, None
    given = f"a {type(item).__name__}" + (f" of {len(item)}" if isinstance(item, tuple | list) else "")
    raise InvalidValue(f"batch {number} is {given}; expected (x, y) or (x, y, sample_weight).")


def all_of(model: BaseModel, batches: Iterable[object], steps: int | None, owner: str) -> Examples:
    """Return all rows of some batches, for validation.

    Raises:
        DataError: If there are none, or fewer batches than ``steps``.
    """
    found = [
        take(model, *unpacked(model, item, number), owner=f"{owner} batch {number}'s ", compact=True)
        for number, item in enumerate(_first(batches, steps, owner))
    ]
    return behind_one_another(found)


def regrouped(batches: Iterable[object], steps: int | None, rows_of: Callable[[int, object], T]) -> Iterator[T]:
    """Yield the rows of batches in groups of constant size, so that predictions do not depend on the batches.

    Args:
        batches: The iterator of batches.
        steps: The number of batches; None for all.
        rows_of: From the number of a batch and the batch to its arrays.
    """
    held: list[T] = []
    count = size = 0
    for number, item in enumerate(_first(batches, steps, "x")):
        rows = rows_of(number, item)
        if held and _shapes(held[0]) != _shapes(rows):  # sequences of another length
            yield behind_one_another(held)
            held, count = [], 0
        held.append(rows)
        count += count_rows(rows)
        size = size or _rows_at_once(held[-1])
        # Groups of one size, across the borders of batches: the last bit of an answer depends on the size of the group.
        while count >= size:
            whole, count = behind_one_another(held), count - size
            yield _rows_of(whole, 0, size)
            held = [_rows_of(whole, size, None)]
    if count:
        yield behind_one_another(held)


def behind_one_another(trees: Sequence[T], what: str = "rows") -> T:
    """Return the rows of several batches as one.

    Raises:
        ShapeError: If they have sequences of different lengths.
    """
    shapes = [_shapes(tree) for tree in trees]
    other = next((each for each in shapes if each != shapes[0]), None)
    if other is not None:
        one, two = next(pair for pair in zip(shapes[0], other, strict=True) if pair[0] != pair[1])
        raise ShapeError(
            f"the {what} of these batches have the shapes {one} and {two}, which cannot be put into one array. Give "
            "sequences of one length, or one batch after another."
        )
    return jax.tree.map(lambda *parts: np.concatenate(parts), *trees)


def _shapes(tree: PyTree) -> list[tuple[int, ...]]:
    """Return the shape of one row of each array."""
    return [part.shape[1:] for part in jax.tree.leaves(tree)]


def _rows_of(tree: T, begin: int, end: int | None) -> T:
    return jax.tree.map(lambda part: part[begin:end], tree)


def _rows_at_once(rows: PyTree) -> int:
    a_row = sum(part.nbytes for part in jax.tree.leaves(rows)) / count_rows(rows)
    size = PART_ROWS
    while size > ANSWER_ROWS and size * a_row > MOST_BYTES:
        size //= 2
    return size


def refuse_beside_batches(given: Mapping[str, object], validation_split: float = 0.0, verb: str = "fit") -> None:
    """Reject arguments that are part of the batches.

    Raises:
        InvalidValue: If one of them is given.
    """
    named = [name for name, value in given.items() if value is not None] + ["validation_split"] * bool(validation_split)
    if named:
        raise InvalidValue(
            f"{verb}(generator, {named[0]}=...): its batches are (x, y) or (x, y, sample_weight)"
            + ("; for validation, use validation_data=." if validation_split else " and have their own sizes.")
        )


def _first(batches: Iterable[object], steps: int | None, name: str) -> Iterator[object]:
    made = 0
    for item in batches if steps is None else islice(batches, steps):
        made += 1
        yield item
    if made == 0 or made < (steps or 0):
        raise DataError(f"{name} gave {made} batches, where {steps or 'at least 1'} are needed.")
