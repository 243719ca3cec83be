"""The calls of the members of a run: computed in one program, in one for each kind of member, or one after another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

import jax
import numpy as np

from .batches import room_for
from .compiled import compiled_for
from .loop import Chunk
from .member import Call, Member
from .memory import turns_of
from .padding import divided, kind_of
from .stacked import Stacked

# Computes the calls of some members, by their place among all members, and does something else meanwhile.
Calls = Callable[[Mapping[int, Call], Callable[[], None]], Mapping[int, Chunk]]


def calls_of(members: Sequence[Member], epochs: int) -> Calls:
    """Return what computes the calls of the members of a run.

    Members whose programs differ only in floats and that share their rows are computed in one program, others in a
    program for each kind; as many at once as fit into memory, the others in turns of the same program.

    Args:
        members: The members.
        epochs: The number of epochs of the run.
    """
    if len(members) == 1:
        return one_by_one
    kinds: dict[Hashable, list[int]] = {}
    known: dict[Hashable, Hashable] = {}  # of equal programs, only the first is looked at
    for place, member in enumerate(members):
        kinds.setdefault(_kind(member, known), []).append(place)
    parts = [part for places in kinds.values() for part in _parts([members[place] for place in places], places, epochs)]
    return parts[0][1] if len(parts) == 1 else InParts(parts)


def _parts(members: Sequence[Member], places: Sequence[int], epochs: int) -> list[tuple[list[int], Calls]]:
    """Return the places of the members of each part of a kind, and what computes their calls."""
    rows = epochs * max(member.source.batches * member.source.size for member in members)
    found: list[tuple[list[int], Calls]] = []
    for program in divided([member.trainee.learner for member in members], rows):
        if len(program) == 1:
            found.append(([places[program[0]]], one_by_one))
            continue
        turns = turns_of([members[number] for number in program])
        room = len(turns[0])
        for turn in turns:
            own = [program[number] for number in turn]
            found.append(([places[number] for number in own], Stacked([members[number] for number in own], room)))
    return found


def one_by_one(calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
    """Compute the calls of members one after another, each by the programs for its network."""
    found: dict[int, Chunk] = {}
    for place, call in calls.items():
        program = compiled_for(call.program.network).advance
        found[place] = program(*call._replace(plan=call.plan.for_program()))
    meanwhile()
    return found


def _kind(member: Member, known: dict[Hashable, Hashable]) -> Hashable:
    """Return what members of one program have in common; ``known`` keeps that of programs by their structure."""
    program, rows = member.trainee.program, member.source.rows_at(member.step)
    leaves, structure = jax.tree.flatten(member.validation)
    judged = structure, tuple((np.shape(leaf), leaf.dtype) for leaf in leaves)
    # Short batches would be filled up to the longest; folds of about the same size are one batch of about that size.
    size = room_for(member.source.size)
    own = jax.tree.structure(program)
    if own not in known:
        known[own] = kind_of(program)
    return known[own], judged, size, tuple(map(id, jax.tree.leaves(rows)))


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
