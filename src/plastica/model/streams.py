"""Blocks of examples that are checked when they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast, final

import jax
import numpy as np

from ..data.streaming import Block, Blocks
from ..errors import DataError, InvalidValue, ShapeError
from ..typing import PyTree
from .base import BaseModel
from .examples import take

T = TypeVar("T")


@final
class Checked(Blocks):
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
        self._types = self._types or jax.tree.map(lambda part: part.dtype, read)
        return conformed(read, self._types, f"block {block}", "block 0")


def conformed(rows: T, types: PyTree, name: str, first: str) -> T:
    """Return rows in the types that the rows read first have.

    Raises:
        DataError: If numbers would be lost.
    """

    def one(part: np.ndarray, kind: np.dtype[Any]) -> np.ndarray:
        if not np.can_cast(part.dtype, kind):
            raise DataError(
                f"{name} has dtype {part.dtype}, but {first} has {kind}; use one dtype for all of them, such as "
                "float32."
            )
        return part.astype(kind, copy=False)

    return jax.tree.map(one, rows, types)


def refuse_beside_blocks(
    y: object, sample_weight: object, class_weight: object, validation_split: float, sampling: object
) -> None:
    """Reject arguments of ``fit`` that are part of the blocks.

    Raises:
        InvalidValue: If one of them is given.
    """
    given = {"y": y, "sample_weight": sample_weight, "class_weight": class_weight, "sampling": sampling}
    named = [name for name, value in given.items() if value is not None] + ["validation_split"] * bool(validation_split)
    if named:
        raise InvalidValue(
            f"fit(x=blocks, {named[0]}=...): blocks contain their targets and weights. Omit {named[0]}; "
            "for validation, pass validation_data=(x, y)."
        )
