"""The wisdom of crowds: the error of the mean answer, and how far members differ."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import ShapeError


class CrowdError(NamedTuple):
    """The parts of the diversity theorem: ``crowd = average - diversity``.

    Attributes:
        crowd: The squared error of the mean answer.
        average: The mean squared error of the members.
        diversity: The mean squared difference of the members from the mean answer.
    """

    crowd: float
    average: float
    diversity: float


def diversity_theorem(answers: ArrayLike, truth: ArrayLike) -> CrowdError:
    """Return how much better the mean answer is than the members on average, and why.

    Use it for how much a society gains from members that differ. Errors are means over rows of sums over outputs.

    Equation: (c - y)^2 = mean_i (a_i - y)^2 - mean_i (a_i - c)^2, where c = mean_i a_i.

    Args:
        answers: The answers of the members, ``(members, rows, ...)``: probabilities or amounts.
        truth: The right answers, ``(rows, ...)``.

    Raises:
        ShapeError: If the shapes do not match.

    Example:
        >>> diversity_theorem([[1.0], [3.0]], [1.0])
        CrowdError(crowd=1.0, average=2.0, diversity=1.0)

    Reference:
        Krogh and Vedelsby 1995, Neural network ensembles, cross validation, and active learning; Page 2007,
        The difference (the diversity prediction theorem).
    """
    said, right = np.asarray(answers, np.float64), np.asarray(truth, np.float64)
    if said.ndim < 2 or said.shape[1:] != right.shape or not said.size:
        raise ShapeError(
            f"diversity_theorem: answers {said.shape} and truth {right.shape} do not fit; give (members, rows, ...) "
            "and (rows, ...)."
        )
    mean = said.mean(0)

    def error(apart: np.ndarray) -> float:
        return float((apart**2).sum() / (apart.size / right.size * len(right)))

    return CrowdError(error((mean - right)[None]), error(said - right), error(said - mean))


def agreement(decisions: ArrayLike) -> float:
    """Return the share of pairs of members that decide alike, averaged over rows: 1 if all agree.

    Args:
        decisions: The class that each member chooses, ``(members, rows)``.

    Raises:
        ShapeError: If there are not two axes, or fewer than two members.

    Example:
        >>> agreement([[0, 1], [0, 0], [0, 1]])
        0.6666666666666666
    """
    chosen = np.asarray(decisions)
    if chosen.ndim != 2 or len(chosen) < 2:
        raise ShapeError(f"agreement: decisions have the shape {chosen.shape}; give (members, rows), from two members.")
    count, same = len(chosen), 0.0
    for each in np.unique(chosen):
        agreeing = (chosen == each).sum(0)
        same += float((agreeing * (agreeing - 1)).mean())
    return same / (count * (count - 1))
