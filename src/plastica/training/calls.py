"""The calls of the members of a run: computed in one program, in one for each kind of member, or one after another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import jax
import numpy as np

from .batches import room_for
from .compiled import compiled_for
from .loop import Chunk
from .member import Call, Member
from .padding import kind_of
from .stacked import Stacked

# Computes the calls of some members, by their place among all members, and does something else meanwhile.
Calls = Callable[[Mapping[int, Call], Callable[[], None]], Mapping[int, Chunk]]


def calls_of(members: Sequence[Member]) -> Calls:
    """Return what computes the calls of the members of a run.

    Members whose programs differ only in floats and that share their rows are computed in one program, others in a
    program for each kind.
    """
    if len(members) == 1:
        return one_by_one
    kinds: dict[Hashable, list[int]] = {}
    for place, member in enumerate(members):
        kinds.setdefault(_kind(member), []).append(place)
    parts: list[tuple[Sequence[int], Calls]] = [
        (places, Stacked([members[place] for place in places]) if len(places) > 1 else one_by_one)
        for places in kinds.values()
    ]
    return parts[0][1] if len(parts) == 1 else InParts(parts)


def one_by_one(calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
    """Compute the calls of members one after another, each by the programs for its network."""
    found = {place: compiled_for(call.program.network).advance(*call) for place, call in calls.items()}
    meanwhile()
    return found


def _kind(member: Member) -> Hashable:
    """Return what members of one program have in common."""
    program, rows = member.trainee.program, member.source.rows_at(member.step)
    leaves, structure = jax.tree.flatten(member.validation)
    judged = structure, tuple((np.shape(leaf), leaf.dtype) for leaf in leaves)
    # Short batches would be filled up to the longest; folds of about the same size are one batch of about that size.
    size = room_for(member.source.size)
    return kind_of(program), judged, size, tuple(map(id, jax.tree.leaves(rows)))


class InParts:
    """Computes the calls of members of several kinds, one kind after another.

    Args:
        parts: The places of the members of each kind, and what computes their calls.
    """

    def __init__(self, parts: Sequence[tuple[Sequence[int], Calls]]) -> None:
        self.parts = parts

    def __call__(self, calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
        """Compute the calls, by the place of the member among all."""
        found: dict[int, Chunk] = {}
        for places, compute in self.parts:
            own = {number: calls[place] for number, place in enumerate(places) if place in calls}
            if own:
                found |= {places[number]: chunk for number, chunk in compute(own, meanwhile).items()}
                meanwhile = _nothing
        return found


def _nothing() -> None:
    return
