"""The rows of each batch, determined on the host by the seed and the number of the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import overload

import jax
import numpy as np

from ..data.gathered import Gathered, Staged
from ..errors import InvalidValue
from ..typing import AnyArray, Float, Int, Integer, PyTree
from .rows import Picked, Plan, Rows, count_rows, is_staged
from .share import MOST_COUNTED
from .source import Source

# About a megabyte of row numbers per plan: many short epochs, or one long one.
TABLE_ENTRIES = 1 << 18
MOST_EPOCHS_IN_PLAN = 64

# Predictions are computed in chunks of this many rows, padded with zeros, so that the prediction for a row does not
# depend on how many rows were passed with it.
ANSWER_ROWS = 128

# More rows than this are predicted in parts, so that memory use is bounded and one program serves all parts.
PART_ROWS = 1 << 15

# Padding by this many numbers takes a millisecond; compiling for another number of rows takes half a second.
SMALL_PART = 1 << 21

# Larger inputs are not copied for padding: compiling again costs less than the memory of a copy.
LARGEST_COPY = 1 << 30


def row_order(seed: int, epoch: int, rows: int, shuffle: bool) -> Int[np.ndarray, "rows"]:
    """Return the order of the rows in an epoch, int32 ``(rows,)``.

    It depends only on the seed and the number of the epoch, so that a resumed run continues exactly.
    """
    if not shuffle:
        return np.arange(rows, dtype=np.int32)
    return np.random.default_rng([seed, epoch]).permutation(rows).astype(np.int32)


def drawn_rows(seed: int, epoch: int, sampling: Float[np.ndarray, "rows"]) -> Int[np.ndarray, "rows"]:
    """Return row numbers drawn with replacement with the given relative probabilities, int32 ``(rows,)``.

    As for :func:`row_order`, they depend only on the seed and the number of the epoch.
    """
    reach = np.cumsum(sampling, dtype=np.float64)
    draws = np.random.default_rng([seed, epoch]).random(len(sampling)) * reach[-1]
    found = np.searchsorted(reach, draws, side="right")
    # Rounding may place a draw at the upper end of the last interval, which belongs to no row.
    return np.minimum(found, np.flatnonzero(sampling)[-1]).astype(np.int32)


def batch_sizes(rows: int, batch_size: int) -> Int[np.ndarray, "batches"]:
    """Return the number of rows in each batch without padding, int32 ``(batches,)``; only the last may be smaller."""
    batches = -(-rows // batch_size)
    sizes = np.full(batches, batch_size, np.int32)
    sizes[-1] = rows - (batches - 1) * batch_size
    return sizes


def room_for(rows: int) -> int:
    """Return the padded number of rows, so that folds of slightly different sizes share one compiled program.

    There are eight sizes from each power of two to the next: at most an eighth is padding, and none up to 16 rows.

    Example:
        >>> [room_for(rows) for rows in (4, 16, 89, 90, 1000, 1013)]
        [4, 16, 96, 96, 1024, 1024]
    """
    step = 1 << max(0, (rows - 1).bit_length() - 4)
    return -(-rows // step) * step


@overload
def filled(array: np.ndarray, room: int, fill: float = 0.0) -> np.ndarray: ...
@overload
def filled(array: Gathered, room: int, fill: float = 0.0) -> Staged: ...
def filled(array: np.ndarray | Gathered, room: int, fill: float = 0.0) -> np.ndarray | Staged:
    """Return the rows padded to ``room`` rows; the array itself if it has that length."""
    if isinstance(array, Gathered):
        return array.staged(lambda rows: filled(rows, room, fill))
    if len(array) == room:
        return array
    made = np.full((room, *array.shape[1:]), fill, array.dtype)
    made[: len(array)] = array
    return made


def training_rows(x: PyTree, y: PyTree, weight: Float[np.ndarray, "rows *shape"] | None) -> Rows:
    """Return the training data, with padding rows that no batch contains."""
    count, size = count_rows(x), sum(part.nbytes for part in jax.tree.leaves(x))
    room = room_for(count) if size <= LARGEST_COPY else count
    return Rows(*jax.device_put(jax.tree.map(lambda part: filled(part, room), (x, y, weight))))


class Planner:
    """Makes the plans of a run, all of one shape, so that all calls use one compiled program.

    Attributes:
        batches: The number of batches in an epoch.
        size: The number of rows in a batch.

    Args:
        rows: The number of training rows.
        batch_size: The number of rows in a batch, at most the number of rows.
        seed: The seed of the run.
        shuffle: Whether to shuffle the rows in each epoch.
        first_epoch: The number of epochs of training before this run.
        sampling: The relative probability of drawing each row; None uses each row once per epoch.
        together: How many members of a run have plans of their own; each is the smaller for it.

    Raises:
        InvalidValue: If the number of rows exceeds the range of int32.
    """

    def __init__(
        self,
        rows: int,
        batch_size: int,
        seed: int,
        shuffle: bool,
        first_epoch: int,
        sampling: Float[np.ndarray, "rows_to_draw"] | None = None,
        together: int = 1,
    ) -> None:
        if rows > MOST_COUNTED:
            raise InvalidValue(f"{rows} rows: at most {MOST_COUNTED} can be in one array; give them as blocks.")
        self.rows, self.size = rows, min(batch_size, room_for(rows))
        self.seed, self.shuffle, self.first_epoch, self.sampling = seed, shuffle, first_epoch, sampling
        self.batches = -(-rows // self.size)
        self.sizes = filled(batch_sizes(rows, self.size), -(-room_for(rows) // self.size))
        room = max(1, TABLE_ENTRIES * min(together, 4) // (len(self.sizes) * self.size * together))
        self.epochs = min(MOST_EPOCHS_IN_PLAN, 1 << (room.bit_length() - 1))
        self._drawn, self._table = range(0), np.zeros((0, 0, 0), np.int32)
        self._ahead: dict[int, np.ndarray] = {}  # the orders of coming epochs

    def plan(self, start: int, stop: int) -> Plan:
        """Return the plan for steps ``start`` to ``stop`` of the run, which span at most ``epochs`` epochs."""
        first, last = start // self.batches, (stop - 1) // self.batches
        offset = first * self.batches
        span = [*divmod(start - offset, self.batches), *divmod(stop - offset, self.batches)]
        table = self._orders(range(first, last + 1))
        return Plan(table, self.sizes, np.array(span, np.int32), np.int32(self.batches))

    def _orders(self, epochs: range) -> Int[np.ndarray, "epochs batches size"]:
        # Cached, since all calls within one long epoch ask for the same order.
        if self._drawn != epochs:
            table = np.zeros((self.epochs, len(self.sizes) * self.size), np.int32)
            self._ahead = {epoch: order for epoch, order in self._ahead.items() if epoch >= epochs.start}
            for place, epoch in enumerate(epochs):
                table[place, : self.rows] = self._order_of(epoch)
            self._drawn, self._table = epochs, table.reshape(self.epochs, len(self.sizes), self.size)
        return self._table

    def prepare(self, start: int, stop: int) -> None:
        """Draw the orders of the rows for steps ``start`` to ``stop`` while a program computes."""
        for epoch in range(start // self.batches, -(-stop // self.batches)):
            self._order_of(epoch)

    def _order_of(self, epoch: int) -> Int[np.ndarray, "rows"]:
        if epoch not in self._ahead:
            self._ahead[epoch] = self._order(self.first_epoch + epoch)
        return self._ahead[epoch]

    def _order(self, epoch: int) -> Int[np.ndarray, "rows"]:
        if self.sampling is not None:
            return drawn_rows(self.seed, epoch, self.sampling)
        return row_order(self.seed, epoch, self.rows, self.shuffle)

    def farthest(self, start: int) -> int:
        """Return the last step that one plan from ``start`` can reach."""
        return (start // self.batches + self.epochs) * self.batches

    def position(self, start: int, epoch: int, batch: int) -> int:
        """Return the step of the run for an epoch and a batch of a plan that begins at ``start``."""
        return (start // self.batches + epoch) * self.batches + batch


class Arrays(Planner, Source):
    """Rows in memory as a source of data; :class:`Planner` determines the batches.

    Args:
        data: The rows, as returned by :func:`training_rows`.
        rows: The number of rows to train on.
        batch_size, seed, shuffle, first_epoch, sampling, together: As for :class:`Planner`.
        places: Which of the rows to train on, so that several sources share one copy of the data. None: all.
    """

    def __init__(
        self,
        data: Rows,
        rows: int,
        batch_size: int,
        seed: int,
        shuffle: bool,
        first_epoch: int,
        sampling: Float[np.ndarray, "rows_to_draw"] | None = None,
        together: int = 1,
        *,
        places: Integer[np.ndarray, "chosen"] | None = None,
    ) -> None:
        super().__init__(rows, batch_size, seed, shuffle, first_epoch, sampling, together)
        self.data, self.places = data, None if places is None else places.astype(np.int32)

    def rows_at(self, step: int) -> Rows:
        """Return all rows."""
        return self.data

    def identity(self) -> Iterator[str | AnyArray]:
        """Yield the rows without padding; or, of shared rows, all of them and which are trained on."""
        if self.places is not None:
            yield from (*jax.tree.leaves(self.data), self.places)
            return
        for part in jax.tree.leaves(self.data, is_leaf=lambda part: isinstance(part, Staged)):
            yield from part.identity(self.rows) if isinstance(part, Staged) else (part[: self.rows],)

    def _orders(self, epochs: range) -> Int[np.ndarray, "epochs batches size"]:
        if self.places is None or self._drawn == epochs:
            return super()._orders(epochs)
        # Rows that fill up a batch are the first one of these rows, as if there were no others.
        self._table = self.places[super()._orders(epochs)]
        return self._table


@overload
def in_chunks(array: np.ndarray, size: int = ANSWER_ROWS, fill: float = 0.0, room: int | None = None) -> np.ndarray: ...
@overload
def in_chunks(array: Gathered, size: int = ANSWER_ROWS, fill: float = 0.0, room: int | None = None) -> Staged: ...
def in_chunks(
    array: np.ndarray | Gathered, size: int = ANSWER_ROWS, fill: float = 0.0, room: int | None = None
) -> np.ndarray | Staged:
    """Return ``(rows, ...)`` as ``(chunks, size, ...)``, padded to one of a few numbers of chunks."""
    if isinstance(array, Gathered):
        return array.staged(lambda rows: in_chunks(rows, size, fill, room))
    chunks = max(1, -(-(room or room_for(len(array))) // size))
    return filled(array, chunks * size, fill).reshape(chunks, size, *array.shape[1:])


def picked_rows(
    data: Rows,
    places: Integer[np.ndarray, "chosen"],
    weight: Float[np.ndarray, "rows *shape"] | None,
    size: int = ANSWER_ROWS,
    room: int | None = None,
) -> Rows:
    """Return some of the training rows as data of an evaluation in chunks, without a copy; see :func:`held_out_rows`.

    Args:
        data: The rows, as returned by :func:`training_rows`.
        places: Which of them.
        weight: The weight of all rows in the evaluation; None where all weigh 1.
        size: The number of rows in a chunk.
        room: The number of rows to pad to, for members of a run that evaluate different numbers of rows.
    """
    table = in_chunks(places.astype(np.int32), size, room=room)
    weight = np.ones(len(places), np.float32) if weight is None else weight[places]
    x, y = (jax.tree.map(lambda part: Picked(part, table), tree, is_leaf=is_staged) for tree in (data.x, data.y))
    return Rows(x, y, in_chunks(weight, size, -1.0, room))


def parts(rows: int, size: int, numbers: int) -> tuple[list[slice], int]:
    """Return the parts in which many rows are predicted, and the padded size of each part.

    A single chunk keeps its size, and several chunks are padded to one common size if that is small. Two programs are
    then sufficient for most numbers of rows.

    Args:
        rows: The number of rows.
        size: The number of rows in a chunk.
        numbers: The number of values in a row and its prediction.
    """
    most = max(1, PART_ROWS // size) * size
    small = min(most, SMALL_PART // numbers // size * size)
    room = small if size < rows <= small else min(room_for(rows), most)
    return [slice(start, start + most) for start in range(0, rows, most)], room


def held_out_rows(
    x: PyTree,
    y: PyTree,
    weight: Float[np.ndarray, "rows *shape"] | None,
    size: int = ANSWER_ROWS,
    room: int | None = None,
) -> Rows:
    """Return the data of an evaluation in chunks; padding rows have the weight -1."""
    weight = np.ones(count_rows(x), np.float32) if weight is None else weight
    x, y = jax.tree.map(lambda part: in_chunks(part, size, room=room), (x, y))
    return Rows(*jax.device_put((x, y, in_chunks(weight, size, -1.0, room))))
