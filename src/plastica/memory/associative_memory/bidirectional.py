"""The bidirectional associative memory, which recalls one of two patterns from the other."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import InvalidValue
from ...typing import Bool, Float, Shaped
from .patterns import TwoValues, nothing_stored, read_pairs, read_probes

MOST_STEPS = 100


class RecalledPair(NamedTuple):
    """What a bidirectional memory recalls.

    Attributes:
        left: The last states of the first field.
        right: The last states of the second field.
        energies: The energy after each pass through both fields.
        at_rest: Whether the state no longer changed.
    """

    left: Shaped[np.ndarray, "probes *left"]
    right: Shaped[np.ndarray, "probes *right"]
    energies: Float[np.ndarray, "moments probes"]
    at_rest: Bool[np.ndarray, "probes"]


class BidirectionalAssociativeMemory:
    """Kosko's bidirectional associative memory (BAM): pairs of patterns, each recalled from the other.

    When to use: for names and faces, questions and answers, each a pattern of two values.

        W = sum_mu a_mu b_mu',   b <- sign(W'a),   a <- sign(W b),   E = -a'W b

    A unit whose field is 0 stays as it is. The energy never rises, so that every state comes to rest.

    Example:
        >>> memory = BidirectionalAssociativeMemory().store([[1, 1, -1, -1], [1, -1, 1, -1]], [[1, 1, 1], [1, -1, 1]])
        >>> memory.recall([[1, 1, -1, -1]]).right
        array([[1, 1, 1]])

    Reference:
        B. Kosko, 1988, Bidirectional associative memories.
    """

    def __init__(self) -> None:
        self._pairs: tuple[Float[np.ndarray, "pairs left"], Float[np.ndarray, "pairs right"]] | None = None
        self._values: tuple[TwoValues, TwoValues] | None = None

    def __repr__(self) -> str:
        """Show how much is stored."""
        held = "nothing stored" if self._pairs is None else f"{len(self._pairs[0])} pairs"
        return f"<BidirectionalAssociativeMemory(): {held}>"

    @property
    def weights(self) -> Float[np.ndarray, "left right"]:
        """The weights between the two fields.

        Raises:
            NotFitted: If nothing is stored.
        """
        left, right = self._held("weights")[0]
        return left.T @ right

    def store(self, left: object, right: object) -> Self:
        """Store pairs of patterns beside those that are stored already.

        Args:
            left: The first pattern of each pair, ``(pairs, ...)``, of two values.
            right: The second.

        Raises:
            DataError: If the numbers of patterns differ, or patterns have more than two values.
            ShapeError: If they do not have the shape of those stored before.
        """
        first, second, values = read_pairs(left, right, self._values, "BidirectionalAssociativeMemory.store")
        if self._pairs is not None:
            first, second = (np.concatenate(each) for each in zip(self._pairs, (first, second), strict=True))
        self._pairs, self._values = (first, second), values
        return self

    def recall(self, left: object = None, right: object = None, steps: int = MOST_STEPS) -> RecalledPair:
        """Recall pairs from one of their patterns.

        Args:
            left: First patterns, with errors or not; or
            right: second patterns.
            steps: The largest number of passes through both fields.

        Raises:
            NotFitted: If nothing is stored.
            InvalidValue: If both or none are given, or there is no step.
            ShapeError, DataError: If they are unlike the stored patterns.
        """
        owner = "BidirectionalAssociativeMemory.recall"
        _, values = self._held(owner)
        if (left is None) == (right is None):
            raise InvalidValue(f"{owner}: give left or right, the pattern to start from.")
        if steps < 1:
            raise InvalidValue(f"{owner}(steps={steps!r}): at least one step.")
        forward = left is not None
        one, other = values if forward else values[::-1]
        start = read_probes(left if forward else right, one, owner)
        weights = self.weights if forward else self.weights.T
        near, far, energies, rest = (
            np.asarray(each) for each in _settle(jnp.asarray(weights), jnp.asarray(start), most=steps)
        )
        ran = int(np.flatnonzero(~rest.all(1)).max(initial=-1)) + 2
        found = one.restore(near), other.restore(far)
        left_states, right_states = found if forward else found[::-1]
        return RecalledPair(left_states, right_states, energies[:ran], rest[-1])

    def _held(self, owner: str) -> tuple[tuple[np.ndarray, np.ndarray], tuple[TwoValues, TwoValues]]:
        if self._pairs is None or self._values is None:
            raise nothing_stored(owner, "store(left, right)")
        return self._pairs, self._values


@partial(jax.jit, static_argnames="most")
def _settle(weights: Float[Array, "near far"], start: Float[Array, "probes near"], *, most: int) -> tuple[Array, ...]:
    def sign(field: Array, before: Array) -> Array:
        return jnp.where(field > 0, 1.0, jnp.where(field < 0, -1.0, before))

    def step(pair: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        near, far = pair
        new_far = sign(near @ weights, far)
        new_near = sign(new_far @ weights.T, near)
        rest = (new_near == near).all(1) & (new_far == far).all(1)
        return (new_near, new_far), (-jnp.sum((new_near @ weights) * new_far, 1), rest)

    first = jnp.ones((start.shape[0], weights.shape[1]), start.dtype)
    (near, far), (energies, rest) = jax.lax.scan(step, (start, first), None, length=most)
    return near, far, energies, rest
