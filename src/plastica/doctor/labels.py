"""Findings of the labels: labels that are noise, and rows whose label is probably wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..checks.findings import Finding, observed, percent
from ..evaluation.inference import beyond_guess, guess_from
from ..evaluation.intervals import wilson
from ..typing import Float, Int
from .sources import NORTHCUTT, PERMUTATION
from .tasks import TaskRows

NEIGHBOURS = 10
PERMUTATIONS = 199
LEVEL = 0.01
FEWEST = 50
WRONG = 0.033  # of the rows; so many labels of ten well-known test sets are wrong on average (Northcutt et al. 2021)
SUREST = 0.8  # the quantile from which on classes that overlap hardly do
EVERYWHERE = 0.5
AGREE = 0.6  # of the neighbours, for another class than the label
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


def label_errors(held_out: TaskRows, learn: TaskRows) -> Iterator[Finding]:
    """Find rows whose label is probably wrong: the network is sure of another class, and so are the neighbours.

    A row counts if another class has at least the mean probability that rows with that label give it (confident
    learning), it is among the fifth of the rows of which the network is surest, so that classes that overlap do not
    count, and most of its neighbours among the training rows have that class.

    Args:
        held_out: Rows that the network was not trained on.
        learn: Training rows.
    """
    if not learn.decides or len(held_out.x) < FEWEST or len(learn.x) < FEWEST:
        return
    ours, theirs = suspicious(held_out, learn), suspicious(learn, learn)
    wrong, more = ours.wrong, theirs.wrong
    found = wilson(len(wrong) + len(more), ours.surest + theirs.surest)
    between = (ours.between + theirs.between) / max(ours.middle + theirs.middle, 1)
    # Wrong labels are everywhere; where classes overlap, there are far fewer the surer the network is.
    if found.low is None or found.low <= WRONG or found.value < EVERYWHERE * between:
        return
    rows = [
        *(f"validation row {held_out.numbers[each]}" for each in wrong),
        *(f"row {learn.numbers[each]}" for each in more),
    ]
    yield observed(
        "label_errors",
        "warning",
        where=rows[0],
        value=found.value,
        threshold=WRONG,
        source=NORTHCUTT,
        certainty="likely",
        remedy="loss=pl.losses.CategoricalGeneralizedCrossEntropy()",
        share=percent(found.value),
        rows=len(rows),
        numbers=", ".join(rows[:NAMED]),
        limit=percent(WRONG),
    )


class Suspicious(NamedTuple):
    """Rows with a label that is probably wrong.

    Attributes:
        wrong: Their places, among the rows of which the network is surest.
        surest: How many those are.
        between: How many there are among the fifth of the rows of which the network is neither sure nor unsure.
        middle: How many those are.
    """

    wrong: Int[np.ndarray, "wrong"]
    surest: int
    between: int
    middle: int


def suspicious(rows: TaskRows, learn: TaskRows) -> Suspicious:
    """Return the rows with a label that is probably wrong."""
    shares, places = rows.answers, np.arange(len(rows.y))
    means = np.array(
        [shares[rows.y == each, each].mean() if (rows.y == each).any() else 1.0 for each in range(rows.classes)]
    )
    predicted, sure = rows.predicted, shares.max(1)
    surest = sure >= np.quantile(sure, SUREST)
    other = (predicted != rows.y) & (shares[places, predicted] >= means[predicted])
    near = _neighbours(learn, None if rows is learn else rows)
    agree = (learn.y[near] == predicted[:, None]).mean(1)
    low, high = np.quantile(sure, (0.4, 0.6))
    middle, wrong = (sure >= low) & (sure <= high), other & (agree >= AGREE)
    return Suspicious(np.flatnonzero(wrong & surest), int(surest.sum()), int((wrong & middle).sum()), int(middle.sum()))


def _neighbours(rows: TaskRows, of: TaskRows | None = None) -> Int[np.ndarray, "rows neighbours"]:
    """Return the nearest rows of each row, in standardized inputs; without itself if they are the same rows."""
    from sklearn.neighbors import NearestNeighbors

    flat = rows.x.reshape(len(rows.x), -1).astype(np.float64)
    middle, spread = flat.mean(0), np.where(flat.std(0) > 0, flat.std(0), 1.0)
    found = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(flat) - 1)).fit((flat - middle) / spread)
    if of is None:
        return found.kneighbors(return_distance=False)
    return found.kneighbors((of.x.reshape(len(of.x), -1) - middle) / spread, return_distance=False)
