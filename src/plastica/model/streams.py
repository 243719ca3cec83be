"""Blocks of examples, each checked as arrays are when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

from ..data.streaming import Block, Blocks
from ..errors import DataError, InvalidValue, ShapeError

if TYPE_CHECKING:
    from .sequential import Sequential


@final
class Checked(Blocks):
    """Blocks that fit a network, as float32; what does not fit is said with the block's number.

    Raises:
        DataError: No block, or one without rows.
        InvalidValue: An optimizer that needs all rows at once.
    """

    def __init__(self, model: Sequential, blocks: Blocks) -> None:
        self.model, self.blocks = model, blocks
        self._sizes = [int(size) for size in blocks.sizes]
        if not self._sizes or min(self._sizes) < 1:
            raise DataError(f"blocks.sizes={self._sizes[:10]}: there must be a block, and a row in each.")
        if model.optimizer.full_batch:
            raise InvalidValue(
                f"{type(model.optimizer).__name__} uses all rows in each step, which is not possible with blocks. "
                "Choose another optimizer, such as adam."
            )
        first = self.read(0)
        self._weighted = first[2] is not None

    @property
    def sizes(self) -> Sequence[int]:
        """How many rows each block has."""
        return self._sizes

    @property
    def digest(self) -> str:
        """What tells these examples from others."""
        return self.blocks.digest

    def read(self, block: int) -> Block:
        """Return a block as float32 arrays, checked."""
        from .fitting import take

        x, y, weight = self.blocks.read(block)
        found = take(self.model, x, y, weight, owner=f"block {block}'s ")
        if len(found.x) != self._sizes[block]:
            raise ShapeError(
                f"block {block} has {len(found.x)} rows, where blocks.sizes says {self._sizes[block]}; they must agree."
            )
        if block and (found.weight is not None) != self._weighted:
            raise ShapeError(f"block {block} and block 0: one has weights and the other none; give both or neither.")
        return found.x, found.y, found.weight


def refuse_beside_blocks(y: Any, sample_weight: Any, class_weight: Any, validation_split: float, sampling: Any) -> None:
    """Say what blocks bring themselves.

    Raises:
        InvalidValue: For any of these.
    """
    given = {"y": y, "sample_weight": sample_weight, "class_weight": class_weight, "sampling": sampling}
    named = [name for name, value in given.items() if value is not None] + ["validation_split"] * bool(validation_split)
    if named:
        raise InvalidValue(
            f"fit(x=blocks, {named[0]}=...): blocks bring their own targets and weights; give validation_data=(x, y) "
            "to judge by."
        )
