"""The calls of the members of a run: computed in one program, in one for each kind of member, or one after another."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh

from ..typing import PyTree
from .batches import room_for
from .compiled import compiled_for
from .devices import POPULATION
from .local_steps import LocalSteps
from .loop import Chunk
from .member import Call, Member
from .memory import turns_of
from .padding import divided, kind_of
from .sharded import Sharded
from .stacked import Stacked

# Fewer members side by side leave the time that calling an operation takes the same.
FEWEST_IN_SHARE = 8

# A program and its arguments.
Arranged = tuple[Callable[..., Chunk], tuple[PyTree, ...]]

# Computes the calls of some members, by their place among all members, and does something else meanwhile.
Calls = Callable[[Mapping[int, Call], Callable[[], None]], Mapping[int, Chunk]]


def calls_of(
    members: Sequence[Member], epochs: int, mesh: Mesh | None = None, apart: bool = False, among_others: bool = False
) -> Calls:
    """Return what computes the calls of the members of a run.

    Members whose programs differ only in floats and that share their rows are computed in one program, others in a
    program for each kind; as many at once as fit into memory, the others in turns of the same program.

    Args:
        members: The members.
        epochs: The number of epochs of the run.
        mesh: The devices: those of the axis ``population`` compute members each, others parts of each batch. None for
            the default device.
        apart: Whether devices make steps of their own, and average their weights at the end of a call.
        among_others: Whether there are further members in other processes: one that is alone here is then computed as
            they are, in a program for several, so that it has the bits that it has among them.
    """
    if mesh is not None and POPULATION not in mesh.shape:
        return LocalSteps(mesh) if apart else Sharded(mesh)
    if len(members) == 1 and among_others:
        return Stacked(members, room=2)
    if len(members) == 1:
        return one_by_one
    kinds: dict[Hashable, list[int]] = {}
    known: dict[Hashable, Hashable] = {}  # of equal programs, only the first is looked at
    for place, member in enumerate(members):
        kinds.setdefault(_kind(member, known), []).append(place)
    parts = [
        part for places in kinds.values() for part in _parts([members[place] for place in places], places, epochs, mesh)
    ]
    if len(parts) == 1 and len(parts[0].shares) == 1:
        return parts[0].shares[0].compute
    return InParts(parts, on_mesh=mesh is not None)


class KindShare(NamedTuple):
    """Members whose calls are computed at once: their places among all, and what computes them."""

    places: Sequence[int]
    compute: Calls


class MemberKind(NamedTuple):
    """Members of one program.

    Attributes:
        shares: The members, divided among the cores or, if they do not fit into memory together, into turns.
        work: How much they compute, to begin with the longest.
        in_turns: Whether only one share fits into memory at once.
    """

    shares: Sequence[KindShare]
    work: int
    in_turns: bool


def _parts(members: Sequence[Member], places: Sequence[int], epochs: int, mesh: Mesh | None) -> list[MemberKind]:
    """Return the parts of the members of a kind."""
    rows = epochs * max(member.source.batches * member.source.size for member in members)
    found: list[MemberKind] = []
    for program in divided([member.trainee.learner for member in members], rows):
        size = sum(np.size(leaf) for leaf in jax.tree.leaves(members[program[0]].trainee.learner.params))
        work = len(program) * rows * size
        if len(program) == 1:
            found.append(MemberKind([KindShare([places[program[0]]], one_by_one)], work, False))
            continue
        turns = turns_of([members[number] for number in program])
        in_turns = len(turns) > 1
        alone = turns if in_turns else _among_cores(turns[0])
        room = len(alone[0])
        # One program for all devices takes all members, in groups as large as on one device.
        turns = alone if mesh is None else turns
        shares = [
            KindShare(
                [places[program[number]] for number in turn], Stacked([members[program[n]] for n in turn], room, mesh)
            )
            for turn in turns
        ]
        found.append(MemberKind(shares, work, in_turns))
    return found


def _among_cores(numbers: list[int]) -> list[list[int]]:
    """Return members divided evenly among the cores: a program of small networks keeps one of them busy."""
    if jax.default_backend() != "cpu":
        return [numbers]
    count = max(1, min(count_cores(), len(numbers) // FEWEST_IN_SHARE))
    size = -(-len(numbers) // count)
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def count_cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # on macOS and Windows
        return os.cpu_count() or 1


def one_by_one(calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
    """Compute the calls of members one after another, each by the programs for its network."""
    found: dict[int, Chunk] = {}
    for place, call in calls.items():
        program, arguments = on_one_device(call)
        found[place] = program(*arguments)
    meanwhile()
    return found


def on_one_device(call: Call) -> Arranged:
    """Return the program of a call and its arguments, on the default device."""
    return compiled_for(call.program.network).advance, call._replace(plan=call.plan.for_program())


def arranged(mesh: Mesh | None) -> Callable[[Call], Arranged]:
    """Return what gives the program of a call of one network and its arguments, on the devices of a run."""
    return on_one_device if mesh is None else Sharded(mesh).arranged


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
    """Computes the calls of members in several parts: side by side in threads where the CPU computes.

    JAX does not hold Python's lock while it compiles and computes. In the first call, a thread compiles the programs of
    one part while others compile or compute; those with most to compute come first.

    Args:
        parts: The parts.
        on_mesh: Whether each part is computed by several devices, which one program keeps busy.
    """

    def __init__(self, parts: Sequence[MemberKind], on_mesh: bool = False) -> None:
        self.parts = sorted(parts, key=lambda part: -part.work)
        in_turns = any(part.in_turns for part in parts)
        self._threads = 1 if in_turns or on_mesh or jax.default_backend() != "cpu" else count_cores()
        self._compiled = False

    def __call__(self, calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
        """Compute the calls, by the place of the member among all."""
        # The shares of a part have one program: at first one compiles it, and the others take it.
        given = [part.shares for part in self.parts]
        jobs = [[share] for shares in given for share in shares] if self._compiled else given
        work = [[(share, own) for share in job if (own := _own_calls(share, calls))] for job in jobs]
        work = [job for job in work if job]
        if self._threads == 1 or len(work) == 1:
            found = [_computed(job, meanwhile if job is work[0] else _nothing) for job in work]
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                x64 = bool(jax.config.jax_enable_x64)  # pyright: ignore[reportAttributeAccessIssue]
                going = [pool.submit(_computed_in_thread, job, x64) for job in work]
                meanwhile()
                found = [each.result() for each in going]
        self._compiled = True
        return {place: chunk for each in found for place, chunk in each.items()}


def _own_calls(share: KindShare, calls: Mapping[int, Call]) -> dict[int, Call]:
    """Return the calls of a share, by the place of the member in it."""
    return {number: calls[place] for number, place in enumerate(share.places) if place in calls}


def _computed(job: Sequence[tuple[KindShare, Mapping[int, Call]]], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
    """Compute the calls of some shares in turn."""
    found: dict[int, Chunk] = {}
    for share, own in job:
        found |= {share.places[number]: chunk for number, chunk in share.compute(own, meanwhile).items()}
        meanwhile = _nothing
    return found


def _computed_in_thread(job: Sequence[tuple[KindShare, Mapping[int, Call]]], x64: bool) -> dict[int, Chunk]:
    with jax.enable_x64(x64):  # each thread has a precision of its own
        return _computed(job, _nothing)


def _nothing() -> None:
    return
