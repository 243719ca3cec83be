"""Whether answers tell more than a guess that looks at no column, as far as the held-out rows show."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from .class_scores import surprise_of
from .intervals import Figure

Answer = Literal["more", "no_more", "unclear"]
NOTEWORTHY = 0.1  # of the guess's loss: where the rows leave open that so much of it is gone, they are too few to tell
FEWEST = 8  # rows; below, even answers that are all right may be luck
RANK_LEVEL = 0.995  # of the second test, so that both together are rarely fooled


class Guess(NamedTuple):
    """What is answered without looking at any column: the training rows' shares, or their mean and median.

    Attributes:
        shares: Of the classes or labels, ``(classes,)``; empty for numbers.
        means, medians, scales: Of the targets, ``(targets,)``; empty for classes.
    """

    shares: np.ndarray
    means: np.ndarray
    medians: np.ndarray
    scales: np.ndarray


class BeyondGuess(NamedTuple):
    """What the rows say of answers beside a guess.

    Attributes:
        answer: "more" than a guess by more than chance; "no_more", as far as matters; or "unclear" on so few rows.
        measure: "log_loss", or "r2" with the training rows' mean as the guess.
        difference: By how much it is above the guess's, row by row, with its 95 % interval.
    """

    answer: Answer
    measure: str
    difference: Figure


def guess_from(task: str, y: np.ndarray, classes: int) -> Guess:
    """Return the guess that training rows suggest.

    Every share has one row more (Laplace's rule), so that no class is impossible.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: Of the training rows: class numbers, labels of 0 and 1, or numbers in the targets' units.
        classes: How many classes or labels there are; 0 for numbers.
    """
    none = np.zeros(0)
    if task == "regression":
        numbers = y.reshape(len(y), -1).astype(np.float64)
        spread = numbers.std(0)
        return Guess(none, numbers.mean(0), np.median(numbers, axis=0), np.where(spread > 0, spread, 1.0))
    if task == "multilabel":
        return Guess((y.sum(0) + 1) / (len(y) + 2), none, none, none)
    return Guess((np.bincount(y, minlength=classes) + 1) / (len(y) + classes), none, none, none)


def beyond_guess(task: str, y: np.ndarray, answers: np.ndarray, guess: Guess) -> BeyondGuess:
    """Compare answers with the guess, row by row.

    Classes and labels by their log loss, which uses the whole of a probability where accuracy uses one bit of it, and
    where that leaves it open by their ranks (a permutation test, of two classes the Mann-Whitney test), which need no
    probability to be right. Numbers by their squared errors beside the mean, or their absolute ones beside the median.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        y: Of the held-out rows, as for :func:`guess_from`.
        answers: Shares of classes or labels ``(rows, classes)``, or numbers like ``y``.
        guess: What is to be beaten.
    """
    if task == "regression":
        return _of_numbers(y.reshape(len(y), -1), answers.reshape(len(y), -1), guess)
    if task == "multilabel":
        own, its, truth = _surprises(y, answers), _surprises(y, np.broadcast_to(guess.shares, answers.shape)), y
    else:
        own, its = surprise_of(y, answers), -np.log(guess.shares)[y]
        truth = y[:, None] == np.arange(answers.shape[1])
    gap = paired(own - its)
    answer = _answer(own - its, float(its.mean()))
    if answer != "more" and len(y) >= FEWEST and _ranks_tell(answers, truth.astype(np.float64)):
        answer = "more"
    return BeyondGuess(answer, "log_loss", gap)


def paired(gaps: np.ndarray) -> Figure:
    """Return the mean of paired differences with Student's 95 % interval, which holds for few rows too."""
    from scipy.stats import t

    value = float(gaps.mean())
    if len(gaps) < 2:
        return Figure(value)
    half = float(t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps)))
    return Figure(value, value - half, value + half)


def _answer(gaps: np.ndarray, whole: float) -> Answer:
    """Say what losses less the guess's show, where the guess's mean loss is ``whole``."""
    found = paired(gaps)
    if len(gaps) < FEWEST or found.low is None or found.high is None or whole <= 0:
        return "unclear"
    if found.high < 0:
        return "more"
    return "unclear" if -found.low > NOTEWORTHY * whole else "no_more"


def _of_numbers(y: np.ndarray, answers: np.ndarray, guess: Guess) -> BeyondGuess:
    own, its = (y - answers) / guess.scales, (y - guess.means) / guess.scales
    near = np.abs((y - guess.medians) / guess.scales).mean(1)
    squares, whole = (own**2).mean(1) - (its**2).mean(1), float((its**2).mean())
    found = [_answer(squares, whole), _answer(np.abs(own).mean(1) - near, float(near.mean()))]
    answer: Answer = "more" if "more" in found else "unclear" if "unclear" in found else "no_more"
    gap = paired(squares / whole if whole > 0 else squares)
    bounds = (None, None) if gap.low is None or gap.high is None else (-gap.high, -gap.low)
    return BeyondGuess(answer, "r2", Figure(-gap.value, *bounds))


def _surprises(y: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Each row's log loss, the mean over its labels."""
    given = np.where(y > 0.5, shares, 1 - shares)
    return -np.log(np.maximum(given, np.finfo(np.float64).eps)).mean(1)


def _ranks_tell(answers: np.ndarray, truth: np.ndarray) -> bool:
    """Whether classes stand higher where they are true than rows in random order would have them.

    The sum over classes of the ranks of their rows has, over all orders of the rows, a mean and a variance in closed
    form (W. Hoeffding (1951), A combinatorial central limit theorem, theorem 1).
    """
    from scipy.stats import norm, rankdata

    ranks = rankdata(answers, axis=0)
    ranks, truth = ranks - ranks.mean(0), truth - truth.mean(0)
    variance = float(((ranks.T @ ranks) * (truth.T @ truth)).sum()) / (len(ranks) - 1)
    return variance > 0 and bool((ranks * truth).sum() > norm.ppf(RANK_LEVEL) * np.sqrt(variance))
