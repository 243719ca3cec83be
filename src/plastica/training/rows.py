"""Training data as the compiled loop takes it: rows, and the plan of which rows make which batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..data.gathered import Staged
from ..typing import AnyArray, Float, Int, PyTree


class Rows(NamedTuple):
    """Data as the program takes it.

    Attributes:
        x: Inputs, ``(rows, ...)``; for evaluation ``(chunks, size, ...)``. An array of any type,
            :class:`Staged` rows, or a tuple of them.
        y: Targets, likewise.
        weight: The weight of each row, or None where all weigh 1; or the weight of each step, pixel or member of each
            row, ``(rows, ...)``.
    """

    x: PyTree
    y: PyTree
    weight: Float[AnyArray, "rows *shape"] | None


class Plan(NamedTuple):
    """Which rows make which batch, and which part of it to run now.

    Attributes:
        table: Row numbers, int32 ``(epochs, batches, size)``; there may be more batches than an epoch has.
        real: How many rows of each batch are real, int32 ``(batches,)``.
        span: First epoch and batch to run, and the epoch and batch to stop before, int32 ``(4,)``, or its four scalars.
        batches: How many batches make an epoch, where not all that the table has room for.
        before: The epochs that the network was trained before the table's first one, the steps of this run made
            before it, and the steps of the whole run, int32 ``(3,)``; None for a run that is the plan. A run of more
            steps than an int32 counts has instead: the epochs that the network was trained, the epochs and batches of
            this run made before the table's first one, batches an epoch and epochs of the whole run, ``(5,)``.
    """

    table: Int[AnyArray, "epochs batches size"]
    real: Int[AnyArray, "batches"]
    span: Int[AnyArray, "4"] | tuple[Int[Array, ""], ...]
    batches: Int[AnyArray, ""] | np.integer | None = None
    before: Int[AnyArray, "counts"] | None = None

    def for_program(self) -> Plan:
        """Return the plan as the compiled loop takes it: scalars as its span, room for two epochs of two batches.

        The program would otherwise compile kernels to cut scalars out. And of a table with one epoch or one batch XLA
        knows which row it takes, and fuses the step in another way, with other roundings: a batch alone would not give
        the bits that it gives among others.
        """
        table, real = self.table, self.real
        batches = np.int32(table.shape[1]) if self.batches is None else self.batches
        if min(table.shape[:2]) == 1 and isinstance(table, np.ndarray) and isinstance(real, np.ndarray):
            epochs, room, _ = table.shape
            table = np.pad(table, ((0, epochs == 1), (0, room == 1), (0, 0)))
            real = np.pad(real, (0, room == 1))
        return self._replace(table=table, real=real, span=tuple(self.span), batches=batches)

    def counts(self) -> tuple[int, ...]:
        """Return the span and the counts as numbers; runs on the host. Equal ones are the same steps of a run."""
        parts = (self.span, self.batches, self.before)
        return tuple(int(number) for part in parts if part is not None for number in np.ravel(part))


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class Picked(Staged):
    """Rows of an array by their numbers: ``(chunks, size, ...)`` from ``(rows, ...)``.

    Attributes:
        array: All rows, an array or :class:`Staged`.
        table: The numbers of the rows, ``(chunks, size)``.
    """

    array: Array | Staged
    table: Int[AnyArray, "chunks size"]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return (*self.table.shape, *self.array.shape[1:])

    def take(self, numbers: Array | np.ndarray | int) -> Array:
        """Return the rows of a chunk; runs inside the compiled program."""
        return gathered(self.array, self.table[numbers])

    def identity(self, rows: int) -> tuple[str | AnyArray, ...]:
        """Return the rows and their numbers."""
        return (*jax.tree.leaves(self.array), self.table[:rows])

    def tree_flatten(self) -> tuple[tuple[Array | Staged, AnyArray], None]:
        """Return the arrays."""
        return (self.array, self.table), None

    @classmethod
    def tree_unflatten(cls, _: None, children: tuple[Array | Staged, AnyArray]) -> Picked:
        """Return the rows from their arrays."""
        return cls(*children)


def gathered(tree: PyTree, numbers: Int[AnyArray, "*places"] | int) -> PyTree:
    """Return the rows with these numbers of the arrays of a tree, some of which may be :class:`Staged`."""

    def take(part: Array | Staged) -> Array:
        if isinstance(part, Staged):
            return part.take(numbers)
        return part[numbers] if jnp.ndim(numbers) == 0 else part.at[numbers].get(mode="promise_in_bounds")

    return jax.tree.map(take, tree, is_leaf=is_staged)


def count_rows(tree: PyTree) -> int:
    """Return the size of the first axis of an array, or of the arrays of a tree, which have it in common."""
    return jax.tree.leaves(tree, is_leaf=is_staged)[0].shape[0]


def is_staged(part: object) -> bool:
    """Return whether a part of the rows is :class:`Staged`."""
    return isinstance(part, Staged)
