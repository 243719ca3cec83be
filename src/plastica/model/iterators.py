"""Generators and data loaders given to fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeGuard, TypeVar, final

import jax
import numpy as np

from ..errors import DataError, InvalidValue, PlasticaError, ShapeError
from ..training.batches import ANSWER_ROWS, PART_ROWS
from ..training.stream import BatchArrays, Stream
from ..typing import PyTree
from .base import BaseModel
from .examples import take
from .inputs import Examples, count_rows
from .remembering import checked
from .streams import conformed

if TYPE_CHECKING:
    from .options import Options

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


@final
class Batches:
    """Batches ``(x, y)`` or ``(x, y, sample_weight)`` from an iterator, checked against a network.

    Args:
        model: The model; it is built by the first batch if necessary.
        batches: The iterator of batches.
        options: The options of ``fit``.
        weigh: Applies class weights.

    Raises:
        InvalidValue: If the optimizer needs all rows at once, or the run could not be resumed as ``checkpoint`` asks.
    """

    def __init__(self, model: BaseModel, batches: Iterable[object], options: Options, weigh: Weigh) -> None:
        if model.optimizer.full_batch:
            raise InvalidValue(
                f"{type(model.optimizer).__name__} uses all rows in each step, which is not possible with a generator. "
                "Choose another optimizer, such as adam."
            )
        if options.checkpoint is not None:
            _require_rewinding(batches, options.steps_per_epoch)
        self.model, self.weigh, self._types = model, weigh, None
        epochs = max(0, options.epochs - options.initial_epoch)
        self.stream = Stream(batches, options.steps_per_epoch, epochs, model.seed, model.epochs_trained)
        try:
            first = self._taken(0, self.stream.first())
            self.x, self.y = first.x, first.y
            self.stream.begin(first[:3], checked(model.network, self._converted))
        except BaseException:
            self.stream.close()
            raise

    def source(self) -> Stream:
        """Return the source of a run."""
        return self.stream

    def _taken(self, number: int, item: object) -> Examples:
        found = take(self.model, *unpacked(self.model, item, number), owner=f"batch {number}'s ", compact=True)
        return self._conformed(self.weigh(found), number)

    def _conformed(self, examples: Examples, number: int) -> Examples:
        own = examples[:3]
        if self._types is None:
            self._types = jax.tree.map(lambda part: part.dtype, own)
        if jax.tree.structure(own) != jax.tree.structure(self._types):
            raise ShapeError(f"only one of batch {number} and batch 0 has weights; give weights in all or in none.")
        return Examples(*conformed(own, self._types, f"batch {number}", "batch 0"))

    def _converted(self, first: int, items: Sequence[object]) -> list[BatchArrays]:
        """Return batches as arrays. All are checked together, and one by one only to find an invalid one."""
        try:
            rows = [unpacked(self.model, item, first + place) for place, item in enumerate(items)]
            joined = take(self.model, *_joined(rows), owner=f"batch {first}'s ", compact=True)
            found = self._conformed(self.weigh(joined), first)
            ends = np.cumsum([len(jax.tree.leaves(batch[0])[0]) for batch in rows]).tolist()
        # One batch among them is invalid: converted one by one, the error names it.
        except (PlasticaError, ValueError, TypeError):
            return [self._taken(first + place, item)[:3] for place, item in enumerate(items)]
        cuts = [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]
        return [jax.tree.map(lambda part, cut=cut: part[cut], found[:3]) for cut in cuts]


def _require_rewinding(batches: Iterable[object], steps: int | None) -> None:
    if isinstance(batches, Iterator):
        raise InvalidValue(
            "fit(generator, checkpoint=...): a generator cannot be read again from its beginning, so such a run could "
            "not be resumed. Give an object that can be iterated again, such as a data loader with a fixed order."
        )
    if steps is None and not hasattr(batches, "__len__"):
        raise InvalidValue("fit(x, checkpoint=...): give steps_per_epoch=, since x has no len().")


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


def _joined(batches: Sequence[PyTree]) -> PyTree:
    """Return the rows of several batches behind one another.

    Raises:
        ValueError: If their parts differ in type or shape.
    """

    def join(*parts: object) -> np.ndarray:
        arrays = [np.asarray(part) for part in parts]
        if len({array.dtype for array in arrays}) > 1:
            raise ValueError("batches of several types")
        return np.concatenate(arrays)

    return jax.tree.map(join, *batches, is_leaf=lambda part: hasattr(part, "__array__"))


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
