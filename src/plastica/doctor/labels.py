"""Findings of the labels: labels that are noise, and rows whose label is probably wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..checks.findings import Finding, observed, percent
from ..evaluation.inference import beyond_guess, guess_from
from ..evaluation.intervals import wilson
from ..typing import Float, Int
from .out_of_sample import OutOfSample
from .sources import ARPIT, NORTHCUTT, PERMUTATION
from .tasks import TaskRows

NEIGHBOURS = 10
PERMUTATIONS = 199
LEVEL = 0.01
FEWEST = 50
WRONG = 0.033  # of the rows; at least so many labels of ten well-known test sets are wrong on average (NORTHCUTT)
SKILLED = 0.4  # of the way from a guess to no error; below, errors of the networks are as likely as wrong labels
FEWEST_SUSPECTS, BY_HEART = 10, 0.5  # rows, and more of them predicted than not
NAMED = 5


def noisy_labels(learn: TaskRows, held_out: TaskRows) -> Iterator[Finding]:
    """Find targets that have nothing to do with the inputs.

    Two witnesses: the network is not better than a guess on unseen rows, and neighbours of a row have targets like its
    own no more often than after a permutation of the targets.
    """
    if len(held_out.x) < FEWEST or len(learn.x) < FEWEST or learn.task == "multilabel":
        return
    guess = guess_from(learn.task, learn.y, learn.classes)
    if beyond_guess(held_out.task, held_out.y, held_out.answers, guess).answer == "more":
        return
    found = permutation_value(learn)
    if found > LEVEL:
        yield observed(
            "noisy_labels",
            "serious",
            value=found,
            threshold=LEVEL,
            source=PERMUTATION,
            certainty="likely",
            remedy="",
            chance=f"{found:.2f}",
            permutations=PERMUTATIONS,
        )


def permutation_value(rows: TaskRows, seed: int = 0) -> float:
    """Return the p-value of a permutation test: do the ten nearest rows have a target like that of a row?

    Args:
        rows: The rows.
        seed: The seed of the permutations.
    """
    near, targets = _neighbours(rows), rows.indicators
    targets = (targets - targets.mean(0)) / np.where(targets.std(0) > 0, targets.std(0), 1.0)
    generator = np.random.default_rng(seed)

    def likeness(values: Float[np.ndarray, "rows outputs"]) -> float:
        return float((values * values[near].mean(1)).sum())

    own = likeness(targets)
    drawn = [likeness(targets[generator.permutation(len(targets))]) for _ in range(PERMUTATIONS)]
    return (1 + sum(each >= own for each in drawn)) / (PERMUTATIONS + 1)


def label_errors(found: OutOfSample) -> Iterator[Finding]:
    """Find labels that are probably wrong, from predictions by networks that were not trained on them.

    Among the third of the rows of which the networks are surest, a row counts if another class has at least the mean
    probability that rows with that label give it (confident learning). Classes that overlap have such rows as well, but
    far fewer the surer the networks are: the finding needs more than normal distributions with that accuracy have.

    Args:
        found: The predictions.
    """
    rows = found.rows
    if not rows.decides or len(rows.x) < FEWEST:
        return
    suspects = suspect_labels(rows)
    share = wilson(len(suspects.surest), suspects.third)
    if share.low is None or share.low <= WRONG or skill_of(rows) < SKILLED:
        return
    errors = len(suspects.surest)
    if binomial_tail(errors, errors + suspects.between, overlap_share(skill_of(rows))) > LEVEL:
        return
    named = [found.name(place) for place in suspects.places]
    yield observed(
        "label_errors",
        "warning",
        where=named[0],
        value=share.value,
        threshold=WRONG,
        source=NORTHCUTT,
        certainty="likely",
        remedy='x = np.delete(x, found.measures["suspects"]["rows"], axis=0)',
        share=percent(share.value),
        rows=len(named),
        numbers=", ".join(named[:NAMED]),
        limit=percent(WRONG),
        networks=found.networks,
    )


def memorized_labels(found: OutOfSample, learn: TaskRows) -> Iterator[Finding]:
    """Find that a network predicts suspect labels of training rows: it has learned them by heart.

    Args:
        found: Predictions by networks that were not trained on the rows.
        learn: The training rows with the predictions of the network itself.
    """
    own = {int(number): place for place, number in enumerate(learn.numbers)}
    numbers = [int(found.rows.numbers[place]) for place in suspect_labels(found.rows).places]
    places = [own[number] for number in numbers if number < found.learn and number in own]
    if len(places) < FEWEST_SUSPECTS:
        return
    agree = learn.predicted[places] == learn.y[places]
    share = wilson(int(agree.sum()), len(places))
    if share.low is not None and share.low > BY_HEART:
        yield observed(
            "memorized_labels",
            "warning",
            where=f"row {learn.numbers[places[int(agree.argmax())]]}",
            value=share.value,
            threshold=BY_HEART,
            source=ARPIT,
            certainty="likely",
            remedy="callbacks=[pl.EarlyStopping(restore_best_weights=True)]",
            share=percent(share.value),
            rows=len(places),
        )


class Suspects(NamedTuple):
    """Rows whose label is probably wrong.

    Attributes:
        places: Their places, those first whose label is the least probable next to the class predicted.
        surest: Those among the third of the rows of which the networks are surest.
        third: How many rows that third has.
        between: How many rows of the next third are predicted as another class than their label.
    """

    places: Int[np.ndarray, "suspects"]
    surest: Int[np.ndarray, "surest"]
    third: int
    between: int


def suspect_labels(rows: TaskRows) -> Suspects:
    """Return the rows off the diagonal of the confident joint (Northcutt, Jiang and Chuang 2021, equation 1).

    Args:
        rows: Rows with predictions by networks that were not trained on them.
    """
    shares, places = rows.answers, np.arange(len(rows.y))
    means = np.array(
        [shares[rows.y == each, each].mean() if (rows.y == each).any() else 1.0 for each in range(rows.classes)]
    )
    predicted, sure = rows.predicted, shares.max(1)
    low, high = np.quantile(sure, (1 / 3, 2 / 3))
    other = predicted != rows.y
    suspect = other & (sure >= means[predicted])
    margin = shares[places, rows.y] - sure
    order = np.argsort(margin, kind="stable")
    surest = sure >= high
    between = int((other & (sure >= low) & ~surest).sum())
    return Suspects(order[suspect[order]], np.flatnonzero(suspect & surest), int(surest.sum()), between)


def skill_of(rows: TaskRows) -> float:
    """Return how far the accuracy is on the way from that of the most frequent class to 1."""
    base = float(np.bincount(rows.y).max() / len(rows.y))
    return (rows.score - base) / (1 - base) if base < 1 else 0.0


def overlap_share(skill: float) -> float:
    """Return what share of the errors in the surest two thirds of the rows is in the surest third, if classes overlap.

    Of two normal distributions with equal spreads whose means are d apart, a row at the distance t from the middle is
    predicted wrongly with the frequency

        P(wrong, |x| > t) = Phi(-t - d/2),   P(|x| > t) = Phi(-t - d/2) + Phi(-t + d/2).

    Args:
        skill: The way from a guess to no error, which is 2 Phi(d/2) - 1 here.

    Example:
        >>> round(overlap_share(0.5), 2), round(overlap_share(0.8), 2)
        (0.28, 0.09)
    """
    from scipy.optimize import root_scalar
    from scipy.stats import norm

    half = float(norm.ppf((1 + min(max(skill, 0.01), 0.999)) / 2))

    def errors(share: float) -> float:
        def beyond(t: float) -> float:
            return float(norm.cdf(-t - half) + norm.cdf(-t + half)) - share

        end = root_scalar(beyond, bracket=(0.0, 20.0 + half)).root
        return float(norm.cdf(-end - half))

    return errors(1 / 3) / errors(2 / 3)


def binomial_tail(hits: int, count: int, share: float) -> float:
    """Return the probability of at least so many hits."""
    from scipy.stats import binom

    return float(binom.sf(hits - 1, count, share))


def _neighbours(rows: TaskRows) -> Int[np.ndarray, "rows neighbours"]:
    """Return the nearest rows of each row, in standardized inputs, without itself."""
    from sklearn.neighbors import NearestNeighbors

    flat = rows.flat
    found = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(flat) - 1)).fit(flat)
    return found.kneighbors(return_distance=False)
