"""Several networks of one declaration, trained in one compiled program."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from .. import random
from ..errors import InvalidValue
from . import interrupting
from .batches import Planner
from .loop import Chunk, advance
from .program import Learner, Program
from .recovery import first_failing
from .rows import Plan, Rows
from .run import CallLength
from .share import made_before
from .stopping import MaxSteps, Reached, StopRule, Until
from .sums import figures

# Members are computed side by side while the parameters and moments of a group stay in the cache of a core.
GROUP_BYTES = 1 << 20
BYTES_A_PARAMETER = 12  # itself and two moments
MOST_IN_GROUP = 64
# A look costs every member a table of row numbers, so calls are longer than those of a single run; but not endless.
MOST_PATIENT = 4


class MemberArrays(NamedTuple):
    """In what members differ; each array has them along its first axis.

    Attributes:
        key: The run's randomness, ``(members, 2)``.
        learner: Where each stands.
        table: Row numbers, ``(members, epochs, batches, size)``.
        span: What each is to run now, ``(members, 4)``.
        program: What each runs, one declaration whose floats are vectors; None if all run the same.
    """

    key: Any
    learner: Learner
    table: Any
    span: Any
    program: Any = None


@partial(jax.jit, static_argnames="group")
def advance_members(
    program: Program, members: MemberArrays, rows: Rows, validation: Rows | None, plan: Plan, group: int
) -> Chunk:
    """Run the planned span for every member; ``group`` of them side by side, group after group."""

    def one(member: MemberArrays) -> Chunk:
        own = plan._replace(table=member.table, span=member.span)
        runs = program if member.program is None else member.program
        return advance(runs, member.key, member.learner, rows, validation, own)

    if group == 1:
        return jax.lax.map(one, members)
    if group >= members.key.shape[0]:
        return jax.vmap(one)(members)
    return jax.lax.map(one, members, batch_size=group)


def group_for(params: Any) -> int:
    """Return how many networks of so many parameters are best computed side by side.

    Example:
        >>> group_for({"kernel": np.zeros((8, 10))}), group_for({"kernel": np.zeros((784, 500))})
        (64, 1)
    """
    count = sum(np.size(leaf) for leaf in jax.tree.leaves(params))
    return min(max(GROUP_BYTES // max(BYTES_A_PARAMETER * count, 1), 1), MOST_IN_GROUP)


@dataclass
class Population:
    """Networks of one structure that learn the same rows, each from weights and in an order of its own.

    Programs of members may differ in any float: learning rates, dropout rates, weight decay, the constants of a rule.

    A member learns what it would have learned alone. One that meets a number that is not finite goes back to its last
    good learner, as it would have alone (see :class:`~plastica.training.recovery.Recovery`), and stands still there;
    the others go on.

    Attributes:
        program: What runs; what the first member runs if the members' programs differ.
        learners: Where each member begins; afterwards where it stands.
        rows: Training data.
        validation: Data to evaluate on after each epoch, in chunks, or None.
        planners: Make each member's batches.
        widths: How many sums each metric keeps.
        epochs: Epochs to run; may be changed at a look, to no fewer than are finished.
        stop: Set to True to end after what is under way.
        step: Steps made so far, of each member.
        seconds: How long they took, without compiling.
        compile_seconds: How long compiling took.
        clock: The seconds at the end of each finished epoch.
        failed: Members that met a number that is not finite, and where.
        logs: For each member the figures of each epoch, up to where it was stopped and NaN after it failed.
        programs: What each member runs, if they differ.
        rules: When a member stops before the last epoch; it then stays as it is, and the others go on.
        stopped: Members that a rule stopped, and why.
        hooks: Called after each call of the program, with the population; they may set ``stop``.
    """

    program: Program
    learners: Sequence[Learner]
    rows: Rows
    validation: Rows | None
    planners: Sequence[Planner]
    widths: tuple[int, ...]
    epochs: int
    stop: bool = False
    step: int = 0
    seconds: float = 0.0
    compile_seconds: float = 0.0
    clock: list[float] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    logs: list[list[dict[str, float]]] = field(default_factory=list)
    programs: Sequence[Program] | None = None
    rules: tuple[StopRule, ...] = ()
    stopped: dict[int, str] = field(default_factory=dict)
    hooks: Sequence[Callable[[Population], None]] = ()

    def __post_init__(self) -> None:
        """Stack what members differ in.

        Raises:
            InvalidValue: If the programs of members differ in more than floats.
        """
        self._programs = None if self.programs is None else _stacked_programs(self.programs, self.learners[0])
        self.group = group_for(self.learners[0].params)
        self.keys = np.stack([random.seed_key(planner.seed) for planner in self.planners])
        self._stacked: Learner = jax.tree.map(lambda *leaves: np.stack(leaves), *self.learners)
        self.logs = [[] for _ in self.learners]
        self._pace = CallLength()
        self._failed_at: dict[int, int] = {}
        self._before = (self._stacked, 0)  # where the call before the present step began

    @property
    def batches(self) -> int:
        """Steps of an epoch."""
        return self.planners[0].batches

    @property
    def total(self) -> int:
        """Steps of the whole run, of each member."""
        return self.epochs * self.batches

    def compile(self) -> None:
        """Compile the program by running nothing of it, so that :attr:`seconds` are those of learning."""
        began = time.perf_counter()
        self._stacked = jax.block_until_ready(self._call(0, 0).learner)
        self.compile_seconds += time.perf_counter() - began

    def go(self, on_look: Callable[[Population], None] = lambda population: None) -> None:
        """Run to the end, looking up between calls; ``on_look`` may set :attr:`stop`."""
        with interrupting.noted() as interrupts:
            if not self.compile_seconds:
                self.compile()
            while self.step < self.total and not (self.stop or interrupts.asked or self._all_done):
                began, stop = time.perf_counter(), self._next_stop()
                chunk = self._call(self.step, stop)
                finite = np.asarray(chunk.finite)
                elapsed = time.perf_counter() - began
                self._pace.measured(stop - self.step, elapsed / min(len(self.planners), MOST_PATIENT))
                self._take(chunk, finite, stop, elapsed)
                self._apply_rules()
                for hook in (*self.hooks, on_look):
                    hook(self)
            self.learners = self._unstacked()

    @property
    def _all_done(self) -> bool:
        return len(self.failed) + len(self.stopped) == len(self.planners)

    def _next_stop(self) -> int:
        stop = self.step + self._pace.steps
        if stop >= (self.step // self.batches + 1) * self.batches:
            stop = stop // self.batches * self.batches
        if any(isinstance(rule, Until | Reached) for rule in self.rules):
            stop = min(stop, (self.step // self.batches + 1) * self.batches)  # no member goes on after its last epoch
        limits = [rule.steps for rule in self.rules if isinstance(rule, MaxSteps)]
        return max(self.step + 1, min(stop, self.planners[0].farthest(self.step), self.total, *limits))

    def _apply_rules(self) -> None:
        for place, logs in enumerate(self.logs):
            if place in self.failed or place in self.stopped:
                continue
            reasons = (rule.fired(logs[-1] if logs else {}, self.seconds, self.step) for rule in self.rules)
            if reason := next(filter(None, reasons), ""):
                self.stopped[place] = reason

    def _call(self, start: int, stop: int, learners: Learner | None = None, alone: int | None = None) -> Chunk:
        """Run the steps for all that go on, or for one alone; from where they stand, or from other learners."""
        plans = [planner.plan(start, max(stop, start + 1)) for planner in self.planners]
        spans = np.stack([plan.span for plan in plans])
        places = range(len(plans)) if alone is None else [alone]
        going = [place for place in places if place not in (self.failed | self.stopped) and start < stop]
        still = np.setdiff1d(np.arange(len(plans)), going)
        spans[still, 2:] = spans[still, :2]
        table, first = np.stack([plan.table for plan in plans]), self.planners[0]
        before = made_before(first.first_epoch, first.batches, first.position(start, 0, 0), self.epochs)
        shared = plans[0]._replace(table=None, span=None, before=before)
        members = MemberArrays(self.keys, self._stacked if learners is None else learners, table, spans, self._programs)
        return advance_members(self.program, members, self.rows, self.validation, shared, self.group)

    def _take(self, chunk: Chunk, finite: np.ndarray, stop: int, elapsed: float) -> None:
        batches, first, last = self.batches, self.step // self.batches, stop // self.batches
        fresh = [place for place in np.flatnonzero(~finite).tolist() if place not in self.failed]
        learners = chunk.learner
        for place in fresh:
            at, good = self._gone_back(place, chunk)
            learners = _put(learners, good, place)
            self._failed_at[place] = at
            self.failed[place] = f"epoch {at // batches + 1}, step {at % batches + 1} of {batches}"
        # Only now: what a member goes back to is found from where the call began.
        self._before, self._stacked = (self._stacked, self.step), learners
        train, held_out = np.asarray(chunk.train, np.float64), np.asarray(chunk.validation, np.float64)
        for epoch in range(first, last):
            share = ((epoch + 1) * batches - self.step) / (stop - self.step)
            self.clock.append(self.seconds + elapsed * share)
            for place, logs in enumerate(self.logs):
                if place in self.stopped:
                    continue
                found = self._figures(train[place, epoch - first], held_out[place, epoch - first])
                whole = place not in self.failed or self._failed_at[place] >= (epoch + 1) * batches
                logs.append(found if whole else dict.fromkeys(found, float("nan")))
        self.step, self.seconds = stop, self.seconds + elapsed

    def _gone_back(self, place: int, chunk: Chunk) -> tuple[int, Learner]:
        """Return the step at which a member failed, and its last good learner."""
        start = self.step
        last = self.planners[place].position(start, int(chunk.epoch[place]), int(chunk.batch[place]))
        last -= bool(chunk.loss_finite[place])
        at = first_failing(start, last, lambda step: bool(self._call(start, step, alone=place).finite[place]))
        if bool(self._call(start, at + 1, alone=place).loss_finite[place]):
            return at, self._call(start, at, alone=place).learner
        if at > start:
            return at, self._call(start, at - 1, alone=place).learner
        learners, begun = self._before
        return at, self._call(begun, start - 1, learners, alone=place).learner if begun < start - 1 else learners

    def _figures(self, train: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
        found = figures(self.program, self.widths, train)
        if self.validation is not None:
            found |= figures(self.program, self.widths, held_out, "val_")
        return found

    def _unstacked(self) -> list[Learner]:
        count, leaves = len(self.planners), jax.device_get(self._stacked)
        return [jax.tree.map(lambda leaf, place=place: leaf[place], leaves) for place in range(count)]


def _stacked_programs(programs: Sequence[Program], learner: Learner) -> Program:
    """Return one program whose floats are vectors over members, in the precision of the parameters."""
    first = jax.tree.structure(programs[0])
    for place, program in enumerate(programs):
        if jax.tree.structure(program) != first:
            raise InvalidValue(
                f"member {place} differs from member 0 in more than floats, which is another program. Members "
                "may differ in rates and weights, not in layers, numbers of units or kinds of optimizers."
            )
    dtype = np.result_type(np.float32, *(leaf.dtype for leaf in jax.tree.leaves(learner.params)))
    return jax.tree.map(lambda *floats: np.stack([np.asarray(each, dtype) for each in floats]), *programs)


def _put(learners: Learner, others: Learner, place: int) -> Learner:
    """Return the learners with that of one place from others."""

    def one(array: Any, other: Any) -> np.ndarray:
        made = np.array(array)
        made[place] = np.asarray(other)[place]
        return made

    return jax.tree.map(one, learners, others)
