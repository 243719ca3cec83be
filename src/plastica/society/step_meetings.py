"""Meetings within epochs: steps of all members and meetings in one compiled program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..random import Key
from ..training.loop import Chunk
from ..training.member import Call, Member
from ..training.rows import count_rows
from ..training.share import PlanCount, progress_of
from ..training.side_by_side import CallPlan, Layout, MemberArrays, advance_members
from ..training.stacked import Stacked
from ..typing import AnyArray, Bool, Int, PyTree
from .edge_list import EdgeList
from .meeting import Exchange, ExchangeMemory, shared_arrays, with_shared_arrays
from .meeting_program import MemberRoles, NetworkKind, Questions, met


class MeetingPlan(NamedTuple):
    """Who meets, when, and what about.

    Attributes:
        exchange, edges, questions: As for :func:`.meeting_program.met`; the edges of all periods.
        kind: The network of the members.
        roles: Who lies, listens and is there in this call.
        every: The steps from one meeting to the next.
        key: The randomness of the meetings.
    """

    exchange: Exchange
    kind: NetworkKind
    edges: EdgeList
    questions: Questions
    roles: MemberRoles
    every: int
    key: Key


class StepMeetings(Stacked):
    """Computes the calls of members who meet every so many steps.

    Steps are counted over all runs of the members, so that meetings do not depend on how a run is cut.

    Args:
        members: Those who meet.
        plan: Who meets, when, and what about.
        topics: The inputs that are talked about in a meeting.
        memory: What the exchange carries, at the beginning.
    """

    def __init__(self, members: Sequence[Member], plan: MeetingPlan, topics: int, memory: ExchangeMemory) -> None:
        super().__init__(members)
        self._plan = plan
        self._topics = min(topics, count_rows(plan.questions.topics))
        self.begin(memory)

    def begin(self, memory: ExchangeMemory) -> None:
        """Begin with what the exchange carries, at whatever step the members are."""
        # By the step, since a call that failed is repeated in parts.
        self._memories: dict[int, ExchangeMemory] = {0: memory}

    def memory_at(self, step: int) -> ExchangeMemory:
        """Return what the exchange carries after a step, counted over all runs."""
        return self._memories[max(known for known in self._memories if known <= step)]

    def _put_in_order(self, calls: Mapping[int, Call]) -> None:
        """Keep the order, which is that of the graph."""

    def _advance(self, arrays: MemberArrays, common: Sequence[PyTree], plan: CallPlan, layout: Layout) -> Chunk:
        counts = CallPlan(np.asarray(plan.span), np.asarray(plan.batches), np.asarray(plan.before))
        start, stop = (int(_first_step(counts) + _position(counts, place)) for place in (0, 2))
        roles = self._plan.roles
        well = ~np.array([bool(member.failed) for member in self.members])
        moves = np.asarray(arrays.moves)[: len(self.members)]
        roles = roles._replace(listening=roles.listening & moves, present=roles.present & well)
        before = self.memory_at(start)
        chunk, memory = _advance_and_meet(
            arrays, common, plan, self._plan._replace(roles=roles), before, layout, self._groups, self._topics
        )
        known = {step: each for step, each in self._memories.items() if step > start}
        self._memories = {stop: memory, **known, start: before}
        return chunk


class _Carry(NamedTuple):
    """What the loop over meetings hands on; ``at`` is the position in the plan, in steps."""

    at: Int[Array, ""]
    chunk: Chunk
    memory: ExchangeMemory


@partial(jax.jit, static_argnames=("layout", "groups", "topics"))
def _advance_and_meet(
    members: MemberArrays,
    common: Sequence[PyTree],
    plan: CallPlan,
    meetings: MeetingPlan,
    memory: ExchangeMemory,
    layout: Layout,
    groups: int,
    topics: int,
) -> tuple[Chunk, ExchangeMemory]:
    """Make the steps of the span, with a meeting wherever one is due."""
    first, stop, epochs = _first_step(plan), _position(plan, 2), jnp.arange(members.table.shape[1])

    def steps(learner: PyTree, at: Array, until: Array) -> Chunk:
        span = jnp.stack([at // plan.batches, at % plan.batches, until // plan.batches, until % plan.batches])
        return advance_members(members._replace(learner=learner), common, plan._replace(span=span), layout, groups)

    def to_the_next(carry: _Carry) -> _Carry:
        at, before, memory = carry
        until = jnp.minimum(((first + at) // meetings.every + 1) * meetings.every - first, stop)
        chunk = _joined(before, steps(before.learner, at, until), _between(epochs, at, until, plan.batches))
        number, rest = jnp.divmod(first + until, meetings.every)
        share = progress_of(plan.before, until // plan.batches, until % plan.batches, plan.batches)
        meet = partial(_with_meeting, meetings, topics, number, share)
        learner, memory = jax.lax.cond(rest == 0, meet, lambda *same: same, chunk.learner, memory)
        return _Carry(until, chunk._replace(learner=learner), memory)

    at = jnp.asarray(_position(plan, 0))
    shapes = jax.eval_shape(steps, members.learner, at, stop)
    empty = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
    learner = jax.tree.map(lambda old, new: jnp.asarray(old, new.dtype), members.learner, shapes.learner)
    well = jnp.ones_like(empty.finite)
    start = _Carry(at, empty._replace(learner=learner, finite=well, loss_finite=well), memory)
    end = jax.lax.while_loop(lambda carry: carry.at < stop, to_the_next, start)
    return end.chunk, end.memory


def _with_meeting(
    plan: MeetingPlan, topics: int, number: Array, share: AnyArray, learner: PyTree, memory: ExchangeMemory
) -> tuple[PyTree, ExchangeMemory]:
    """Return the learners after a meeting, given its number and the finished share of the run."""
    count = plan.edges.size
    key = random.fold(plan.key, number)
    drawn = (random.uniform(random.fold(key, 2), (topics,)) * count_rows(plan.questions.topics)).astype(jnp.int32)
    questions = plan.questions._replace(topics=jax.tree.map(lambda part: part[drawn], plan.questions.topics))
    shown = shared_arrays(learner, plan.exchange.shares_moments)
    # Behind the members there may be copies that fill up the last group.
    (weights,), memory = met(
        plan.exchange,
        (plan.kind,),
        plan.edges.at(number - 1),
        plan.roles,
        (jax.tree.map(lambda leaf: leaf[:count], shown),),
        questions,
        share,
        memory,
        key,
    )
    made = jax.tree.map(lambda new, old: jnp.concatenate([new.astype(old.dtype), old[count:]]), weights, shown)
    return with_shared_arrays(learner, made), memory


def _joined(before: Chunk, after: Chunk, touched: Bool[Array, "epochs"]) -> Chunk:
    """Return the result of two calls in a row, of which the second touched some epochs."""
    chosen = touched[None, :, None]

    def first_failure(old: Array, new: Array) -> Array:
        return jnp.where(before.finite, new, old)

    return Chunk(
        after.learner,
        jnp.where(chosen, after.train, before.train),
        jnp.where(chosen, after.validation, before.validation),
        before.finite & after.finite,
        first_failure(before.loss_finite, after.loss_finite),
        first_failure(before.epoch, after.epoch),
        first_failure(before.batch, after.batch),
    )


def _between(epochs: Array, at: Array, until: Array, batches: PlanCount) -> Bool[Array, "epochs"]:
    return (epochs >= at // batches) & (epochs <= (until - 1) // batches)


def _first_step(plan: CallPlan) -> Int[AnyArray, ""]:
    """Return how many steps were made before the plan, counted over all runs."""
    return plan.before[0] * plan.batches


def _position(plan: CallPlan, place: int) -> Int[AnyArray, ""]:
    """Return the beginning (0) or the end (2) of the span, in steps from the beginning of the plan."""
    return plan.span[place] * plan.batches + plan.span[place + 1]
