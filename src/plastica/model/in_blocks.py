"""Training data in blocks, which are checked as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast, final

import jax
import numpy as np

from ..data.streaming import Block, Blocks
from ..errors import DataError, InvalidValue, ShapeError
from ..training.source import Source
from ..training.windows import Windows
from ..typing import PyTree
from .base import BaseModel
from .examples import take
from .inputs import Examples, HostArrays
from .options import BATCH_SIZE, Options, refuse_steps_per_epoch
from .remembering import rows_a_batch
from .training_data import GivenData, TrainingData
from .validation import validation_rows

T = TypeVar("T")


@final
class InBlocks(Blocks, TrainingData):
    """Blocks converted to arrays and checked against a network; errors name the block.

    Raises:
        DataError: If there are no blocks, or one has no rows.
        InvalidValue: If the optimizer needs all rows at once.
    """

    def __init__(self, model: BaseModel, blocks: Blocks) -> None:
        self.model, self.blocks = model, blocks
        self._sizes = [int(size) for size in blocks.sizes]
        if not self._sizes or min(self._sizes) < 1:
            raise DataError(
                f"blocks.sizes={self._sizes[:10]}: expected at least one block, with at least one row in each."
            )
        if model.optimizer.full_batch:
            raise InvalidValue(
                f"{type(model.optimizer).__name__} uses all rows in each step, which is not possible with blocks. "
                "Choose another optimizer, such as adam."
            )
        self._types: PyTree = None
        first = self.read(0)
        self._weighted = first[2] is not None

    @classmethod
    def takes(cls, x: object) -> bool:
        """Return whether these are blocks."""
        return isinstance(x, Blocks)

    @classmethod
    def checked(cls, model: BaseModel, given: GivenData, options: Options) -> tuple[InBlocks, Examples | None]:
        """Check the first block; the others are checked as they are read."""
        refuse_steps_per_epoch(options)
        refuse_beside_blocks(given)
        return cls(model, cast("Blocks", given.x)), validation_rows(model, given.validation_data, options)

    def some_rows(self) -> tuple[HostArrays, HostArrays]:
        """Return the inputs and targets of the first block."""
        # Read again, so that a block does not stay in memory beside the windows of a whole run.
        return self.read(0)[:2]

    def source(self, options: Options) -> Source:
        """Return the source that shuffles a few blocks at a time."""
        model = self.model
        batch_size = rows_a_batch(model.network, options.batch_size, BATCH_SIZE)
        return Windows(self, batch_size, model.seed, options.shuffle, model.epochs_trained)

    def require_order(self, shuffle: bool) -> None:
        """Refuse blocks, whose last rows would go into the next window."""
        raise InvalidValue("fit(blocks): a stateful network takes arrays or a generator of batches.")

    @property
    def are_known(self) -> bool:
        """Yes: blocks say how many rows they have."""
        return True

    @property
    def sizes(self) -> Sequence[int]:
        """The number of rows of each block."""
        return self._sizes

    @property
    def digest(self) -> str:
        """A fingerprint of the examples."""
        return self.blocks.digest

    def read(self, block: int) -> Block:
        """Return a block as arrays, after checks."""
        x, y, weight = self.blocks.read(block)
        found = take(self.model, x, y, weight, owner=f"block {block}'s ", compact=True)
        if found.rows != self._sizes[block]:
            raise ShapeError(
                f"block {block} has {found.rows} rows, but blocks.sizes[{block}] is {self._sizes[block]}; the two must "
                "agree."
            )
        if block and (found.weight is not None) != self._weighted:
            raise ShapeError(
                f"only one of block {block} and block 0 has weights; pass weights in all blocks or in none."
            )
        read = cast("Block", (found.x, found.y, found.weight))
        # Windows join rows of several blocks in one array, which has one type.
        self._types = self._types or jax.tree.map(lambda part: part.dtype, read)
        return conformed(read, self._types, f"block {block}", "block 0")


def conformed(rows: T, types: PyTree, name: str, first: str) -> T:
    """Return rows in the types that the rows read first have.

    Raises:
        DataError: If numbers would be lost.
    """

    def one(part: np.ndarray, kind: np.dtype) -> np.ndarray:
        if not np.can_cast(part.dtype, kind):
            raise DataError(
                f"{name} has dtype {part.dtype}, but {first} has {kind}; use one dtype for all of them, such as "
                "float32."
            )
        return part.astype(kind, copy=False)

    return jax.tree.map(one, rows, types)


def refuse_beside_blocks(given: GivenData) -> None:
    """Reject arguments of ``fit`` that are part of the blocks.

    Raises:
        InvalidValue: If one of them is given.
    """
    single = [name for name in ("y", "sample_weight", "class_weight", "sampling") if getattr(given, name) is not None]
    named = [*single, *["validation_split"] * bool(given.validation_split)]
    if named:
        raise InvalidValue(
            f"fit(x=blocks, {named[0]}=...): blocks contain their targets and weights. Omit {named[0]}; "
            "for validation, pass validation_data=(x, y)."
        )
