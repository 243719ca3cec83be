"""Strategies: what a network does against forgetting, in each step and between experiences."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from jax import Array

from ..declaration import Declaration, declaration
from ..layers.layer import Layer, Params, State
from ..random import Key
from ..rules import Batch
from ..typing import AnyArray, Bool, Float, Int, Memory, Num
from .buffers import RowBuffer

if TYPE_CHECKING:
    from .objectives import StepObjective

NO_PENALTY = 0.0


class OutputForm(NamedTuple):
    """What a network answers in a stream.

    Attributes:
        kind: ``"classes"``: one unit for each class, a softmax; ``"binary"``: one unit, the probability of the second
            class; ``"numbers"``.
        classes: The number of classes; 0 for numbers.
        groups: The experience of each class, if the classes of an experience are told apart only among themselves.
    """

    kind: str
    classes: int
    groups: tuple[int, ...] = ()


class LearnedExperience(NamedTuple):
    """A network after an experience, for what a strategy keeps of it.

    Attributes:
        network: The network.
        params: Its parameters now.
        state: The state of its layers.
        x: The inputs of the experience, ``(rows, ...)``.
        y: Its targets.
        classes: The classes of the experience.
        form: What the network answers.
        number: The place of the experience, from 0.
        seed: The random seed of the run.
    """

    network: Layer
    params: Params
    state: State
    x: Num[np.ndarray, "rows *features"]
    y: Num[np.ndarray, "rows *targets"]
    classes: tuple[int, ...]
    form: OutputForm
    number: int
    seed: int


class RowStore:
    """What a strategy keeps of experiences as rows; this one keeps nothing."""

    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        """Keep what is wanted of the rows of an experience."""

    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]] | None:
        """Return rows of earlier experiences; None if there are none."""
        return None


class BufferStore(RowStore):
    """Rows in a buffer."""

    def __init__(self, buffer: RowBuffer) -> None:
        self.buffer = buffer

    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        """Offer the rows in a random order, as a stream would bring them."""
        order = np.random.default_rng([self.buffer.size, len(x)]).permutation(len(x))
        self.buffer.add(x[order], y[order])

    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]] | None:
        """Return the rows of the buffer."""
        return self.buffer.rows() if self.buffer.count else None


class ContinualStrategy(Declaration):
    """Base class of strategies against forgetting.

    A subclass under ``@declaration`` overrides what it needs: what is added to the loss, what is kept in ``memory``
    from step to step, what is kept after an experience, which rows are replayed. Methods with ``memory`` run inside the
    compiled loop, except :meth:`consolidate`.

    Attributes:
        label: A name for tables.
        rehearses: How stored rows are learned: ``"no"``; ``"batch"``: each batch has new rows and as many stored ones;
            ``"all"``: new and stored rows are one data set; ``"asleep"``: apart, after the new ones.
    """

    label: ClassVar[str] = ""
    rehearses: ClassVar[str] = "no"

    @property
    def nights(self) -> int:
        """The passes over stored rows after an experience, if they are learned ``"asleep"``."""
        return 0

    def begin(self, params: Params, form: OutputForm) -> Memory:
        """Return what is carried from step to step at first. Default: nothing."""
        return ()

    def observe(self, memory: Memory, params: Params, key: Key) -> Memory:
        """Return the memory at the beginning of a step, given the parameters that the last one led to."""
        return memory

    def objective(
        self,
        objective: StepObjective,
        memory: Memory,
        network: Layer,
        params: Params,
        state: State,
        batch: Batch,
    ) -> StepObjective:
        """Return the objective of a step. Default: that of the network."""
        return objective

    def penalty(self, memory: Memory, params: Params) -> Float[Array, ""] | float:
        """Return what is added to the loss for parameters that moved away. Default: nothing."""
        return NO_PENALTY

    def record(self, memory: Memory, params: Params, direction: Params) -> Memory:
        """Return the memory at the end of a step, given the gradient of the loss without penalty."""
        return memory

    def consolidate(self, memory: Memory, learned: LearnedExperience) -> Memory:
        """Return the memory after an experience; runs on the host."""
        return memory

    def answering(self, memory: Memory, params: Params) -> Params:
        """Return the parameters that predict. Default: those that are trained."""
        return params

    def store(self, seed: int) -> RowStore:
        """Return a new store of rows. Default: one that keeps nothing."""
        return RowStore()


@declaration
class Naive(ContinualStrategy):
    """Naive fine-tuning: each experience is learned as it comes, and nothing is done against forgetting.

    When to use: as the lower bound that every strategy must beat.
    """

    label: ClassVar[str] = "naive"


@declaration
class Joint(ContinualStrategy):
    """Joint training: every experience is learned together with all rows of those before.

    When to use: as the upper bound. All rows are kept, and an epoch takes the longer the more have come; the network
    goes on from its weights.
    """

    label: ClassVar[str] = "joint"
    rehearses: ClassVar[str] = "all"

    def store(self, seed: int) -> RowStore:
        return EverythingStore()


class EverythingStore(RowStore):
    """All rows."""

    def __init__(self) -> None:
        self._x: list[np.ndarray] = []
        self._y: list[np.ndarray] = []

    def add(self, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]) -> None:
        """Keep the rows."""
        self._x.append(x)
        self._y.append(y)

    def rows(self) -> tuple[Num[np.ndarray, "kept *features"], Num[np.ndarray, "kept *targets"]] | None:
        """Return all rows."""
        return (np.concatenate(self._x), np.concatenate(self._y)) if self._x else None


def class_numbers(target: Num[AnyArray, "batch *classes"]) -> Int[AnyArray, "batch"]:
    """Return class numbers from class numbers ``(batch,)`` or ``(batch, 1)``, or from one column for each class."""
    import jax.numpy as jnp

    if target.ndim == 2 and target.shape[1] > 1:
        return jnp.argmax(target, -1)
    return jnp.reshape(target, (target.shape[0],)).astype(jnp.int32)


def known_classes(classes: tuple[int, ...], count: int) -> Bool[np.ndarray, "classes"]:
    """Return which of ``count`` classes are among these."""
    found = np.zeros(count, bool)
    found[list(classes)] = True
    return found
