"""Networks with different numbers of units in one program: padded by units whose weights are 0 and stay 0."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import jax
import numpy as np

from .program import Learner, Program
from .rows import AnyArray


def kind_of(program: Program) -> Hashable:
    """Return what programs have in common that differ only in floats, and in units that may be padded."""
    return jax.tree.structure(program.with_widths(dict.fromkeys(program.hidden_widths, 1)))


class Padding:
    """Brings the members of a program to a common size and back.

    A unit without weights has the activity 0 if its activation keeps 0. Its outgoing weights then have the gradient 0,
    and so have its incoming ones, since no error comes back through outgoing weights of 0. So it remains without
    effect, and each member computes what it would compute alone, up to the rounding of longer sums.

    Args:
        programs: The programs of the members, of one :func:`kind <kind_of>`.
        learners: Where they stand.
    """

    def __init__(self, programs: Sequence[Program], learners: Sequence[Learner]) -> None:
        widths = [program.hidden_widths for program in programs]
        self._widths = {place: max(own[place] for own in widths) for place in widths[0]}
        self.is_needed = any(own != self._widths for own in widths)
        own_shapes = [[np.shape(leaf) for leaf in jax.tree.leaves(learner)] for learner in learners[: len(programs)]]
        self._programs: dict[int, tuple[Program, Program]] = {}
        self._own = own_shapes if self.is_needed else []
        # The sizes of all axes are the largest of any member.
        self._common = [tuple(np.max(shapes, axis=0).tolist()) for shapes in zip(*self._own, strict=True)]

    def program(self, program: Program, place: int) -> Program:
        """Return the program of a member in the common size."""
        if not self.is_needed:
            return program
        # The same object for the same object: what did not change is not compared again.
        known = self._programs.get(place)
        if known is None or known[0] is not program:
            known = self._programs[place] = program, program.with_widths(self._widths)
        return known[1]

    def padded(self, learner: Learner) -> Learner:
        """Return the arrays of a member in the common size."""
        if not self.is_needed:
            return learner
        leaves, structure = jax.tree.flatten(learner)
        return structure.unflatten(
            [padded(np.asarray(leaf), shape) for leaf, shape in zip(leaves, self._common, strict=True)]
        )

    def cut(self, learner: Learner, place: int) -> Learner:
        """Return the arrays of a member in its own size."""
        if not self.is_needed:
            return learner
        leaves, structure = jax.tree.flatten(learner)
        pairs = zip(leaves, self._own[place], strict=True)
        return structure.unflatten([leaf[tuple(map(slice, shape))] for leaf, shape in pairs])


def padded(array: AnyArray, shape: Sequence[int]) -> AnyArray:
    """Return an array with zeros behind it up to a shape."""
    if array.shape == tuple(shape):
        return array
    made = np.zeros(shape, array.dtype)
    made[tuple(map(slice, array.shape))] = array
    return made
