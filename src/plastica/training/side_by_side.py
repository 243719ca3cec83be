"""The compiled run of several members: one loop over steps, in which each step is that of all members of a group."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..layers.kernels.product import side_by_side
from ..typing import AnyArray, Bool, Float, Int, PyTree, UInt
from .finite import all_finite
from .loop import Chunk, Place, advance, held_out_sums, planned_step
from .program import Learner, Program
from .rows import Plan, Rows


class MemberArrays(NamedTuple):
    """In what members differ; each array has them along its first axis.

    Attributes:
        key: The run's randomness, ``(members, 2)``.
        learner: Where each stands.
        table: Row numbers, ``(members, epochs, batches, size)``.
        moves: Whether each makes the steps of this call, ``(members,)``; the others stay as they are.
        own: In what else they differ: leaves of :class:`Layout`.
    """

    key: UInt[AnyArray, "members words"]
    learner: Learner
    table: Int[AnyArray, "members epochs batches size"]
    moves: Bool[AnyArray, "members"]
    own: Sequence[AnyArray]


class CallPlan(NamedTuple):
    """What members have in common in a call; see :class:`.rows.Plan`."""

    span: Int[AnyArray, "4"]
    batches: Int[AnyArray, ""] | np.integer
    before: Int[AnyArray, "counts"]


class MemberRun(NamedTuple):
    """What one member runs: its program, its rows, validation rows, and the sizes of its batches."""

    program: Program
    rows: Rows
    validation: Rows | None
    real: Int[AnyArray, "batches"]


class Layout(NamedTuple):
    """Which leaves of what members run all have in common: programs, rows, validation rows, sizes of batches.

    Attributes:
        structure: The structure of one member's :class:`MemberRun`.
        shared: For each leaf whether it is the same for all.
    """

    structure: Hashable  # what jax.tree.structure returns, for which JAX has no public type
    shared: tuple[bool, ...]

    def put_together(self, common: Sequence[PyTree], own: Sequence[PyTree]) -> MemberRun:
        """Return what one member runs."""
        of_all, of_one = iter(common), iter(own)
        leaves = [next(of_all if shared else of_one) for shared in self.shared]
        return MemberRun(*jax.tree.unflatten(cast("PyTree", self.structure), leaves))


@partial(jax.jit, static_argnames=("layout", "groups"))
def advance_members(
    members: MemberArrays, common: Sequence[PyTree], plan: CallPlan, layout: Layout, groups: int
) -> Chunk:
    """Run the planned span for all members that move, group after group; the members of a group side by side.

    A member whose loss is not finite goes on, as a single network does not: its result says at which step it was.

    Args:
        members: In what members differ.
        common: What all have in common.
        plan: The span.
        layout: How ``members.own`` and ``common`` are put together.
        groups: The number of groups, which divides that of members.
    """
    size = members.key.shape[0] // groups
    run = partial(_one if size == 1 else _group, layout, common, plan)
    if groups == 1:
        return run(members)
    apart = jax.tree.map(lambda leaf: leaf.reshape(groups, size, *leaf.shape[1:]), members)
    # Groups run one after another: more members at a time would not fit into the cache, and be slower on a CPU.
    chunks = jax.lax.map(run, apart)
    return jax.tree.map(lambda leaf: leaf.reshape(groups * size, *leaf.shape[2:]), chunks)


def _one(layout: Layout, common: Sequence[PyTree], plan: CallPlan, members: MemberArrays) -> Chunk:
    """Run a member as if it were alone, in the same program and with the same bits."""
    member = jax.tree.map(lambda leaf: leaf[0], members)
    program, rows, validation, real = layout.put_together(common, member.own)
    # An empty span, from its begin to its begin: the loops of the program end at once, and no second program is needed.
    still = jnp.concatenate([plan.span[:2], plan.span[:2]])
    span = jnp.where(member.moves, plan.span, still)
    own = Plan(member.table, real, span, plan.batches, plan.before)
    return jax.tree.map(lambda leaf: leaf[None], advance(program, member.key, member.learner, rows, validation, own))


def _group(layout: Layout, common: Sequence[PyTree], plan: CallPlan, members: MemberArrays) -> Chunk:
    """Run members side by side if any of them moves."""

    def run(members: MemberArrays) -> Chunk:
        with side_by_side():
            return GroupRun(layout, common, plan, members, tuple(plan.span)).chunk()

    # Both branches of cond must answer alike; the types of the moving one are known only after its loops were traced,
    # since sums and moments may be promoted.
    shapes = jax.eval_shape(run, members)

    def still(members: MemberArrays) -> Chunk:
        empty = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
        return empty._replace(
            learner=jax.tree.map(lambda old, new: old.astype(new.dtype), members.learner, shapes.learner)
        )

    return jax.lax.cond(jnp.any(members.moves), run, still, members)


class StepCarry(NamedTuple):
    """What the loop over the steps of an epoch hands on; ``failed`` is the first step of each that was not finite."""

    epoch: Int[Array, ""]
    batch: Int[Array, ""]
    learner: Learner
    failed: Int[Array, "members"]
    step: Int[Array, ""]


class EpochCarry(NamedTuple):
    """What the loop over epochs hands on."""

    epoch: Int[Array, ""]
    batch: Int[Array, ""]
    learner: Learner
    train: Float[Array, "members epochs sums"]
    held_out: Float[Array, "members epochs sums"]
    failed: Int[Array, "members"]
    step: Int[Array, ""]


@dataclass(frozen=True)
class GroupRun:
    """The loops of :func:`.loop.advance` over members side by side.

    The loops are outside and the members inside: ``vmap`` of the whole run would turn the bound of each loop into a
    vector, and each step into a choice for each member between its new and its old arrays.
    """

    layout: Layout
    common: Sequence[PyTree]
    plan: CallPlan
    members: MemberArrays
    span: tuple[Array, ...]  # that of the plan as scalars, which the loops would otherwise cut out in every turn

    def chunk(self) -> Chunk:
        """Run the planned span; members that do not move come back as they were."""
        members, (epochs, width) = self.members, (self.members.table.shape[1], self.members.learner.sums.shape[-1])
        count = members.key.shape[0]
        empty = jnp.zeros((count, epochs, width))
        first_epoch, first_batch, stop_epoch, stop_batch = self.span
        start = EpochCarry(first_epoch, first_batch, members.learner, empty, empty, jnp.full(count, -1), jnp.int32(0))
        end = jax.lax.while_loop(self.is_unfinished, self.train_epoch, start)
        # A member whose loss fails computes on, since the others do; the host takes it back to where it failed.
        loss_finite = end.failed < 0
        finite = loss_finite & self.for_each(lambda own, learner: all_finite(own.program.carried(learner)), end.learner)
        at = first_epoch * self.plan.batches + first_batch + end.failed
        epoch = jnp.where(loss_finite, stop_epoch, at // self.plan.batches)
        batch = jnp.where(loss_finite, stop_batch, at % self.plan.batches)
        # Members without a call in a moving group have computed as well, since lanes of one operation cannot be left
        # out; their results are dropped.
        learner = jax.tree.map(self._if_it_moves, end.learner, members.learner)
        return Chunk(learner, end.train, end.held_out, finite, loss_finite, epoch, batch)

    def for_each(self, function: Callable[..., PyTree], *arrays: PyTree) -> PyTree:
        """Compute a function of what a member runs, and of arrays with members along the first axis."""

        def of_one(own: Sequence[PyTree], *arrays: PyTree) -> PyTree:
            return function(self.layout.put_together(self.common, own), *arrays)

        return jax.vmap(of_one)(self.members.own, *arrays)

    def train_batch(self, carry: StepCarry) -> StepCarry:
        """Make a step of each member."""
        epoch, batch, learner, failed, step = carry

        def one(own: MemberRun, key: Array, learner: Learner, numbers: Array) -> tuple[Learner, Array]:
            place = Place(epoch, batch, self.plan.batches, self.plan.before)
            return planned_step(own.program, key, learner, own.rows, numbers, jnp.asarray(own.real)[batch], place)

        learner, loss = self.for_each(one, self.members.key, learner, self.members.table[:, epoch, batch])
        # Only the first failure counts: what follows it computes with numbers that are not finite.
        failed = jnp.where((failed < 0) & ~jnp.isfinite(loss), step, failed)
        return StepCarry(epoch, batch + 1, learner, failed, step + 1)

    def train_epoch(self, carry: EpochCarry) -> EpochCarry:
        """Make the steps of an epoch that are in the span, and evaluate if it is then complete."""
        epoch, batch, learner, train, held_out, failed, step = carry
        stop = jnp.where(epoch == self.span[2], self.span[3], self.plan.batches)
        _, batch, learner, failed, step = jax.lax.while_loop(
            lambda c: c.batch < stop, self.train_batch, StepCarry(epoch, batch, learner, failed, step)
        )
        # One scalar for all: members in one call stand at the same batch, so that this stays a branch under vmap and
        # does not become a choice of both.
        complete = batch == self.plan.batches
        train = jax.lax.dynamic_update_index_in_dim(train, learner.sums, epoch, 1)
        if self.layout.put_together(self.common, self.members.own).validation is not None:
            judge = partial(self.for_each, lambda own, learner: held_out_sums(own.program, learner, own.validation))
            found = jax.lax.cond(complete, judge, lambda learner: jnp.zeros_like(learner.sums), learner)
            held_out = jax.lax.dynamic_update_index_in_dim(held_out, found, epoch, 1)
        learner = learner._replace(sums=jnp.where(complete, 0.0, learner.sums))
        return EpochCarry(epoch + complete, jnp.where(complete, 0, batch), learner, train, held_out, failed, step)

    def is_unfinished(self, carry: EpochCarry) -> Bool[Array, ""]:
        """Return whether a step of the span is left."""
        _, _, stop_epoch, stop_batch = self.span
        return (carry.epoch < stop_epoch) | ((carry.epoch == stop_epoch) & (carry.batch < stop_batch))

    def _if_it_moves(self, new: Array, old: Array) -> Array:
        return jnp.where(self.members.moves.reshape(-1, *[1] * (new.ndim - 1)), new, old)
