"""Several members of a run computed in one compiled program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from ..errors import InvalidValue
from .loop import Chunk, advance
from .member import Call, Member
from .program import Learner
from .rows import Plan

# Members are computed side by side while the parameters and moments of a group stay in the cache of a core.
GROUP_BYTES = 1 << 20
BYTES_A_PARAMETER = 12  # itself and two moments
MOST_IN_GROUP = 64


class MemberArrays(NamedTuple):
    """In what members differ at every call; each array has them along its first axis.

    Attributes:
        key: The run's randomness, ``(members, 2)``.
        learner: Where each stands.
        table: Row numbers, ``(members, epochs, batches, size)``.
        span: What each is to run now, ``(members, 4)``.
        before: How far each is in the whole run, ``(members, 3)`` or ``(members, 5)``.
    """

    key: Any
    learner: Learner
    table: Any
    span: Any
    before: Any


class Layout(NamedTuple):
    """Which leaves of what members run all have in common: programs, rows, validation rows, sizes of batches.

    Attributes:
        structure: The structure of one member's.
        shared: For each leaf whether it is the same for all.
    """

    structure: Any
    shared: tuple[bool, ...]

    def put_together(self, common: Sequence[Any], own: Sequence[Any]) -> Any:
        """Return what one member runs."""
        of_all, of_one = iter(common), iter(own)
        return jax.tree.unflatten(self.structure, [next(of_all if shared else of_one) for shared in self.shared])


@partial(jax.jit, static_argnames=("layout", "group"))
def advance_members(
    members: MemberArrays, own: Sequence[Any], common: Sequence[Any], layout: Layout, group: int
) -> Any:
    """Run the planned span for every member; ``group`` of them side by side, group after group.

    Args:
        members: In what members differ at every call.
        own: In what else they differ, each array with members along its first axis.
        common: What all have in common.
        layout: How ``own`` and ``common`` are put together.
        group: How many members are computed side by side.
    """

    def one(given: tuple[MemberArrays, Sequence[Any]]) -> Chunk:
        member, own = given
        program, rows, validation, real, batches = layout.put_together(common, own)
        plan = Plan(member.table, real, member.span, batches, member.before)
        return advance(program, member.key, member.learner, rows, validation, plan)

    if group == 1:
        return jax.lax.map(one, (members, own))
    if group >= members.key.shape[0]:
        return jax.vmap(one)((members, own))
    return jax.lax.map(one, (members, own), batch_size=group)


def group_for(params: Any) -> int:
    """Return how many networks of so many parameters are best computed side by side.

    Example:
        >>> group_for({"kernel": np.zeros((8, 10))}), group_for({"kernel": np.zeros((784, 500))})
        (64, 1)
    """
    count = sum(np.size(leaf) for leaf in jax.tree.leaves(params))
    return min(max(GROUP_BYTES // max(BYTES_A_PARAMETER * count, 1), 1), MOST_IN_GROUP)


def can_be_stacked(members: Sequence[Member]) -> bool:
    """Return whether one program can compute the members: several on the same rows.

    Raises:
        InvalidValue: If they could but for their programs, which differ in more than floats.
    """
    first = members[0]
    if len(members) == 1:
        return False
    programs = [member.trainee.program for member in members]
    for place, program in enumerate(programs):
        if jax.tree.structure(program) != jax.tree.structure(programs[0]):
            raise InvalidValue(
                f"member {place} differs from member 0 in more than floats, which is another program. Members "
                "may differ in rates and weights, not in layers, numbers of units or kinds of optimizers."
            )
    rows = [jax.tree.leaves(member.source.rows_at(member.step)) for member in members]
    same_rows = all(_same(rows[0], own) for own in rows[1:])
    return same_rows and all(_shapes(member.validation) == _shapes(first.validation) for member in members)


class Stacked:
    """Computes the calls of members in one program, in which those without a call stand still.

    Args:
        members: All members.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members
        trainee = members[0].trainee
        self.group = 1 if trainee.program.network.is_slow_in_groups else group_for(trainee.learner.params)
        self._keys = np.stack([member.key for member in members])
        self._learners: tuple[list[Learner], Any] = [], None
        self._tables: tuple[list[Any], Any] = [], None
        self._given: list[tuple[Any, ...]] = []
        self._divided: tuple[Any, ...] = ()
        self._layout: Layout | None = None

    def __call__(self, calls: Mapping[int, Call]) -> dict[int, Chunk]:
        """Compute the calls, by the place of the member among all."""
        first = next(iter(calls.values()))
        made = [calls.get(place) or self._still(place, first) for place in range(len(self.members))]
        most = max(len(call.plan.real) for call in made)
        own, common, layout = self._divide(
            [
                (call.program, call.rows, call.validation, _padded(call.plan.real, (most,)), call.plan.batches)
                for call in made
            ]
        )
        before = np.stack([call.plan.before for call in made])
        span, table = np.stack([call.plan.span for call in made]), self._table([call.plan.table for call in made])
        arrays = MemberArrays(self._keys, self._stacked([call.learner for call in made]), table, span, before)
        chunk = advance_members(arrays, own, common, layout, self.group)
        host: Chunk = jax.device_get(chunk)
        found = [jax.tree.map(lambda leaf, place=place: leaf[place], host) for place in range(len(made))]
        self._learners = [each.learner for each in found], chunk.learner
        return {place: found[place] for place in calls}

    def _still(self, place: int, other: Call) -> Call:
        """Return a call without steps."""
        member, span = self.members[place], np.zeros(4, np.int32)
        table = self._tables[0][place] if self._tables[0] else other.plan.table
        plan = other.plan._replace(table=table, span=span)
        here = member.here
        return Call(here.program, member.key, here.learner, other.rows, member.validation, plan)

    def _stacked(self, learners: list[Learner]) -> Any:
        known, stacked = self._learners
        if _same(known, learners):
            return stacked
        return jax.tree.map(lambda *leaves: np.stack(leaves), *learners)

    def _table(self, tables: list[Any]) -> Any:
        # Tables are the largest part of what a call passes, and serve all calls within the same epochs.
        if not _same(self._tables[0], tables):
            shape = np.max([table.shape for table in tables], axis=0)
            self._tables = tables, jax.device_put(np.stack([_padded(table, shape) for table in tables]))
        return self._tables[1]

    def _divide(self, given: list[tuple[Any, ...]]) -> tuple[Any, Any, Layout]:
        """Return stacked leaves, common leaves, and which are which; what once differed stays stacked."""
        if len(self._given) == len(given) and all(map(_same, self._given, given)):
            return self._divided  # pyright: ignore[reportReturnType]
        self._given = given
        structure = jax.tree.structure(given[0])
        leaves = list(zip(*(jax.tree.leaves(each) for each in given), strict=True))
        before = (True,) * len(leaves) if self._layout is None else self._layout.shared
        shared = tuple(was and _all_equal(each) for was, each in zip(before, leaves, strict=True))
        dtype = np.result_type(np.float32, *(leaf.dtype for leaf in jax.tree.leaves(self._params)))
        own = [_side_by_side(each, dtype) for each, is_shared in zip(leaves, shared, strict=True) if not is_shared]
        common = [each[0] for each, is_shared in zip(leaves, shared, strict=True) if is_shared]
        self._layout = Layout(structure, shared)
        self._divided = jax.device_put(own), common, self._layout
        return self._divided  # pyright: ignore[reportReturnType]

    @property
    def _params(self) -> Any:
        return self.members[0].trainee.learner.params


def _shapes(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    return structure, [(np.shape(leaf), leaf.dtype) for leaf in leaves]


def _same(known: Sequence[Any], given: Sequence[Any]) -> bool:
    return len(known) == len(given) and all(one is other for one, other in zip(known, given, strict=True))


def _all_equal(leaves: Sequence[Any]) -> bool:
    """Return whether leaves are one array, or equal numbers; arrays of rows are not compared number by number."""
    first = leaves[0]
    if isinstance(first, jax.Array):
        return all(leaf is first for leaf in leaves)
    return all(leaf is first or np.array_equal(leaf, first) for leaf in leaves[1:])


def _side_by_side(leaves: Sequence[Any], dtype: Any) -> np.ndarray:
    """Return leaves along a new first axis; floats of programs in the precision of the parameters."""
    if all(isinstance(leaf, float | int) for leaf in leaves):
        return np.array(leaves, dtype)
    return np.stack([np.asarray(leaf) for leaf in leaves])


def _padded(array: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Return an array with zeros behind it up to a shape."""
    if array.shape == tuple(shape):
        return array
    made = np.zeros(shape, array.dtype)
    made[tuple(map(slice, array.shape))] = array
    return made
