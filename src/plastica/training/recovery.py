"""Where a run goes back to when a step fails: the last good learner, the same however the run is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .program import Chunk, Learner, Program, all_finite

# Runs a program from a learner through some steps of the run.
Advance = Callable[[Program, Learner, int, int], Chunk]


class CallStart(NamedTuple):
    """Where a call of the program began: what ran, from which learner, at which step of the run."""

    program: Program
    learner: Learner
    step: int


@dataclass
class Recovery:
    """What the next step can go back to.

    A step fails when its loss, or a parameter or a running statistic after it, is not finite. The last good learner is
    the one that the last finite loss was computed with:

    - The loss was finite and what the step made of it is not: the learner before this step.
    - The loss itself was not finite: the step before made weights with which nothing can be computed, finite as they
      may be. So it is the learner before *that* step.

    Both are facts of the sequence of steps. How many of them one call makes, who looks in between and whether the run
    was resumed changes nothing.

    Attributes:
        before: A call that led to the present step, from whose start the step before the present one is reached.
        made: The learner as the last step left it; callbacks may have put another one in its place.
    """

    before: CallStart
    made: Learner

    def moved(self, program: Program, start: Learner, step: int, made: Learner) -> None:
        """Take note of a call that was well."""
        self.before, self.made = CallStart(program, start, step), made

    def learner_for(self, program: Program, present: Learner, step: int, advance: Advance) -> Learner:
        """Return the last good learner when step ``step`` failed that began at ``present``."""
        for learner in (present,) if present is self.made else (present, self.made):
            if has_finite_loss(program, learner, step, advance):
                return learner
        program, learner, start = self.before
        return advance(program, learner, start, step - 1).learner if start < step - 1 else learner


def has_finite_loss(program: Program, learner: Learner, step: int, advance: Advance) -> bool:
    """Return whether a learner is finite and the loss that step ``step`` computes with it is, too."""
    chunk = advance(program, learner, step, step + 1)
    return bool(chunk.loss_finite) and is_finite(learner)


def is_finite(learner: Learner) -> bool:
    """Return whether everything in a learner that answers come from is finite."""
    return bool(all_finite((learner.params, learner.state)))


def first_failing(start: int, last: int, is_well: Callable[[int], bool]) -> int:
    """Return the first step from ``start`` to ``last`` that fails, where ``last`` or one before it is known to.

    What is not finite stays so, and therefore halving finds it.

    Args:
        start: Where the call began.
        last: The latest step that can be the first to fail.
        is_well: Whether a run from ``start`` to before a step is well.

    Example:
        >>> first_failing(0, 100, lambda step: step <= 37)
        37
    """
    well, failed = start, last + 1
    if last > start and is_well(last):
        return last
    while failed - well > 1:
        middle = (well + failed) // 2
        if is_well(middle):
            well = middle
        else:
            failed = middle
    return well
