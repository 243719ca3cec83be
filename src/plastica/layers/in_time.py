"""What layers say about time: how a walk begins, what one step does, and which steps are padding."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias, cast

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InvalidValue
from ..typing import Mask, Params, State, Tree
from .records import Context

# What a layer remembers from step to step: an array, or a tuple of them.
Carry: TypeAlias = Tree


class InTime:
    """The part of a layer that is about sequences, ``(batch, time, ...)``.

    A layer that remembers defines ``start`` and ``step``. A layer without memory that treats every step alike, such as
    Dense, only says so (``stepwise``). Compositions walk in time because their parts do.

    A mask says which steps are real, ``(batch, time)``, and travels beside the activity: from a layer that makes it
    (``Masking``, ``Embedding(mask_zero=True)``) through ``mask_of`` of each layer to the loss. A layer finds the mask
    of its input in ``context.steps``; None means that all steps are real.
    """

    if TYPE_CHECKING:  # of the layer

        @property
        def children(self) -> tuple[InTime, ...]: ...
        def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]: ...

    @property
    def stepwise(self) -> bool:
        """Whether each step of a sequence is treated by itself and alike, without memory."""
        return False

    @property
    def keeps_time(self) -> bool:
        """Whether the output for a sequence is a sequence of as many steps."""
        return self.stepwise

    @property
    def walks_steps(self) -> bool:
        """Whether the layer runs through a sequence step by step, with time as the first axis."""
        return False

    @property
    def makes_mask(self) -> bool:
        """Whether the layer, or one inside it, makes a mask of its inputs."""
        return any(child.makes_mask for child in self.children)

    @property
    def loses_mask(self) -> bool:
        """Whether padding counts like any other step where the output has no mask.

        False for layers that use the mask of their input, such as ``LSTM(8)``, and for compositions, whose parts do.
        """
        return not self.children

    @property
    def remembers(self) -> bool:
        """Whether the layer, or one inside it, is stateful: goes on in each batch where the last one ended."""
        return any(child.remembers for child in self.children)

    @property
    def adds_over_time(self) -> bool:
        """Whether the layer, or one inside it, adds to what it remembers step by step, which takes float32."""
        own = type(self).start is not InTime.start and not self.children
        return own or any(child.adds_over_time for child in self.children)

    def start(self, params: Params, batch: int) -> Carry:
        """Return what the layer remembers before the first step, for ``batch`` sequences; ``()`` without memory."""
        return ()

    def with_memory(self, rng: np.random.Generator, params: Params, state: State, batch: int) -> State:
        """Return the state with a blank memory in each stateful layer, for batches of ``batch`` rows."""
        if not self.remembers:
            return state
        parts = zip(self.children, params, state, strict=True)
        return tuple(child.with_memory(rng, own, carried, batch) for child, own, carried in parts)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State, context: Context
    ) -> tuple[Carry, jax.Array]:
        """Take one step in time.

        Args:
            params: The parameters of the layer.
            carry: What the layer remembers.
            x_t: Inputs of one step, ``(batch, ...)``.
            state: The state of the layer (running statistics), which a step reads and leaves as it is.
            context: The options of the pass; ``context.steps`` is ``(batch, 1)``.

        Returns:
            What the layer then remembers, and the potential of this step.

        Raises:
            InvalidValue: If the layer needs the whole sequence.
        """
        if not self.stepwise:
            raise InvalidValue(whole_sequence(self))
        potential, _ = self.synapse(params, jax.tree.map(lambda part: part[:, None], x_t), state, context)
        return carry, jax.tree.map(lambda part: part[:, 0], potential)

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        """Return which steps of the output are real.

        Args:
            x: Inputs, ``(batch, time, ...)``; None where they are not known.
            mask: Which steps of the inputs are real, ``(batch, time)``, or None for all. For a layer that reads
                several inputs, a tuple with an entry for each.
        """
        return mask if self.stepwise else None


def any_real(masks: Sequence[Mask]) -> jax.Array | None:
    """Return the mask of a merge of several sequences: a step is real if it is in any; None for all, as in Keras."""
    if any(mask is None for mask in masks):
        return None
    return reduce(jnp.logical_or, cast("Sequence[jax.Array]", masks))


def whole_sequence(layer: object) -> str:
    """Return why a layer cannot walk in time."""
    return (
        f"{type(layer).__name__} needs the whole sequence, so this network cannot answer step by step. Use layers that "
        "look back only, such as LSTM, GRU and Dense, and the last step of a recurrent layer instead "
        "of a mean over time."
    )
