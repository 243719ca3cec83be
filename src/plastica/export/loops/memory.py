"""The memory of a program: which buffers are needed at the same time, and where each one lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .dialect import is_whole


@dataclass(slots=True)
class Buffer:
    """An array that is written and read in a stretch of the program.

    Attributes:
        name: Its name.
        size: The number of elements.
        dtype: What they are.
        first, last: The steps at which it is written first and read last.
        offset: Where it begins in the memory of its kind; see :func:`plan`.
    """

    name: str
    size: int
    dtype: str
    first: int
    last: int
    offset: int = 0

    @property
    def whole(self) -> bool:
        """Whether the elements are whole numbers, which have a memory of their own."""
        return is_whole(self.dtype)


def plan(buffers: Iterable[Buffer]) -> int:
    """Place buffers so that those of overlapping stretches do not overlap; return the number of elements needed.

    The largest come first, each at the lowest place that is free during its stretch (Pisarchyk and Lee 2020,
    "Efficient memory management for deep neural net inference", greedy by size).
    """
    placed: list[Buffer] = []
    for buffer in sorted(buffers, key=lambda each: (-each.size, each.first)):
        buffer.offset = 0
        rivals = (each for each in placed if each.first <= buffer.last and buffer.first <= each.last)
        for rival in sorted(rivals, key=lambda each: each.offset):
            if rival.offset >= buffer.offset + buffer.size:
                break
            buffer.offset = max(buffer.offset, rival.offset + rival.size)
        placed.append(buffer)
    return max((each.offset + each.size for each in placed), default=0)
