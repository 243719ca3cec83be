"""OpinionDynamics: how members change their minds in one step, as a declaration."""

from __future__ import annotations

from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..declaration import Declaration
from ..errors import InvalidValue, ShapeError
from ..random import Key
from ..typing import AnyArray, Float, Num, PyTree
from .edge_list import EdgeList

# What changes from step to step: an array with a member along the first axis, or a tree of such arrays.
OpinionState: TypeAlias = PyTree


class OpinionDynamics(Declaration):
    """Base class of models of opinions: what one step does.

    Write a subclass under ``@declaration`` for a model of your own. ``step`` runs inside the compiled program of
    :func:`simulate`; the edges are those of the period at hand.
    """

    def begin(self, initial: Num[AnyArray, "members *rest"] | None, edges: EdgeList, key: Key) -> OpinionState:
        """Return the state before the first step.

        Args:
            initial: The opinions that were given; None: draw them.
            edges: The graph.
            key: The randomness.
        """
        return random.uniform(key, (edges.size,)) if initial is None else jnp.asarray(initial, jnp.float32)

    def step(self, state: OpinionState, edges: EdgeList, key: Key) -> OpinionState:
        """Return the state after one step, in which every member may act once."""
        raise NotImplementedError

    def opinions(self, state: OpinionState) -> Float[Array, "members *rest"]:
        """Return the opinions to record."""
        return state

    def agreed(self, opinions: Float[Array, "members *rest"]) -> Array:
        """Return whether all members agree, to within a thousandth."""
        return jnp.all(opinions.max(0) - opinions.min(0) < 1e-3)

    def check(self, initial: Num[AnyArray, "members *rest"] | None, members: int) -> None:
        """Check the given opinions.

        Raises:
            ShapeError: If there is not one for each member.
            InvalidValue: If they are not finite numbers.
        """
        if initial is None:
            return
        if initial.shape[:1] != (members,):
            raise ShapeError(
                f"initial: got opinions of shape {initial.shape} for {members} members; give one for each."
            )
        if initial.dtype.kind not in "fiub" or not np.isfinite(initial).all():
            raise InvalidValue("initial: opinions must be finite numbers; leave out members of whom you know none.")


def check_share(owner: str, name: str, value: float, positive: bool = False) -> None:
    """Check that a number is from 0 to 1.

    Raises:
        InvalidValue: If it is not.
    """
    if not 0 <= value <= 1 or (positive and value == 0):
        raise InvalidValue(
            f"{owner}({name}={value!r}): give a number {'above 0 and up to 1' if positive else 'from 0 to 1'}."
        )
