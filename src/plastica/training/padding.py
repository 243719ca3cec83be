"""Networks with different numbers of units in one program: padded by units whose weights are 0 and stay 0."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import jax
import numpy as np

from ..typing import AnyArray
from .program import Learner, Program

# Measured on a core of a server: a program of a small dense network compiles in two to three seconds, and a weight
# takes .2 ns for each row of a step (forward, backward and the optimizer).
COMPILING = 2.0
SECONDS_A_WEIGHT = 2e-10

Shapes = tuple[tuple[int, ...], ...]


def kind_of(program: Program) -> Hashable:
    """Return what programs have in common that differ only in floats, and in units that may be padded."""
    return jax.tree.structure(program.with_widths(dict.fromkeys(program.hidden_widths, 1)))


def divided(learners: Sequence[Learner], rows: int) -> list[list[int]]:
    """Return which members of one kind to compute in one program: those for which padding costs less than compiling.

    Sizes next to each other share a program if the additional products of the padded units take less time in the whole
    run than it takes to compile another program.

    Args:
        learners: Where the members stand.
        rows: The number of rows of all steps of a member.

    Returns:
        The places of the members of each program.
    """
    places: dict[Shapes, list[int]] = {}
    for place, learner in enumerate(learners):
        places.setdefault(tuple(np.shape(leaf) for leaf in jax.tree.leaves(learner.params)), []).append(place)
    sizes = sorted(places, key=_weights)
    best: list[tuple[float, list[list[int]]]] = [(0.0, [])]  # of the first sizes, how many at a time
    # Dynamic programming over sizes in order: the best division of the first sizes is known when one more is added.
    # Only neighbours are put together, since a size in between costs less padding than those around it.
    for stop in range(1, len(sizes) + 1):
        found: list[tuple[float, list[list[int]]]] = []
        for start in range(stop):
            part = sizes[start:stop]
            largest = _weights(_largest(part))
            more = sum((largest - _weights(each)) * len(places[each]) for each in part)
            seconds = best[start][0] + COMPILING + more * rows * SECONDS_A_WEIGHT
            found.append((seconds, [*best[start][1], [place for each in part for place in places[each]]]))
        best.append(min(found, key=lambda pair: pair[0]))
    return [sorted(part) for part in best[-1][1]]


def _weights(shapes: Shapes) -> int:
    return sum(math.prod(shape) for shape in shapes)


def _largest(sizes: Sequence[Shapes]) -> Shapes:
    """Return shapes whose axes are the largest of any."""
    return tuple(tuple(map(max, zip(*shapes, strict=True))) for shapes in zip(*sizes, strict=True))


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
        self._programs: dict[int, tuple[Program, Program]] = {}
        self._own = [tuple(np.shape(leaf) for leaf in jax.tree.leaves(learner)) for learner in learners]
        self._common = _largest(self._own) if self.is_needed else ()

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
