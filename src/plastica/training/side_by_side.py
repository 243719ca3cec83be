"""The compiled run of several members: one loop over steps, in which each step is that of all members of a group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

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

    key: Any
    learner: Learner
    table: Any
    moves: Any
    own: Sequence[Any]


class CallPlan(NamedTuple):
    """What members have in common in a call; see :class:`.rows.Plan`."""

    span: Any
    batches: Any
    before: Any


class Layout(NamedTuple):
    """Which leaves of what members run all have in common: programs, rows, validation rows, sizes of batches.

    Attributes:
        structure: The structure of one member's.
        shared: For each leaf whether it is the same for all.
    """

    structure: Any
    shared: tuple[bool, ...]

    def put_together(self, common: Sequence[Any], own: Sequence[Any]) -> tuple[Program, Rows, Rows | None, Any]:
        """Return what one member runs: its program, rows, validation rows and sizes of batches."""
        of_all, of_one = iter(common), iter(own)
        return jax.tree.unflatten(self.structure, [next(of_all if shared else of_one) for shared in self.shared])


@partial(jax.jit, static_argnames=("layout", "groups"))
def advance_members(members: MemberArrays, common: Sequence[Any], plan: CallPlan, layout: Layout, groups: int) -> Chunk:
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
    chunks = jax.lax.map(run, apart)
    return jax.tree.map(lambda leaf: leaf.reshape(groups * size, *leaf.shape[2:]), chunks)


def _one(layout: Layout, common: Sequence[Any], plan: CallPlan, members: MemberArrays) -> Chunk:
    """Run a member as if it were alone, in the same program and with the same bits."""
    member = jax.tree.map(lambda leaf: leaf[0], members)
    program, rows, validation, real = layout.put_together(common, member.own)
    still = jnp.concatenate([plan.span[:2], plan.span[:2]])
    span = jnp.where(member.moves, plan.span, still)
    own = Plan(member.table, real, span, plan.batches, plan.before)
    return jax.tree.map(lambda leaf: leaf[None], advance(program, member.key, member.learner, rows, validation, own))


def _group(layout: Layout, common: Sequence[Any], plan: CallPlan, members: MemberArrays) -> Chunk:
    """Run members side by side if any of them moves."""
    run = partial(_side_by_side, layout, common, plan)
    shapes = jax.eval_shape(run, members)

    def still(members: MemberArrays) -> Chunk:
        empty = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
        return empty._replace(
            learner=jax.tree.map(lambda old, new: old.astype(new.dtype), members.learner, shapes.learner)
        )

    return jax.lax.cond(jnp.any(members.moves), run, still, members)


def _side_by_side(layout: Layout, common: Sequence[Any], plan: CallPlan, members: MemberArrays) -> Chunk:
    epochs, width = members.table.shape[1], members.learner.sums.shape[-1]
    first_epoch, first_batch, stop_epoch, stop_batch = plan.span
    batches, count = plan.batches, members.key.shape[0]

    def for_each(function: Callable[..., Any], *arrays: Any) -> Any:
        """Compute a function of what a member runs, and of arrays with members along the first axis."""
        return jax.vmap(lambda own, *arrays: function(layout.put_together(common, own), *arrays))(members.own, *arrays)

    def train_batch(carry: Any) -> Any:
        epoch, batch, learner, failed, step = carry

        def one(runs: Any, key: Any, learner: Learner, numbers: Any) -> Any:
            program, rows, _, real = runs
            place = Place(epoch, batch, batches, plan.before)
            return planned_step(program, key, learner, rows, numbers, jnp.asarray(real)[batch], place)

        learner, loss = for_each(one, members.key, learner, members.table[:, epoch, batch])
        failed = jnp.where((failed < 0) & ~jnp.isfinite(loss), step, failed)
        return epoch, batch + 1, learner, failed, step + 1

    def train_epoch(carry: Any) -> Any:
        epoch, batch, learner, train, held_out, failed, step = carry
        stop = jnp.where(epoch == stop_epoch, stop_batch, batches)
        _, batch, learner, failed, step = jax.lax.while_loop(
            lambda c: c[1] < stop, train_batch, (epoch, batch, learner, failed, step)
        )
        complete = batch == batches
        train = train.at[:, epoch].set(learner.sums)
        if layout.put_together(common, members.own)[2] is not None:
            judge = partial(for_each, lambda runs, learner: held_out_sums(runs[0], learner, runs[2]))
            found = jax.lax.cond(complete, judge, lambda learner: jnp.zeros_like(learner.sums), learner)
            held_out = held_out.at[:, epoch].set(found)
        learner = learner._replace(sums=jnp.where(complete, 0.0, learner.sums))
        return epoch + complete, jnp.where(complete, 0, batch), learner, train, held_out, failed, step

    def unfinished(carry: Any) -> jax.Array:
        epoch, batch = carry[:2]
        return (epoch < stop_epoch) | ((epoch == stop_epoch) & (batch < stop_batch))

    empty = jnp.zeros((count, epochs, width))
    start = (first_epoch, first_batch, members.learner, empty, empty, jnp.full(count, -1), jnp.int32(0))
    _, _, learner, train, held_out, failed, _ = jax.lax.while_loop(unfinished, train_epoch, start)
    loss_finite = failed < 0
    finite = loss_finite & for_each(lambda runs, learner: all_finite(runs[0].carried(learner)), learner)
    at = first_epoch * batches + first_batch + failed
    epoch = jnp.where(loss_finite, stop_epoch, at // batches)
    batch = jnp.where(loss_finite, stop_batch, at % batches)

    def kept(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(members.moves.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    learner = jax.tree.map(kept, learner, members.learner)
    return Chunk(learner, train, held_out, finite, loss_finite, epoch, batch)
