"""A task that needs memory: sequences, what to answer, and the scores of chance and of a perfect memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...errors import ShapeError
from ...typing import Float, Num


class MemoryTask(NamedTuple):
    """Sequences and what to answer.

    The targets are a number for each sequence, a class for each sequence or for each step, or, for each step, which of
    several symbols are possible next. Chance is the best answer from the current input alone, in tasks whose steps
    differ also from the number of the step; for numbers, it is the best constant.

    Attributes:
        name: The name of the task.
        x: Inputs.
        y: Targets: numbers ``(rows, 1)``, classes ``(rows,)`` or ``(rows, time)``, or 0 and 1 for each symbol,
            ``(rows, time, symbols)``.
        classes: The number of classes or symbols; 0 for a number.
        chance: The mean squared error, or the fraction of right answers, without memory.
        chance_loss: The loss without memory: mean squared error or cross-entropy, in nats.
        optimal: The score of a perfect memory; its loss is 0.
        solved: The score from which the task counts as solved.
        source: Where the task comes from.
        weights: The weight of each step, 0 where no answer is due; None if all count.
    """

    name: str
    x: Float[np.ndarray, "rows time features"]
    y: Num[np.ndarray, "rows *answers"]
    classes: int
    chance: float
    chance_loss: float
    optimal: float
    solved: float
    source: str
    weights: Float[np.ndarray, "rows time"] | None = None

    @property
    def at_every_step(self) -> bool:
        """Whether an answer is due at every step."""
        return self.classes > 0 and self.y.ndim > 1

    @property
    def has_several_answers(self) -> bool:
        """Whether several symbols may be right at a step, each of which is to be named."""
        return self.y.ndim == 3

    @property
    def loss(self) -> str:
        """The loss to train with."""
        if not self.classes:
            return "mse"
        return "binary_crossentropy" if self.has_several_answers else "sparse_categorical_crossentropy"

    def is_solved(self, score: float) -> bool:
        """Return whether a score, an error or a fraction of right answers, solves the task."""
        return score >= self.solved if self.classes else score <= self.solved

    def loss_of(self, answers: Num[np.ndarray, "rows *outputs"]) -> float:
        """Return the mean squared error, or the cross-entropy in nats, of answers as for :meth:`score`."""
        self._check(answers)
        if not self.classes:
            return float(((answers - self.y) ** 2).mean())
        share = np.clip(np.asarray(answers, np.float64), 1e-7, 1 - 1e-7)
        if self.has_several_answers:
            each = -(self.y * np.log(share) + (1 - self.y) * np.log(1 - share)).mean(-1)
        else:
            each = -np.log(np.take_along_axis(share, self.y[..., None], -1))[..., 0]
        return float(np.average(each, weights=self.weights))

    def score(self, answers: Num[np.ndarray, "rows *outputs"]) -> float:
        """Return the mean squared error, or the fraction of right answers.

        Where several symbols may be right, an answer is right if exactly those are above one half.

        Args:
            answers: Numbers ``(rows, 1)``, or probabilities ``(rows, classes)`` or ``(rows, time, classes)``.

        Raises:
            ShapeError: If answers have another shape.
        """
        self._check(answers)
        if not self.classes:
            return float(((answers - self.y) ** 2).mean())
        if self.has_several_answers:
            right = ((answers > 0.5) == (self.y > 0.5)).all(-1)
        else:
            right = answers.argmax(-1) == self.y
        return float(np.average(right, weights=self.weights))

    def _check(self, answers: Num[np.ndarray, "rows *outputs"]) -> None:
        wanted = self.y.shape if self.has_several_answers or not self.classes else (*self.y.shape, self.classes)
        if answers.shape != wanted:
            raise ShapeError(f"the task {self.name!r} has answers of shape {wanted}; got {answers.shape}.")
