"""Several members of a run computed in one compiled program: their arrays are stacked, and handed out again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import cast

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike
from numpy.typing import DTypeLike

from ..typing import AnyArray, Params, PyTree
from .devices import POPULATION
from .loop import Chunk
from .member import Call, Member
from .padding import Padding, padded
from .program import Learner
from .side_by_side import CallPlan, Layout, MemberArrays, advance_members

# Members are computed side by side while the parameters and moments of a group stay in the cache of a core.
GROUP_BYTES = 1 << 20
BYTES_A_PARAMETER = 12  # itself and two moments
# More gain nothing on a CPU, and a group without a member that goes on costs nothing. Calling an operation takes half a
# microsecond, which counts for networks of a few hundred parameters.
MOST_IN_GROUP = 16
MOST_TINY_IN_GROUP = 32
TINY = 512  # parameters
# On an accelerator, which is idle otherwise; a share of its memory.
ACCELERATOR_BYTES = 1 << 30


def group_for(params: Params) -> int:
    """Return how many networks of so many parameters are best computed side by side.

    Example:
        >>> group_for({"kernel": np.zeros((8, 10))}), group_for({"kernel": np.zeros((784, 500))})
        (32, 1)
    """
    count = sum(np.size(leaf) for leaf in jax.tree.leaves(params))
    size = BYTES_A_PARAMETER * count
    if jax.default_backend() != "cpu":
        return max(ACCELERATOR_BYTES // max(size, 1), 1)
    return min(max(GROUP_BYTES // max(size, 1), 1), MOST_TINY_IN_GROUP if count <= TINY else MOST_IN_GROUP)


class Stacked:
    """Computes the calls of members in one program, in which those without a call stand still.

    Args:
        members: All members.
        room: For how many members the program of one device is made; those that are missing stand still.
        mesh: The devices, each of which computes some of the groups; None for the default device.
    """

    def __init__(self, members: Sequence[Member], room: int | None = None, mesh: Mesh | None = None) -> None:
        self.members, self._mesh = members, mesh
        self._room = room or len(members)
        learners = [member.trainee.learner for member in members]
        self.padding = Padding([member.trainee.program for member in members], learners)
        one = self.padding.padded(learners[0])
        self.group = 1 if members[0].trainee.program.network.is_slow_in_groups else group_for(one.params)
        self._order = list(range(len(members)))  # those that go on first, so that few groups are computed
        self._learners: tuple[list[Learner], Learner] | None = None
        self._tables: tuple[list[AnyArray], AnyArray] | None = None
        self._own_tables: dict[int, AnyArray] = {}
        self._given: list[tuple[PyTree, ...]] = []
        self._divided: tuple[Sequence[AnyArray], Sequence[PyTree]] = (), ()
        self._layout: Layout | None = None

    def __call__(self, calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
        """Compute the calls, by the place of the member among all."""
        # Members at the same place of epochs of the same length move in step; usually these are all.
        parts: dict[tuple[int, ...], dict[int, Call]] = {}
        for place, call in calls.items():
            parts.setdefault(call.plan.counts(), {})[place] = call
        self._own_tables |= {place: call.plan.table for place, call in calls.items()}
        found: dict[int, Chunk] = {}
        for part in parts.values():
            found |= self._in_step(part, meanwhile if part is next(reversed(parts.values())) else lambda: None)
        return found

    @property
    def _groups(self) -> int:
        alone = -(-self._room // self.group)
        if self._mesh is None:
            return alone
        # As many for each device. A device with a single group would not loop over groups, as one device does that has
        # several: another program, which may round otherwise.
        devices = self._mesh.size
        return max(-(-len(self.members) // (self._size * devices)), min(alone, 2)) * devices

    @property
    def _size(self) -> int:
        """How many members a group has, the last one filled up with members that stand still."""
        return -(-self._room // -(-self._room // self.group))

    def _in_step(self, calls: Mapping[int, Call], meanwhile: Callable[[], None]) -> dict[int, Chunk]:
        """Compute calls with the same span."""
        first = next(iter(calls.values()))
        self._put_in_order(calls)
        # Groups are filled up with copies of the last member, whose results are dropped: groups of one size share one
        # program.
        order = [*self._order, *[self._order[-1]] * (self._groups * self._size - len(self._order))]
        made = {place: calls.get(place) or self._still(place, first) for place in self._order}
        most = max(len(call.plan.real) for call in made.values())
        own, common = self._divide(
            [
                (self.padding.program(call.program, place), call.rows, call.validation, padded(call.plan.real, (most,)))
                for place, call in ((place, made[place]) for place in order)
            ]
        )
        assert self._layout is not None
        assert first.plan.batches is not None
        assert first.plan.before is not None
        arrays = MemberArrays(
            np.stack([made[place].key for place in order]),
            self._stacked([made[place].learner for place in order]),
            self._table([made[place].plan.table for place in order]),
            np.array([place in calls for place in self._order] + [False] * (len(order) - len(self._order))),
            own,
        )
        plan = CallPlan(cast("np.ndarray", first.plan.span), first.plan.batches, first.plan.before)
        chunk = self._advance(arrays, common, plan, self._layout)
        meanwhile()
        # One transfer for all members; a transfer for each array of each would take longer than their steps.
        host: Chunk = jax.device_get(chunk)
        found = [jax.tree.map(lambda leaf, number=number: leaf[number], host) for number in range(len(order))]
        found = [
            chunk._replace(learner=self.padding.cut(chunk.learner, place))
            for place, chunk in zip(order, found, strict=True)
        ]
        self._learners = [each.learner for each in found], chunk.learner
        return {place: chunk for place, chunk in zip(self._order, found, strict=False) if place in calls}

    def _advance(self, arrays: MemberArrays, common: Sequence[PyTree], plan: CallPlan, layout: Layout) -> Chunk:
        if self._mesh is None:
            return advance_members(arrays, common, plan, layout, self._groups)
        return _on_devices(self._mesh, layout, self._groups // self._mesh.size)(arrays, common, plan)

    def _put_in_order(self, calls: Mapping[int, Call]) -> None:
        """Put those that move first if fewer groups are computed then."""
        touched = {number // self._size for number, place in enumerate(self._order) if place in calls}
        if len(touched) > -(-len(calls) // self._size):
            self._order.sort(key=lambda place: place not in calls)

    def _still(self, place: int, other: Call) -> Call:
        """Return a call of a member that stands still."""
        member, here = self.members[place], self.members[place].here
        plan = other.plan._replace(table=self._own_tables.get(place, other.plan.table))
        return Call(here.program, member.key, here.learner, other.rows, member.validation, plan)

    def _stacked(self, learners: list[Learner]) -> Learner:
        if self._learners is not None:
            known, stacked = self._learners
            # Identity and not equality: what callbacks did not replace is still stacked on the device from the call
            # before.
            if _same(known[: len(self._order)], learners[: len(self._order)]):
                return stacked
        return jax.tree.map(lambda *leaves: np.stack(leaves), *map(self.padding.padded, learners))

    def _table(self, tables: list[AnyArray]) -> AnyArray:
        # Tables are the largest part of what a call passes, and serve all calls within the same epochs.
        if self._tables is None or not _same(self._tables[0], tables):
            shape = np.max([table.shape for table in tables], axis=0)
            self._tables = tables, self._put(np.stack([padded(table, shape) for table in tables]), POPULATION)
        return self._tables[1]

    def _put(self, tree: PyTree, axis: str | None = None) -> PyTree:
        """Place arrays on the devices: divided along their first axis by an axis of the mesh, or all on each."""
        if self._mesh is None:
            return jax.device_put(tree) if axis else tree
        where = NamedSharding(self._mesh, PartitionSpec(axis) if axis else PartitionSpec())
        # Numbers of programs stay numbers: as arrays they would have a precision of their own.
        return jax.tree.map(lambda leaf: jax.device_put(leaf, where) if np.ndim(leaf) else leaf, tree)

    def _divide(self, given: list[tuple[PyTree, ...]]) -> tuple[Sequence[AnyArray], Sequence[PyTree]]:
        """Return stacked leaves and common leaves; what once differed stays stacked."""
        if len(self._given) == len(given) and all(map(_same, self._given, given)):
            return self._divided
        self._given = given
        structure = jax.tree.structure(given[0])
        leaves = list(zip(*(jax.tree.leaves(each) for each in given), strict=True))
        before = (True,) * len(leaves) if self._layout is None else self._layout.shared
        # What once differed stays stacked, since every change of the layout compiles the program again.
        shared = tuple(was and _all_equal(each) for was, each in zip(before, leaves, strict=True))
        params = self.members[0].trainee.learner.params
        dtype = np.result_type(np.float32, *(leaf.dtype for leaf in jax.tree.leaves(params)))
        own = [_side_by_side(each, dtype) for each, is_shared in zip(leaves, shared, strict=True) if not is_shared]
        common = [each[0] for each, is_shared in zip(leaves, shared, strict=True) if is_shared]
        self._layout = Layout(structure, shared)
        self._divided = self._put(own, POPULATION), self._put(common)
        return self._divided


@cache
def _on_devices(mesh: Mesh, layout: Layout, groups: int) -> Callable[[MemberArrays, Sequence[PyTree], CallPlan], Chunk]:
    """Return the program with which each device computes so many groups of members, and asks no other for anything."""
    members, all_have = PartitionSpec(POPULATION), PartitionSpec()

    def own(arrays: MemberArrays, common: Sequence[PyTree], plan: CallPlan) -> Chunk:
        return cast("PyTree", advance_members).__wrapped__(arrays, common, plan, layout, groups)

    in_specs = (members, all_have, all_have)
    return jax.jit(jax.shard_map(own, mesh=mesh, in_specs=in_specs, out_specs=members, check_vma=False))


def _same(known: Sequence[object], given: Sequence[object]) -> bool:
    return len(known) == len(given) and all(one is other for one, other in zip(known, given, strict=True))


def _all_equal(leaves: Sequence[ArrayLike]) -> bool:
    """Return whether leaves are one array, or equal numbers; arrays of rows are not compared number by number."""
    first = leaves[0]
    if isinstance(first, jax.Array):
        return all(leaf is first for leaf in leaves)
    return all(leaf is first or np.array_equal(leaf, first) for leaf in leaves[1:])


def _side_by_side(leaves: Sequence[ArrayLike], dtype: DTypeLike) -> np.ndarray:
    """Return leaves along a new first axis; floats of programs in the precision of the parameters."""
    if all(isinstance(leaf, float | int) for leaf in leaves):
        return np.array(leaves, dtype)
    return np.stack([np.asarray(leaf) for leaf in leaves])
