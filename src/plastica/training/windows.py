"""Batches of data larger than memory: a few blocks at a time, in an order determined by the seed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import jax
import numpy as np

from ..data.streaming import Block, Blocks
from ..typing import Int
from .batches import batch_sizes, filled, room_for, row_order
from .rows import Plan, Rows, count_rows
from .source import Source

# Bytes that are shuffled together; memory use is about three times as high. The value is fixed, since the order of
# rows depends on it.
WINDOW_BYTES = 1 << 26


class WindowPlace(NamedTuple):
    """The position of a window: the epoch within the run, and the number of the window within the epoch."""

    epoch: int
    window: int


class RowWindow(NamedTuple):
    """The rows that are in memory at the same time.

    Attributes:
        place: The position of the window.
        data: The arrays, padded to the common size of all windows.
        order: The row numbers in the order of training, complete batches only.
        rest: The rows left after the last complete batch, with which the next window begins.
    """

    place: WindowPlace
    data: Rows
    order: Int[np.ndarray, "rows"]
    rest: Block


class Windows(Source):
    """Makes plans from blocks as :class:`Planner` does from rows, and reads the rows of each plan.

    An epoch passes through all blocks in random order. As many blocks as fit into a window are read, and their rows are
    shuffled. Batches continue across windows, so that only the last batch of an epoch may be smaller.

    Args:
        blocks: The training data.
        batch_size: The number of rows in a batch, at most the number of rows.
        seed: The seed of the run.
        shuffle: Whether to shuffle the blocks, and the rows within windows, in each epoch.
        first_epoch: The number of epochs of training before this run.
    """

    def __init__(self, blocks: Blocks, batch_size: int, seed: int, shuffle: bool, first_epoch: int) -> None:
        self.blocks, self.sizes = blocks, np.array(blocks.sizes, np.int64)
        self.rows, self.size = int(self.sizes.sum()), min(batch_size, int(self.sizes.sum()))
        self.seed, self.shuffle, self.first_epoch = seed, shuffle, first_epoch
        self.batches = -(-self.rows // self.size)
        self.together = self._blocks_together()
        self.windows = -(-len(self.sizes) // self.together)
        self.room = room_for(int(np.sort(self.sizes)[-self.together :].sum()) + self.size - 1)
        self._now: RowWindow | None = None
        self._coming: tuple[WindowPlace, Future[RowWindow]] | None = None
        self._reader = ThreadPoolExecutor(1, "plastica-blocks")

    def plan(self, start: int, stop: int) -> Plan:
        """Return the plan for steps ``start`` to ``stop`` of the run, all within one window."""
        place = self._place(start)
        first, last = self._span(place)
        begin, end = start - place.epoch * self.batches - first, stop - place.epoch * self.batches - first
        table = filled(self._window(place).order, -(-self.room // self.size) * self.size)
        real = np.full(len(table) // self.size, self.size, np.int32)
        real[last - first :] = 0
        ends = last == self.batches
        if ends:
            real[last - first - 1] = batch_sizes(self.rows, self.size)[-1]
        # A window before the last must not complete the epoch, so the number of batches is one more than it contains.
        span = [0, begin, *((1, 0) if ends and end == last - first else (0, end))]
        batches = np.int32(last - first if ends else last - first + 1)
        return Plan(table.reshape(1, -1, self.size), real, np.array(span, np.int32), batches)

    def farthest(self, start: int) -> int:
        """Return the last step that one plan from ``start`` can reach: the end of the window."""
        place = self._place(start)
        return place.epoch * self.batches + self._span(place)[1]

    def position(self, start: int, epoch: int, batch: int) -> int:
        """Return the step of the run for an epoch and a batch of a plan that begins at ``start``."""
        place = self._place(start)
        return (place.epoch + epoch) * self.batches + (0 if epoch else self._span(place)[0] + batch)

    def rows_at(self, step: int) -> Rows:
        """Return the data for plans from ``step``."""
        return self._window(self._place(step)).data

    def close(self) -> None:
        """Stop reading."""
        self._reader.shutdown(wait=True, cancel_futures=True)

    def identity(self) -> Iterator[str]:
        """Yield what determines the batches in addition to what all sources have."""
        yield repr((self.blocks.digest, self.sizes.tolist(), self.together))

    def _blocks_together(self) -> int:
        """Return the number of blocks in a window: as many as fit into its bytes, and at least one batch."""
        block = self.blocks.read(0)
        # Computed as if all arrays were float32, so that their types do not change the order of rows.
        row = 4 * sum(part.size for part in jax.tree.leaves(block)) / count_rows(block)
        fitting = int(WINDOW_BYTES / (row * self.sizes.mean()))
        enough = int(np.searchsorted(np.cumsum(np.sort(self.sizes)), self.size)) + 1
        return min(max(1, fitting, enough), len(self.sizes))

    def _order(self, epoch: int) -> Int[np.ndarray, "blocks"]:
        return row_order(self.seed, self.first_epoch + epoch, len(self.sizes), self.shuffle)

    def _ends(self, epoch: int) -> Int[np.ndarray, "windows"]:
        """Return the batch before which each window of an epoch ends."""
        last = np.minimum(np.arange(1, self.windows + 1) * self.together, len(self.sizes)) - 1
        ends = np.cumsum(self.sizes[self._order(epoch)])[last] // self.size
        ends[-1] = self.batches
        return ends

    def _place(self, step: int) -> WindowPlace:
        epoch, batch = divmod(step, self.batches)
        return WindowPlace(epoch, int(np.searchsorted(self._ends(epoch), batch, side="right")))

    def _span(self, place: WindowPlace) -> tuple[int, int]:
        ends = self._ends(place.epoch)
        return (int(ends[place.window - 1]) if place.window else 0), int(ends[place.window])

    def _window(self, place: WindowPlace) -> RowWindow:
        if self._now is not None and self._now.place == place:
            return self._now
        coming, self._coming = self._coming, None
        self._now = None  # free its memory before the next window is read
        if coming is not None and coming[0] == place:
            found = coming[1].result()
        else:
            found = self._read(place, self._rest_before(place))
        self._now = found._replace(data=jax.device_put(found.data))
        following = self._following(place)
        self._coming = following, self._reader.submit(self._read, following, found.rest)
        return self._now

    def _following(self, place: WindowPlace) -> WindowPlace:
        return (
            WindowPlace(place.epoch + 1, 0)
            if place.window + 1 == self.windows
            else WindowPlace(place.epoch, place.window + 1)
        )

    def _rest_before(self, place: WindowPlace) -> Block | None:
        """Return the rows left by the window before; each has at least a batch, so that earlier ones do not matter."""
        return self._read(WindowPlace(place.epoch, place.window - 1), None).rest if place.window else None

    def _read(self, place: WindowPlace, rest: Block | None) -> RowWindow:
        epoch, window = place
        numbers = self._order(epoch)[window * self.together : (window + 1) * self.together]
        own = int(self.sizes[numbers].sum())
        # Computed from the sizes alone, so that any window can be read without those before it.
        before = int(self.sizes[self._order(epoch)[: window * self.together]].sum()) % self.size
        data = self._gathered(numbers, rest if before else None)
        order = np.arange(own, dtype=np.int32)
        if self.shuffle:
            np.random.default_rng([self.seed, self.first_epoch + epoch, window]).shuffle(order)
        left = 0 if window + 1 == self.windows else (before + own) % self.size
        kept = order[own - left :]
        left_over: Block = jax.tree.map(lambda part: part[kept], (data.x, data.y, data.weight))
        # The rows left by the window before are stored after those of this window and are used first.
        order = np.concatenate([np.arange(own, own + before, dtype=np.int32), order[: own - left]])
        return RowWindow(place, data, order, left_over)

    def _gathered(self, numbers: np.ndarray, rest: Block | None) -> Rows:
        """Read blocks one after another into arrays of the common size of all windows."""
        end = 0
        blocks = [*(self.blocks.read(int(number)) for number in numbers), *([] if rest is None else [rest])]
        made: Block = jax.tree.map(lambda part: np.zeros((self.room, *part.shape[1:]), part.dtype), blocks[0])
        for block in blocks:
            begin, end = end, end + count_rows(block)
            for whole, part in zip(jax.tree.leaves(made), jax.tree.leaves(block), strict=True):
                whole[begin:end] = part
        return Rows(*made)
