"""Where arrays lie: names of buffers, and the flat index of an element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """An array in C order that begins at an offset of a buffer.

    Attributes:
        name: The name of the buffer.
        offset: An expression; empty for the beginning.
    """

    name: str
    offset: str = ""

    def at(self, index: str) -> str:
        """Return the element at a flat index."""
        parts = [each for each in (self.offset, index) if each not in ("", "0")]
        return f"{self.name}[{' + '.join(parts) or '0'}]"

    def further(self, offset: str) -> ArrayPlace:
        """Return the array that begins further on."""
        return ArrayPlace(self.name, " + ".join(each for each in (self.offset, offset) if each not in ("", "0")))


def strides(shape: Sequence[int]) -> list[int]:
    """Return how far neighbours along each axis lie apart."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def flat(shape: Sequence[int], indices: Sequence[str]) -> str:
    """Return the flat index of an element; axes of size 1 do not count."""
    return weighted(indices, [step if size > 1 else 0 for size, step in zip(shape, strides(shape), strict=True)])


def broadcast(shape: Sequence[int], indices: Sequence[str]) -> str:
    """Return the flat index of the element of an array that stands at indices of a larger one."""
    return flat(shape, indices[len(indices) - len(shape) :]) if shape else "0"


def weighted(indices: Sequence[str], steps: Sequence[int]) -> str:
    """Return a sum of indices times steps."""
    terms = [term(index, step) for index, step in zip(indices, steps, strict=True) if step and index != "0"]
    return " + ".join(terms) or "0"


def term(index: str, step: int) -> str:
    """Return an index times a step."""
    if step == 1:
        return index
    return f"{index} * {step}" if index.isidentifier() else f"({index}) * {step}"


def shifted(index: str, step: int, start: int) -> str:
    """Return ``index * step + start``."""
    scaled = "0" if index == "0" else term(index, step)
    if not start:
        return scaled
    if scaled == "0":
        return str(start)
    return f"{scaled} {'+' if start > 0 else '-'} {abs(start)}"
