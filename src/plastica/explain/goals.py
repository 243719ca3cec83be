"""The answer that a counterfactual is to have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..data.table import show
from ..errors import InvalidValue
from ..notes import note
from ..typing import Bool, Float, Int
from .explained import Explained
from .named_places import place_of

Decide = Callable[[np.ndarray], np.ndarray]


class Goal:
    """The wanted answer.

    Args:
        decide: From answers to the number of the class of each row; None for an interval.
        wanted: The class, or the ends of the interval; None for any class but ``before``.
        before: The class of the row.
    """

    def __init__(self, decide: Decide | None, wanted: int | tuple[float, float] | None, before: int) -> None:
        self.decide, self.wanted, self.before = decide, wanted, before

    def reached(self, answers: Float[np.ndarray, "rows outputs"]) -> Bool[np.ndarray, "rows"]:
        """Return for which rows the answer is the wanted one."""
        if isinstance(self.wanted, tuple):
            return (answers[:, 0] >= self.wanted[0]) & (answers[:, 0] <= self.wanted[1])
        assert self.decide is not None
        classes = self.decide(answers)
        return classes != self.before if self.wanted is None else classes == self.wanted

    def classes(self, answers: Float[np.ndarray, "rows outputs"]) -> Int[np.ndarray, "rows"]:
        """Return the class of each row; 0 for numbers."""
        return np.zeros(len(answers), np.int64) if self.decide is None else np.asarray(self.decide(answers), np.int64)

    def margin(self, answers: Float[np.ndarray, "rows outputs"]) -> Float[np.ndarray, "rows"]:
        """Return how clearly the answer is the wanted one; larger is clearer."""
        if isinstance(self.wanted, tuple):
            return -np.abs(answers[:, 0] - np.clip(answers[:, 0], *self.wanted))
        if answers.shape[1] == 1:
            sign = -1 if (self.before == 1 if self.wanted is None else self.wanted == 0) else 1
            return sign * answers[:, 0]
        return -answers[:, self.before] if self.wanted is None else answers[:, self.wanted]


def decide_largest(answers: Float[np.ndarray, "rows outputs"]) -> np.ndarray:
    """Return the class with the largest answer; of one output, whether it is above a half."""
    return (answers[:, 0] > 0.5).astype(int) if answers.shape[1] == 1 else answers.argmax(1)


def goal_of(asked: Explained, wanted: int | str | tuple[float, float] | None, decide: Decide = decide_largest) -> Goal:
    """Return the goal; InvalidValue if the row has it already."""
    if isinstance(wanted, tuple):
        low, high = wanted
        if not low <= high:
            raise InvalidValue(note("explain.cf_wanted", wanted=str(wanted)))
        if len(asked.outputs) > 1:
            raise InvalidValue(note("explain.cf_interval"))
        goal = Goal(None, (low, high), 0)
    else:
        names = asked.output_names if len(asked.output_names) > 1 else ("0", "1")
        chosen = None if wanted is None else place_of("counterfactuals", "class", wanted, names)
        goal = Goal(decide, chosen, int(decide(asked.answers)[0]))
    if goal.reached(asked.answers)[0]:
        raise InvalidValue(note("errors.has_wanted", wanted=show(wanted)))
    return goal
