"""Strategies that learn rows of earlier experiences again: replay, generative replay, sleep."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..declaration import declaration
from ..errors import DataError, InvalidValue
from ..typing import Num
from .buffers import ClassBalancedBuffer, ReservoirBuffer, RowBuffer
from .gaussians import ClassGaussian, fit_gaussian
from .strategy import BufferStore, ContinualStrategy, RowStore

SELECTIONS = {"reservoir": ReservoirBuffer, "class_balanced": ClassBalancedBuffer}


def buffer_of(selection: str, size: int, seed: int) -> RowBuffer:
    """Return an empty buffer."""
    return SELECTIONS[selection](size, seed)


def check_buffer(owner: ContinualStrategy, size: int, selection: str) -> None:
    """Check size and kind of a buffer.

    Raises:
        InvalidValue: If the size is below 1, or the selection unknown.
    """
    if size < 1:
        raise InvalidValue(f"{owner!r}: size={size}; expected at least 1 row.")
    if selection not in SELECTIONS:
        raise InvalidValue(f"selection={selection!r}: expected one of {', '.join(SELECTIONS)}.")


@declaration
class Replay(ContinualStrategy):
    """Experience replay (ER): every batch has new rows and as many from a buffer of earlier ones.

    When to use: as a first choice wherever rows may be kept; with classes that come one after another hardly anything
    else works.

    Args:
        size: The number of rows in the buffer.
        selection: ``"reservoir"``: a uniform sample of all rows so far; ``"class_balanced"``: as many of each class.

    Raises:
        InvalidValue: If the size is below 1, or the selection unknown.

    Reference:
        D. Rolnick and others (2019), Experience replay for continual learning; A. Chaudhry and others (2019), On tiny
        episodic memories in continual learning.
    """

    size: int = 1000
    selection: str = "reservoir"
    label: ClassVar[str] = "replay"
    rehearses: ClassVar[str] = "batch"

    def __post_init__(self) -> None:
        check_buffer(self, self.size, self.selection)

    def store(self, seed: int) -> RowStore:
        return BufferStore(buffer_of(self.selection, self.size, seed))


@declaration
class GenerativeReplay(ContinualStrategy):
    """Generative replay: earlier rows are not kept but drawn anew, from a normal distribution of each class.

    When to use: if no rows may be kept. The generator is not a network, as in the paper, but a normal distribution of
    each class of each experience in ``rank`` directions of the inputs, which takes milliseconds; it suits inputs whose
    classes are single clouds, such as small images.

    Args:
        rank: The number of directions in which the rows of a class vary together.
        size: The number of rows that are drawn for an experience, of all classes together.

    Raises:
        InvalidValue: If a number is below 1.

    Reference:
        H. Shin, J. K. Lee, J. Kim, J. Kim (2017), Continual learning with deep generative replay, for the idea.
    """

    rank: int = 50
    size: int = 5000
    label: ClassVar[str] = "generative"
    rehearses: ClassVar[str] = "batch"

    def __post_init__(self) -> None:
        if self.rank < 1 or self.size < 1:
            raise InvalidValue(f"{self!r}: expected a rank and a size of at least 1.")

    def store(self, seed: int) -> RowStore:
        return GaussianStore(self.rank, self.size, seed)


class GaussianStore(RowStore):
    """A normal distribution of each class of each experience, and rows drawn from them."""

    def __init__(self, rank: int, size: int, seed: int) -> None:
        self.rank, self.size = rank, size
        self._rng = np.random.default_rng(seed)
        self._parts: list[ClassGaussian] = []

    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        """Learn the distributions of the classes of an experience.

        Raises:
            DataError: If the targets are no classes.
        """
        if y.dtype.kind == "f" or y.ndim != 1:
            raise DataError("generative replay draws rows of classes, but the targets are numbers; use Replay().")
        for label in np.unique(y):
            self._parts.append(fit_gaussian(x[y == label], int(label), self.rank))

    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]] | None:
        """Draw rows, of each distribution as many as its share of the rows so far."""
        if not self._parts:
            return None
        seen = sum(part.rows for part in self._parts)
        counts = [max(1, round(self.size * part.rows / seen)) for part in self._parts]
        x = [part.draw(count, self._rng) for part, count in zip(self._parts, counts, strict=True)]
        labels = [np.full(count, part.label, np.int32) for part, count in zip(self._parts, counts, strict=True)]
        return np.concatenate(x), np.concatenate(labels)


@declaration
class Sleep(ContinualStrategy):
    """Sleep: a day of new rows only, then a night in which rows of all days are replayed, interleaved.

    When to use: if new rows must be learned at once and there is time to consolidate afterwards. By day, the network
    learns as :class:`Naive` does; by night, the rows in the buffer, those of the day among them, are learned in mixed
    order and nothing new comes. It is the interleaved learning of complementary learning systems, not the unsupervised
    Hebbian sleep that some papers call sleep replay.

    Args:
        size: The number of rows in the buffer.
        selection: As for :class:`Replay`.
        epochs: The number of passes over the buffer in a night.

    Raises:
        InvalidValue: If a number is below 1, or the selection unknown.

    Reference:
        J. L. McClelland, B. L. McNaughton, R. C. O'Reilly (1995), Why there are complementary learning systems in the
        hippocampus and neocortex, on interleaved learning.
    """

    size: int = 1000
    selection: str = "reservoir"
    epochs: int = 5
    label: ClassVar[str] = "sleep"
    rehearses: ClassVar[str] = "asleep"

    def __post_init__(self) -> None:
        check_buffer(self, self.size, self.selection)
        if self.epochs < 1:
            raise InvalidValue(f"{self!r}: expected at least 1 epoch.")

    @property
    def nights(self) -> int:
        return self.epochs

    def store(self, seed: int) -> RowStore:
        return BufferStore(buffer_of(self.selection, self.size, seed))
