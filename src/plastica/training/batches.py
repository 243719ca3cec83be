"""Which rows make which batch; made on the host, from the seed and the epoch's number alone."""

from __future__ import annotations

import jax
import numpy as np

from .program import Plan, Rows

# A table of about a megabyte of row numbers holds many short epochs or one long one.
TABLE_ENTRIES = 1 << 18
MOST_EPOCHS_IN_PLAN = 64

# Answers are computed in chunks of this many rows, filled up with zeros, so that a row's answer does not
# depend on how many rows came with it.
ANSWER_ROWS = 128


def row_order(seed: int, epoch: int, rows: int, shuffle: bool) -> np.ndarray:
    """Return the order of the rows in an epoch, int32 ``(rows,)``.

    It depends on nothing but the seed and the epoch's number, so that a resumed run goes on as it would have.
    """
    if not shuffle:
        return np.arange(rows, dtype=np.int32)
    return np.random.default_rng([seed, epoch]).permutation(rows).astype(np.int32)


def drawn_rows(seed: int, epoch: int, sampling: np.ndarray) -> np.ndarray:
    """Return as many rows as there are, drawn with replacement by their relative probabilities, int32 ``(rows,)``.

    As with :func:`row_order`, the seed and the epoch's number alone decide.
    """
    reach = np.cumsum(sampling, dtype=np.float64)
    draws = np.random.default_rng([seed, epoch]).random(len(sampling)) * reach[-1]
    found = np.searchsorted(reach, draws, side="right")
    # Rounding may put a draw on the very end, where no row reaches beyond it.
    return np.minimum(found, np.flatnonzero(sampling)[-1]).astype(np.int32)


def batch_sizes(rows: int, batch_size: int) -> np.ndarray:
    """Return how many real rows each batch has, int32 ``(batches,)``; only the last may be short."""
    batches = -(-rows // batch_size)
    sizes = np.full(batches, batch_size, np.int32)
    sizes[-1] = rows - (batches - 1) * batch_size
    return sizes


class Planner:
    """Makes plans for runs of one shape, so that all its calls are one compiled program.

    Args:
        rows: How many rows there are to train on.
        batch_size: How many of them make a step; a larger one than there are rows means all of them.
        seed: The run's seed.
        shuffle: Whether each epoch has an order of its own.
        first_epoch: How many epochs the network was trained before this run.
        sampling: The relative probability of each row to be drawn; None for each row once an epoch.
    """

    def __init__(
        self,
        rows: int,
        batch_size: int,
        seed: int,
        shuffle: bool,
        first_epoch: int,
        sampling: np.ndarray | None = None,
    ) -> None:
        self.rows, self.size = rows, min(batch_size, rows)
        self.seed, self.shuffle, self.first_epoch, self.sampling = seed, shuffle, first_epoch, sampling
        self.sizes = batch_sizes(rows, self.size)
        room = max(1, TABLE_ENTRIES // (len(self.sizes) * self.size))
        self.epochs = min(MOST_EPOCHS_IN_PLAN, 1 << (room.bit_length() - 1))

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return len(self.sizes)

    def plan(self, start: int, stop: int) -> Plan:
        """Return the plan for steps ``start`` to ``stop`` of the run, at most ``epochs`` epochs."""
        first, last = start // self.batches, (stop - 1) // self.batches
        table = np.zeros((self.epochs, self.batches * self.size), np.int32)
        for place, epoch in enumerate(range(first, last + 1)):
            table[place, : self.rows] = self._order(self.first_epoch + epoch)
        offset = first * self.batches
        span = [*divmod(start - offset, self.batches), *divmod(stop - offset, self.batches)]
        shape = (self.epochs, self.batches, self.size)
        return Plan(table.reshape(shape), self.sizes, np.array(span, np.int32))

    def _order(self, epoch: int) -> np.ndarray:
        if self.sampling is not None:
            return drawn_rows(self.seed, epoch, self.sampling)
        return row_order(self.seed, epoch, self.rows, self.shuffle)

    def farthest(self, start: int) -> int:
        """Return the last step that one plan from ``start`` can reach."""
        return (start // self.batches + self.epochs) * self.batches


def in_chunks(array: np.ndarray, size: int = ANSWER_ROWS, fill: float = 0.0) -> np.ndarray:
    """Cut ``(rows, ...)`` into ``(chunks, size, ...)``, the last chunk filled up."""
    rows = len(array)
    chunks = max(1, -(-rows // size))
    if rows == chunks * size:
        return array.reshape(chunks, size, *array.shape[1:])
    made = np.full((chunks * size, *array.shape[1:]), fill, array.dtype)
    made[:rows] = array
    return made.reshape(chunks, size, *array.shape[1:])


def held_out_rows(x: np.ndarray, y: np.ndarray, weight: np.ndarray | None, size: int = ANSWER_ROWS) -> Rows:
    """Return data to evaluate on, in chunks; filler rows carry the weight -1."""
    weight = np.ones(len(x), np.float32) if weight is None else weight
    return jax.device_put(Rows(in_chunks(x, size), in_chunks(y, size), in_chunks(weight, size, fill=-1.0)))
