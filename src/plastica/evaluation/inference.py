"""Whether predictions are better than a guess without any column, by tests on the test set."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from ..data.ranks import ranks as ranks_of
from ..typing import Float, Num
from .class_scores import surprise_of
from .intervals import Figure
from .significance import normal_quantile, student_quantile

Answer = Literal["more", "no_more", "unclear"]
NOTEWORTHY = 0.1  # of the loss of the guess; "unclear" if the interval includes such an improvement
FEWEST = 8  # rows; with fewer, even correct predictions for all may be chance
RANK_LEVEL = 0.995  # level of the second test, so that both together are rarely wrong


class Guess(NamedTuple):
    """A prediction without any column: the class frequencies of the training set, or its mean and median.

    Attributes:
        shares: The frequencies of the classes or labels, ``(classes,)``; empty for numbers.
        means, medians, scales: Statistics of the targets, ``(targets,)``; empty for classes.
    """

    shares: np.ndarray
    means: np.ndarray
    medians: np.ndarray
    scales: np.ndarray


class BeyondGuess(NamedTuple):
    """The comparison of predictions with a guess.

    Attributes:
        answer: "more" if significantly better than the guess; "no_more" if not better by a relevant amount; "unclear"
            if there are too few rows.
        measure: "log_loss", or "r2" with the mean of the training set as the guess.
        difference: The difference to the guess, paired by rows, with its 95 % interval.
    """

    answer: Answer
    measure: str
    difference: Figure


def guess_from(task: str, y: Num[np.ndarray, "rows *outputs"], classes: int) -> Guess:
    """Return the guess for a training set.

    One row is added to each class (Laplace's rule), so that no class has probability 0.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: Of the training rows: class indices, labels of 0 and 1, or numbers in the units of the targets.
        classes: The number of classes or labels; 0 for regression.
    """
    none = np.zeros(0)
    if task == "regression":
        numbers = y.reshape(len(y), -1).astype(np.float64)
        spread = numbers.std(0)
        return Guess(none, numbers.mean(0), np.median(numbers, axis=0), np.where(spread > 0, spread, 1.0))
    if task == "multilabel":
        return Guess((y.sum(0) + 1) / (len(y) + 2), none, none, none)
    return Guess((np.bincount(y, minlength=classes) + 1) / (len(y) + classes), none, none, none)


def beyond_guess(
    task: str, y: Num[np.ndarray, "rows *outputs"], answers: Float[np.ndarray, "rows *classes"], guess: Guess
) -> BeyondGuess:
    """Compare predictions with the guess, paired by rows.

    Classes and labels are compared by log loss, which uses the whole probability whereas accuracy uses one bit of it.
    If this is undecided, they are compared by ranks (a permutation test, for two classes the Mann-Whitney test), which
    does not require calibrated probabilities. Numbers are compared by squared error with the mean, or by absolute error
    with the median.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: Of the test rows, as for :func:`guess_from`.
        answers: Probabilities of classes or labels ``(rows, classes)``, or numbers like ``y``.
        guess: The guess.
    """
    if task == "regression":
        return _of_numbers(y.reshape(len(y), -1), answers.reshape(len(y), -1), guess)
    if task == "multilabel":
        own, its = _surprises(y, answers), _surprises(y, np.broadcast_to(guess.shares, answers.shape))
        truth = y.astype(np.float64)
    else:
        own, its = surprise_of(y, answers), -np.log(guess.shares)[y]
        truth = np.asarray(y[:, None] == np.arange(answers.shape[1]), np.float64)
    gap = paired(own - its)
    answer = _answer(own - its, float(its.mean()))
    if answer != "more" and len(y) >= FEWEST and _ranks_tell(answers, truth):
        answer = "more"
    return BeyondGuess(answer, "log_loss", gap)


def paired(gaps: Num[np.ndarray, "rows"]) -> Figure:
    """Return the mean of paired differences with Student's 95 % interval, which is also valid for few rows."""
    value = float(gaps.mean())
    if len(gaps) < 2:
        return Figure(value)
    half = float(student_quantile(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps)))
    return Figure(value, value - half, value + half)


def _answer(gaps: Num[np.ndarray, "rows"], whole: float) -> Answer:
    """Return the answer for paired differences of losses, given the mean loss ``whole`` of the guess."""
    found = paired(gaps)
    if len(gaps) < FEWEST or found.low is None or found.high is None or whole <= 0:
        return "unclear"
    if found.high < 0:
        return "more"
    return "unclear" if -found.low > NOTEWORTHY * whole else "no_more"


def _of_numbers(
    y: Float[np.ndarray, "rows outputs"], answers: Float[np.ndarray, "rows outputs"], guess: Guess
) -> BeyondGuess:
    own, its = (y - answers) / guess.scales, (y - guess.means) / guess.scales
    near = np.abs((y - guess.medians) / guess.scales).mean(1)
    squares, whole = (own**2).mean(1) - (its**2).mean(1), float((its**2).mean())
    found = [_answer(squares, whole), _answer(np.abs(own).mean(1) - near, float(near.mean()))]
    answer: Answer = "more" if "more" in found else "unclear" if "unclear" in found else "no_more"
    gap = paired(squares / whole if whole > 0 else squares)
    bounds = (None, None) if gap.low is None or gap.high is None else (-gap.high, -gap.low)
    return BeyondGuess(answer, "r2", Figure(-gap.value, *bounds))


def _surprises(
    y: Num[np.ndarray, "rows classes"], shares: Float[np.ndarray, "rows classes"]
) -> Float[np.ndarray, "rows"]:
    """Return the log loss of each row, averaged over its labels."""
    given = np.where(y > 0.5, shares, 1 - shares)
    return -np.log(np.maximum(given, np.finfo(np.float64).eps)).mean(1)


def _ranks_tell(answers: Float[np.ndarray, "rows outputs"], truth: Num[np.ndarray, "rows outputs"]) -> bool:
    """Return whether true classes have higher ranks than rows in random order would give them.

    The sum over classes of the ranks of their rows has, over all permutations of the rows, a mean and a variance in
    closed form (W. Hoeffding (1951), A combinatorial central limit theorem, theorem 1).
    """
    ranks = ranks_of(answers)
    ranks, truth = ranks - ranks.mean(0), truth - truth.mean(0)
    variance = float(((ranks.T @ ranks) * (truth.T @ truth)).sum()) / (len(ranks) - 1)
    return variance > 0 and bool((ranks * truth).sum() > normal_quantile(RANK_LEVEL) * np.sqrt(variance))
