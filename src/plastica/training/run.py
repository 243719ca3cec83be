"""The host's side of a run: call the program, look, call again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .. import random
from ..errors import NotFinite
from ..rules import Batch
from . import finite, recovery
from .callbacks import Callback, Needs, TerminateOnNaN, most_needed
from .compiled import compiled_for
from .loop import Chunk, pick
from .program import Learner, Program
from .recovery import CallStart, Recovery
from .rows import Rows
from .share import made_before
from .source import Source
from .stopping import MaxSteps, Reached, StopRule, Until
from .sums import figures
from .timing import Timing

# A call is long enough that its own cost vanishes and short enough that a person sees the run move.
SECONDS_A_CALL = 0.1


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


@dataclass
class Run:
    """One call of ``fit``: what is trained, on what, and how far it is.

    Attributes:
        trainee: Holds the program and the learner, both of which callbacks may replace between calls.
        source: Training data, batch by batch.
        validation: Data to evaluate on after each epoch, in chunks, or None.
        widths: How many sums each metric keeps.
        epochs: Epochs of this run.
        first_epoch: The number of the first epoch as callbacks count.
        callbacks: Whom to tell.
        rules: When to stop before the last epoch.
        seconds: How long the run took so far, earlier parts of a resumed run included.
        on_progress: Told of epochs under way: epoch, batch, batches, figures so far.
        hooks: Called with the run after each call of the program: checkpoints, and whatever else looks in between.
        is_interrupted: Whether the run is to end before its next call.
        step: Steps of this run made so far.
        logs: The figures of the last finished epoch.
        ruled_out: Whether one of ``rules`` ended the run.
        pace: How many steps a call makes.
        timing: How long epochs take.
    """

    trainee: Trainee
    source: Source
    validation: Rows | None
    widths: tuple[int, ...]
    epochs: int
    first_epoch: int = 0
    callbacks: Sequence[Callback] = ()
    rules: tuple[StopRule, ...] = ()
    seconds: float = 0.0
    on_progress: Callable[..., None] = lambda *args: None
    hooks: Sequence[Callable[[Run], None]] = ()
    is_interrupted: Callable[[], bool] = lambda: False
    step: int = 0
    logs: dict[str, float] = field(default_factory=dict)
    ruled_out: bool = False
    pace: CallLength = field(default_factory=lambda: CallLength())  # noqa: PLW0108 - it is defined below
    timing: Timing = field(default_factory=Timing)

    @property
    def key(self) -> np.ndarray:
        """The run's randomness."""
        return random.seed_key(self.source.seed)

    @property
    def total(self) -> int:
        """Steps of the whole run."""
        return self.epochs * self.source.batches

    def __post_init__(self) -> None:
        """Know where a run goes back to whose first step fails: to what it was given."""
        learner = self.trainee.learner
        self.recovery = Recovery(CallStart(self.trainee.program, learner, self.step), learner)

    def go(self) -> None:
        """Run to the end, or until something stops it.

        Raises:
            NotFinite: If the loss or a parameter is no longer finite, unless a callback takes care of it.
        """
        needs = most_needed(self.callbacks)
        if needs == "logs" and any(isinstance(rule, Until | Reached) for rule in self.rules):
            needs = "epoch"
        if self.step:
            self._apply_rules()
        self.timing.start()
        began = time.perf_counter()
        while self.step < self.total and not self.trainee.stop_training and not self.is_interrupted():
            # Told right before the epoch's first step: what is looked at or kept before has not begun it.
            if self.step % self.source.batches == 0:
                self._tell("on_epoch_begin", self.first_epoch + self.step // self.source.batches, {})
            if needs == "batch":
                self._tell("on_train_batch_begin", self.step % self.source.batches, {})
            program, learner, start = self.trainee.program, self.trainee.learner, self.step
            called = time.perf_counter()
            chunk, stop = self._well(program, learner, start, self._next_stop(needs))
            if stop == start:
                self._not_finite(bool(chunk.loss_finite))
                return
            now = time.perf_counter()
            # The time limit counts what callbacks take; the length of a call goes by the call alone.
            self.pace.measured(stop - start, now - called)
            self.timing.called(stop - start, now - called)
            self.seconds, began = self.seconds + now - began, now
            self.recovery.moved(program, learner, start, chunk.learner)
            self._take(chunk, stop, needs == "batch")
            self._apply_rules()
            for hook in self.hooks:
                hook(self)

    def fallback(self) -> Learner | None:
        """Return the last good learner where the coming step's loss is not finite, else None.

        A checkpoint keeps it, so that a resumed run goes back to where the whole run would have.
        """
        program, learner = self.trainee.program, self.trainee.learner
        if self.step == 0:  # nothing was computed yet, and nothing is for this
            return None if learner is self.recovery.made else self.recovery.made
        if self.step >= self.total or recovery.has_finite_loss(program, learner, self.step, self._advance):
            return None
        return self.recovery.learner_for(program, learner, self.step, self._advance)

    def _well(self, program: Program, learner: Learner, start: int, stop: int) -> tuple[Chunk, int]:
        """Make the steps from ``start`` up to ``stop``, or to before the first that fails; return where that is.

        Where it is the first of all, the failing step comes back.
        """
        chunk = self._advance(program, learner, start, stop)
        if bool(chunk.finite):
            return chunk, stop
        last = self.source.position(start, int(chunk.epoch), int(chunk.batch)) - bool(chunk.loss_finite)
        failing = recovery.first_failing(
            start, last, lambda step: bool(self._advance(program, learner, start, step).finite)
        )
        return self._advance(program, learner, start, max(failing, start + 1)), failing

    def _advance(self, program: Program, learner: Learner, start: int, stop: int) -> Chunk:
        source = self.source
        plan = source.plan(start, stop)  # from here on the source knows where an epoch ends that ends in this stretch
        before = made_before(source.first_epoch, source.batches, source.position(start, 0, 0), self.epochs)
        advance = compiled_for(program.network, learner.params).advance
        rows = source.rows_at(start)
        return advance(program, self.key, learner, rows, self.validation, plan._replace(before=before))

    def _next_stop(self, needs: Needs) -> int:
        if needs == "batch":
            return self.step + 1
        farthest, batches = self.source.farthest(self.step), self.source.batches
        stop = self.step + self.pace.steps
        end_of_epoch = (self.step // batches + 1) * batches
        if stop > end_of_epoch:
            # Whole epochs where several fit into one look, so that figures arrive complete.
            stop = end_of_epoch if needs == "epoch" else stop // batches * batches
        limits = [rule.steps for rule in self.rules if isinstance(rule, MaxSteps)]
        return max(self.step + 1, min(stop, farthest, self.total, *limits))

    def _apply_rules(self) -> None:
        reasons = (rule.fired(self.logs, self.seconds, self.step) for rule in self.rules)
        reason = next(filter(None, reasons), "")
        if reason and not self.trainee.stop_training:
            self.ruled_out = True
            self.trainee.stop(reason)

    def _take(self, chunk: Chunk, stop: int, each_batch: bool) -> None:
        batches = self.source.batches
        start, first, last = self.step, self.step // batches, stop // batches
        self.trainee.learner, self.step = chunk.learner, stop
        train, held_out = np.asarray(chunk.train, np.float64), np.asarray(chunk.validation, np.float64)
        if each_batch:
            self._tell("on_train_batch_end", (stop - 1) % batches, self._figures(train[0]))
        for epoch in range(first, last):
            logs = self._figures(train[epoch - first])
            if self.validation is not None:
                logs |= self._figures(held_out[epoch - first], "val_")
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

    def _figures(self, sums: np.ndarray, prefix: str = "") -> dict[str, float]:
        return figures(self.trainee.program, self.widths, sums, prefix)

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, event)(*arguments)

    def _not_finite(self, loss_finite: bool) -> None:
        """Set the learner back to the last good one and say what happened."""
        failed, program, before = self.step, self.trainee.program, self.trainee.learner
        good = self.recovery.learner_for(program, before, failed, self._advance)
        why = finite.from_outside(program.network, before.params) or program.explain(
            before, *self._step_of(failed, before)
        )
        now = finite.SET_BACK if recovery.is_finite(good) else finite.NONE_TO_GO_BACK_TO
        self.trainee.learner = good
        epoch, place = divmod(failed, self.source.batches)
        message = (
            f"training met a number that is not finite in epoch {self.first_epoch + epoch + 1}, step {place + 1} "
            f"of {self.source.batches}: {why}. {program.remedy() if recovery.is_finite(good) else ''}{now}"
        )
        quiet = [callback for callback in self.callbacks if isinstance(callback, TerminateOnNaN)]
        if not quiet:
            self.trainee.stop(f"not finite: {message}")
            raise NotFinite(message)
        for callback in quiet:
            callback.on_not_finite(message)

    def _step_of(self, number: int, learner: Learner) -> tuple[Batch, Any]:
        plan = self.source.plan(number, number + 1)
        place = int(plan.span[1])
        rows, program = self.source.rows_at(number), self.trainee.program
        batch = pick(program, rows, plan.table[0, place], plan.real[place])
        return batch, random.fold(self.key, learner.step)


@dataclass
class CallLength:
    """How many steps the next call should make; grows until a call takes ``SECONDS_A_CALL``."""

    steps: int = 1

    def measured(self, steps: int, seconds: float) -> None:
        """Learn from a call."""
        wanted = int(SECONDS_A_CALL * steps / max(seconds, 1e-9))
        self.steps = max(1, min(wanted, 8 * steps))
