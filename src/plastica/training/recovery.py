"""The state that is restored when a step fails: the last valid learner, however the run is divided into calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .finite import all_finite
from .loop import Chunk
from .program import Learner, Program

# Runs a program from a learner through the given steps of the run.
Advance = Callable[[Program, Learner, int, int], Chunk]


class CallStart(NamedTuple):
    """The beginning of a call: the program, the learner, and the step of the run."""

    program: Program
    learner: Learner
    step: int


@dataclass
class Recovery:
    """The learner to restore if the next step fails.

    A step fails if its loss, or a parameter or a running statistic after it, is not finite. The last valid learner is
    the one with which the last finite loss was computed:

    - If the loss was finite but the result of the step is not, it is the learner before this step.
    - If the loss itself was not finite, the step before produced weights with which nothing can be computed, even if
      they are finite. It is then the learner before *that* step.

    Both depend only on the sequence of steps, not on how many of them one call makes, on callbacks, or on whether the
    run was resumed.

    Attributes:
        before: A call that led to the current step, from whose start the step before the current one can be computed.
        made: The learner after the last step; callbacks may have replaced it since.
    """

    before: CallStart
    made: Learner

    def moved(self, program: Program, start: Learner, step: int, made: Learner) -> None:
        """Record a call without failure."""
        self.before, self.made = CallStart(program, start, step), made

    def learner_for(self, program: Program, present: Learner, step: int, advance: Advance) -> Learner:
        """Return the last valid learner, given that step ``step``, which began with ``present``, failed."""
        # A callback may have set weights that are not finite; then the learner before it is the last valid one.
        for learner in (present,) if present is self.made else (present, self.made):
            if has_finite_loss(program, learner, step, advance):
                return learner
        # Computed again, not kept: a copy of the learner in every call would cost memory for what rarely happens.
        program, learner, start = self.before
        return advance(program, learner, start, step - 1).learner if start < step - 1 else learner


def has_finite_loss(program: Program, learner: Learner, step: int, advance: Advance) -> bool:
    """Return whether both a learner and the loss of step ``step`` computed with it are finite."""
    chunk = advance(program, learner, step, step + 1)
    return bool(chunk.loss_finite) and is_finite(learner)


def is_finite(learner: Learner) -> bool:
    """Return whether everything in a learner that affects predictions is finite."""
    return bool(all_finite((learner.params, learner.state)))


def first_failing(start: int, last: int, is_well: Callable[[int], bool]) -> int:
    """Return the first step from ``start`` to ``last`` that fails; one of them is known to fail.

    Values that are not finite remain so, and therefore bisection finds the first one.

    Args:
        start: The first step of the call.
        last: The last step that can be the first to fail.
        is_well: Returns whether the steps from ``start`` up to, but not including, a step succeed.

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
