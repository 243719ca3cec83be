"""A member of a run: one network, its data, and whom to tell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from jax import Array

from .. import random
from ..random import Key
from ..rules import Batch
from ..typing import Float, UInt
from . import finite, recovery
from .callbacks import Callback, Needs, TerminateOnNaN, most_needed
from .loop import Chunk, pick
from .program import Learner, Program
from .recovery import Advance, CallStart, Recovery
from .rows import Plan, Rows
from .share import made_before
from .source import Source
from .stopping import MaxSteps, Reached, StopRule, Until
from .sums import FigureReader
from .timing import Timing

# From the number of an epoch in the run, and its sums here, to its sums everywhere.
JoinsSums: TypeAlias = Callable[[int, Float[np.ndarray, "2 sums"]], Float[np.ndarray, "2 sums"]]


class Trainee(Protocol):
    """What is trained: a model, or anything that holds a program and a learner."""

    stop_training: bool
    stop_reason: str

    @property
    def program(self) -> Program:
        """What runs."""
        ...

    @program.setter
    def program(self, program: Program) -> None: ...

    @property
    def learner(self) -> Learner:
        """What is trained."""
        ...

    @learner.setter
    def learner(self, learner: Learner) -> None: ...

    def stop(self, reason: str) -> None:
        """End the run after what is under way."""


class Call(NamedTuple):
    """What a call of the program computes for one member: the arguments of :func:`.loop.advance`."""

    program: Program
    key: Key
    learner: Learner
    rows: Rows
    validation: Rows | None
    plan: Plan


@dataclass
class Member:
    """A network in a run, trained as if it were alone.

    Attributes:
        trainee: Holds the program and the learner, both of which callbacks may replace between calls.
        source: Training data, batch by batch.
        validation: Data to evaluate on after each epoch, in chunks, or None.
        widths: The number of sums of each metric.
        first_epoch: The number of the first epoch as callbacks count.
        callbacks: Whom to tell.
        rules: When to stop before the last epoch.
        on_progress: Told of epochs under way: epoch, batch, batches, figures so far.
        step: Steps of this run made so far.
        logs: The figures of the last finished epoch.
        ruled_out: Whether one of ``rules`` stopped it.
        failed: What was not finite and what to try, once a step has failed; empty until then.
        timing: How long epochs take.
        joined: Returns the sums of an epoch, ``(2, sums)`` in training and on validation data, from those of the part
            of the network that is trained here; the others are trained elsewhere.
        recovery: The learner to go back to if the next step fails.
    """

    trainee: Trainee
    source: Source
    validation: Rows | None
    widths: tuple[int, ...]
    first_epoch: int = 0
    callbacks: Sequence[Callback] = ()
    rules: tuple[StopRule, ...] = ()
    on_progress: Callable[..., None] = lambda *args: None
    step: int = 0
    logs: dict[str, float] = field(default_factory=dict)
    ruled_out: bool = False
    failed: str = ""
    timing: Timing = field(default_factory=Timing)
    joined: JoinsSums = lambda epoch, sums: sums
    recovery: Recovery = field(init=False)
    _reader: tuple[Program, FigureReader] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Know where a run goes back to whose first step fails: to what it was given."""
        self.recovery = Recovery(self.here, self.trainee.learner)

    @property
    def key(self) -> UInt[np.ndarray, "words"]:
        """The randomness of its steps."""
        return random.seed_key(self.source.seed)

    @property
    def here(self) -> CallStart:
        """Where it stands."""
        return CallStart(self.trainee.program, self.trainee.learner, self.step)

    @property
    def is_done(self) -> bool:
        """Whether it stands still before the last epoch: it was stopped, or it failed."""
        return self.trainee.stop_training or bool(self.failed)

    @property
    def where(self) -> str:
        """Where it stands, in words."""
        epoch, place = divmod(self.step, self.source.batches)
        return f"epoch {self.first_epoch + epoch + 1}, step {place + 1} of {self.source.batches}"

    @property
    def needs(self) -> Needs:
        """How often its callbacks and rules look."""
        needs = most_needed(self.callbacks)
        if needs == "logs" and any(isinstance(rule, Until | Reached) for rule in self.rules):
            return "epoch"
        return needs

    def call(self, start: CallStart, stop: int, epochs: int) -> Call:
        """Return the call that makes the steps up to ``stop`` of a run of so many epochs."""
        source = self.source
        plan = source.plan(start.step, stop)  # from here on the source knows where an epoch ends in this stretch
        before = made_before(source.first_epoch, source.batches, source.position(start.step, 0, 0), epochs)
        rows = source.rows_at(start.step)
        return Call(start.program, self.key, start.learner, rows, self.validation, plan._replace(before=before))

    def stop_for(self, goal: int, farthest: int, total: int) -> int:
        """Return the step at which its next call ends, as close to ``goal`` as it can; where it stands if beyond."""
        limits = [rule.steps for rule in self.rules if isinstance(rule, MaxSteps)]
        return self.step if goal <= self.step else max(self.step + 1, min(goal, farthest, total, *limits))

    def begin_steps(self, each_batch: bool) -> None:
        """Tell of the epoch that begins with the next step, and of the step itself."""
        # Told right before the epoch's first step: what is looked at or kept before has not begun it.
        if self.step % self.source.batches == 0:
            self._tell("on_epoch_begin", self.first_epoch + self.step // self.source.batches, {})
        if each_batch:
            self._tell("on_train_batch_begin", self.step % self.source.batches, {})

    def take(self, chunk: Chunk, stop: int, each_batch: bool) -> None:
        """Take the result of the steps up to ``stop``, and tell of them."""
        batches = self.source.batches
        start, first, last = self.step, self.step // batches, stop // batches
        # Before the learner is replaced: recovery keeps where this call began.
        self.recovery.moved(*self.here, chunk.learner)
        self.trainee.learner, self.step = chunk.learner, stop
        train, held_out = np.asarray(chunk.train, np.float64), np.asarray(chunk.validation, np.float64)
        if each_batch:
            self._tell("on_train_batch_end", (stop - 1) % batches, self._figures(train[0]))
        for epoch in range(first, last):
            learned, judged = self.joined(epoch, np.stack([train[epoch - first], held_out[epoch - first]]))
            logs = self._figures(learned)
            if self.validation is not None:
                logs |= self._figures(judged, "val_")
            self.timing.made((epoch + 1) * batches - max(epoch * batches, start))
            self.timing.finish_epoch()
            self._tell("on_epoch_end", self.first_epoch + epoch, logs)
            self.logs = logs
            if (epoch + 1) * batches < stop and not self.trainee.stop_training:
                self._tell("on_epoch_begin", self.first_epoch + epoch + 1, {})
        if stop % batches:
            self.timing.made(stop - max(last * batches, start))
            logs = self._figures(train[last - first])
            self.on_progress(self.first_epoch + last, stop % batches, self.source.steps_known, logs)

    def apply_rules(self, seconds: float) -> None:
        """Stop if a rule says so after a run of so many seconds."""
        reasons = (rule.fired(self.logs, seconds, self.step) for rule in self.rules)
        reason = next(filter(None, reasons), "")
        if reason and not self.trainee.stop_training:
            self.ruled_out = True
            self.trainee.stop(reason)

    def fail(self, advance: Advance) -> bool:
        """Go back to the last good learner, and say what was not finite in the next step.

        Returns:
            Whether a callback takes care of it.
        """
        program, before = self.trainee.program, self.trainee.learner
        good = self.recovery.learner_for(program, before, self.step, advance)
        why = finite.from_outside(program.network, before.params) or program.explain(before, *self._next_step(before))
        remedy, now = ("", finite.NONE_TO_GO_BACK_TO)
        if recovery.is_finite(good):
            remedy, now = program.remedy(), finite.SET_BACK
        self.trainee.learner = good
        self.failed = f"training met a number that is not finite in {self.where}: {why}. {remedy}{now}"
        quiet = [callback for callback in self.callbacks if isinstance(callback, TerminateOnNaN)]
        if not quiet:
            self.trainee.stop(f"not finite: {self.failed}")
        for callback in quiet:
            callback.on_not_finite(self.failed)
        return bool(quiet)

    def _next_step(self, learner: Learner) -> tuple[Batch, Array]:
        plan = self.source.plan(self.step, self.step + 1)
        place = int(plan.span[1])
        # As the program itself gathers it, with fillers: what failed may depend on the shape of the batch.
        batch = pick(self.trainee.program, self.source.rows_at(self.step), plan.table[0, place], plan.real[place])
        return batch, random.fold(self.key, learner.step)

    def _figures(self, sums: Float[np.ndarray, "sums"], prefix: str = "") -> dict[str, float]:
        program = self.trainee.program
        if self._reader is None or self._reader[0] is not program:
            self._reader = program, FigureReader(program, self.widths)
        return self._reader[1](sums, prefix)

    def _tell(self, event: str, *arguments: object) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments)
