"""Batches that come one after another, from a generator or a data loader: several of them make one stretch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import takewhile
from typing import NamedTuple

import jax
import numpy as np

from ..errors import DataError
from ..typing import AnyArray, Int, PyTree
from .batches import room_for
from .rows import Plan, Rows, count_rows
from .share import MOST_COUNTED
from .source import Source

# A stretch begins small, so that a slow generator does not keep the first step waiting, and grows once if batches
# come fast. Two sizes are two compiled programs.
FEW_STEPS, MANY_STEPS = 8, 64
FAST = 0.05  # seconds for the reading of a stretch
STRETCH_BYTES = 1 << 26

_END = object()

# From what an iterator gave, the batches from a step on, to their inputs, targets and weights.
BatchArrays = tuple[PyTree, PyTree, np.ndarray | None]
BatchConverter = Callable[[int, Sequence[object]], list[BatchArrays]]


class Stretch(NamedTuple):
    """Batches that are in memory together.

    Attributes:
        first: The step of the first batch.
        stop: The step behind the last.
        data: Their rows, batch behind batch, with fillers.
        real: How many rows of each batch are real.
        ends: Whether an epoch ends behind them.
    """

    first: int
    stop: int
    data: Rows
    real: Int[np.ndarray, "batches"]
    ends: bool


class Stream(Source):
    """Makes plans from batches in the order in which they come; a thread reads ahead.

    Args:
        batches: Where batches come from: an iterator, or what gives a new iterator each time.
        steps: Batches in an epoch; None for as many as one iteration has.
        epochs: Epochs of the run, beyond which nothing is read.
        seed: The run's seed.
        first_epoch: How many epochs the network was trained before this run.
    """

    shuffle, rows = False, 0
    _begun_anew = False  # whether nothing was read since an iteration was begun again

    def __init__(self, batches: Iterable[object], steps: int | None, epochs: int, seed: int, first_epoch: int) -> None:
        self.given, self.steps, self.epochs = batches, steps, epochs
        self.seed, self.first_epoch = seed, first_epoch
        self.rewinds = not isinstance(batches, Iterator)
        length = getattr(batches, "__len__", None)
        self.known = steps or (length() if length is not None else None)
        self.batches = self.known or MOST_COUNTED
        self._reader = ThreadPoolExecutor(1, "plastica-batches")
        self._closed = False
        self._open: Iterator[object] | None = None
        self._waiting: list[object] = []  # batches that were read and not used
        self._next_step = 0
        self._kept: list[Stretch] = []  # the present one and the one before, to which a run may go back
        self._coming: tuple[int, Future[Stretch]] | None = None
        self._room = FEW_STEPS

    def first(self) -> object:
        """Return the first batch as it came; it is used as the first nonetheless.

        Raises:
            DataError: If there is none.
        """
        item = self._reader.submit(self._read_one).result()
        if item is _END:
            raise DataError("x gave no batch at all.")
        self._waiting.insert(0, item)
        return item

    def begin(self, first: BatchArrays, convert: BatchConverter) -> None:
        """Take the first batch as it was converted, and how the others are."""
        self.size, self._convert = count_rows(first), convert
        self._fingerprint = [np.asarray(part) for part in jax.tree.leaves(first)]
        bytes_a_batch = sum(part.nbytes for part in self._fingerprint)
        self._most = max(1, min(MANY_STEPS, STRETCH_BYTES // max(1, bytes_a_batch), self.batches))
        self._room = min(FEW_STEPS, self._most)

    def plan(self, start: int, stop: int) -> Plan:
        """Return the plan for steps ``start`` to ``stop`` of the run, all within one stretch."""
        here = self._stretch(start)
        begin, end, count = start - here.first, stop - here.first, here.stop - here.first
        room, size = len(here.real), count_rows(here.data.x) // len(here.real)
        table = np.arange(room * size, dtype=np.int32).reshape(1, room, size)
        done = here.ends and end == count
        # A stretch within an epoch never completes it: its batches seem to be one more than they are.
        span = np.array([0, begin, *((1, 0) if done else (0, end))], np.int32)
        return Plan(table, here.real, span, np.int32(count if here.ends else count + 1))

    def farthest(self, start: int) -> int:
        """Return the last step that one plan from ``start`` can reach: the stretch's end."""
        return self._stretch(start).stop

    def position(self, start: int, epoch: int, batch: int) -> int:
        """Return the run's step at which a plan from ``start`` stands."""
        here = self._stretch(start)
        return here.stop if epoch else here.first + batch

    def rows_at(self, step: int) -> Rows:
        """Return the data that the plans from ``step`` speak of."""
        return self._stretch(step).data

    def identity(self) -> Iterator[str | AnyArray]:
        """Yield how long an epoch is, and the first batch."""
        yield f"batches of an iterator, {self.batches} an epoch"
        yield from self._fingerprint

    def close(self) -> None:
        """Read no further."""
        self._closed = True
        self._reader.shutdown(wait=True, cancel_futures=True)

    def _stretch(self, step: int) -> Stretch:
        for kept in self._kept:
            if kept.first <= step < kept.stop:
                return kept
        coming, self._coming = self._coming, None
        if coming is not None and coming[0] == step:
            found = coming[1].result()
        else:
            found = self._reader.submit(self._read, step).result()
        found = found._replace(data=jax.device_put(found.data))
        if found.ends and self.known is None:
            self.known = self.batches = found.stop
        # A step that fails may be the first of this stretch; the run then goes back into the one before.
        self._kept = [*self._kept[-1:], found]
        if found.stop < self.epochs * self.batches:
            self._coming = found.stop, self._reader.submit(self._read, found.stop)
        return found

    # In the thread that reads

    def _read(self, first: int) -> Stretch:
        if first != self._next_step:
            self._skip_to(first)
        began = time.perf_counter()
        end_of_epoch = (first // self.batches + 1) * self.batches
        items = self._read_many(min(self._room, end_of_epoch - first))
        if self.steps is not None and len(items) < min(self._room, end_of_epoch - first) and not self._closed:
            raise DataError(_USED_UP.format(made=first + len(items), needed=self.epochs * self.batches))
        batches, width = self._of_one_width(self._convert(first, items))
        self._waiting = items[len(batches) :] + self._waiting
        stop = first + len(batches)
        ends = stop == end_of_epoch
        # Without a number of steps only reading on tells whether the iteration ends here, and the program has to know.
        if self.steps is None and len(batches) == len(items):
            ends = self._ends_here(stop, end_of_epoch)
        self._next_step = stop
        fast = time.perf_counter() - began < FAST
        made = _laid(first, batches, self._room, width)._replace(ends=ends)
        self._room = self._most if fast else self._room
        return made

    def _of_one_width(self, batches: list[BatchArrays]) -> tuple[list[BatchArrays], int]:
        """Return the first batches with rows of one shape that are filled up to one number of rows, and this number.

        It is that of the first batch of all, unless one is larger; so it does not depend on how stretches are cut.
        """
        rows = [count_rows(batch) for batch in batches]
        kinds = [
            (self.size if count <= self.size else room_for(count), [part.shape[1:] for part in jax.tree.leaves(batch)])
            for count, batch in zip(rows, batches, strict=True)
        ]
        alike = list(takewhile(lambda kind: kind == kinds[0], kinds))
        return batches[: len(alike)], alike[0][0] if alike else self.size

    def _read_many(self, most: int) -> list[object]:
        items: list[object] = []
        while len(items) < most and not self._closed:
            item = self._read_one()
            if item is _END:
                if self.steps is None or not self.rewinds or self._begun_anew:
                    break
                self._open, self._begun_anew = None, True  # an epoch may take several iterations
                continue
            self._begun_anew = False
            items.append(item)
        return items

    def _ends_here(self, stop: int, end_of_epoch: int) -> bool:
        """Return whether an iteration ends here, where it has to if an epoch does."""
        item = self._read_one()
        if item is not _END:
            self._waiting.insert(0, item)
        else:
            self._open = None
        if self.known and (item is _END) != (stop == end_of_epoch):
            raise DataError(
                f"x has {'fewer' if item is _END else 'more'} than {self.batches} batches in one iteration, which is "
                "its len() or what the first epoch had. Give steps_per_epoch= to divide batches into epochs otherwise."
            )
        return item is _END

    def _read_one(self) -> object:
        if self._waiting:
            return self._waiting.pop(0)
        if self._open is None:
            if not self.rewinds and self._next_step:
                raise DataError(_CANNOT_REPEAT.format(made=self._next_step))
            self._open = iter(self.given)
        return next(self._open, _END)

    def _skip_to(self, step: int) -> None:
        """Read all batches before a step once more, from the very first on."""
        if step < self._next_step:
            self._open, self._waiting, self._next_step = None, [], 0
        while self._next_step < step:
            if not self._read_many(1):
                if self.steps is not None:
                    raise DataError(_USED_UP.format(made=self._next_step, needed=step))
                self._open = None
                continue
            self._next_step += 1


_USED_UP = (
    "x ended after {made} batches, but {needed} are needed (epochs times steps_per_epoch). Give fewer epochs or steps, "
    "a generator that goes on, or an object that can be iterated again, such as a data loader."
)
_CANNOT_REPEAT = (
    "x ended after {made} batches, which made one epoch, and a generator cannot be read again. Give steps_per_epoch= "
    "to divide its batches into epochs, or an object that can be iterated again, such as a data loader."
)


def _laid(first: int, batches: list[BatchArrays], room: int, size: int) -> Stretch:
    """Lay batches into arrays with room for ``size`` rows each, and for ``room`` of them."""

    def lay(*parts: np.ndarray) -> np.ndarray:
        made = np.zeros((room, size, *parts[0].shape[1:]), parts[0].dtype)
        for place, part in enumerate(parts):
            made[place, : len(part)] = part
        return made.reshape(room * size, *made.shape[2:])

    data = jax.tree.map(lay, *batches)
    real = np.zeros(room, np.int32)
    real[: len(batches)] = [count_rows(batch) for batch in batches]
    return Stretch(first, first + len(batches), Rows(*data), real, False)
