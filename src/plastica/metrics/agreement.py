"""Figures of how far wanted and answered classes agree, fair where classes differ in size."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..declaration import declaration
from .counts import Counted, Counts
from .mean import ratio


class Agreement(Counted):
    """A figure of classes that exclude each other; of several labels it is the mean of each label's own figure."""

    def agreement(self, counts: Counts) -> float:
        """Return the figure of classes of which each row has one and is answered one."""
        raise NotImplementedError

    def figure(self, counts: Counts) -> float:
        """Return the figure of the classes, or the mean over labels that are decided each by itself."""
        if len(counts.hit) > 1 and self.threshold is None:
            return self.agreement(counts)
        labels = (
            Counts(counts.hit[own], counts.wanted[own], counts.answered[own], counts.total)
            for own in (slice(place, place + 1) for place in range(len(counts.hit)))
        )
        return float(np.mean([self.agreement(_both_sides(label)) for label in labels]))


@declaration
class BalancedAccuracy(Agreement):
    """The mean of the classes' recalls: accuracy as if all classes were of one size.

    Args:
        threshold: Above it an output means yes, each label by itself. None: 0.5 for one output, and for
            several the largest output's class.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.
    """

    default_label: ClassVar[str] = "balanced_accuracy"
    threshold: float | None = None
    name: str | None = None

    def agreement(self, counts: Counts) -> float:
        """Return the mean recall of the classes that occur."""
        occurs = counts.wanted > 0
        return float(np.mean(counts.hit[occurs] / counts.wanted[occurs])) if occurs.any() else float("nan")


@declaration
class MatthewsCorrelation(Agreement):
    """The correlation between wanted and answered classes: 1 perfect, 0 as by chance.

    One fair figure where classes differ much in size.

        (c s - sum_k p_k t_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2))

    with c right rows of s, t_k rows of class k and p_k answered so; 0 where all rows are or are answered one
    class.

    Args:
        threshold: Above it an output means yes, each label by itself. None: 0.5 for one output, and for
            several the largest output's class.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.

    Reference:
        J. Gorodkin, 2004, Comparing two K-category assignments by a K-category correlation coefficient.
    """

    default_label: ClassVar[str] = "matthews_correlation"
    threshold: float | None = None
    name: str | None = None

    def agreement(self, counts: Counts) -> float:
        """Return the correlation."""
        hit, wanted, answered, total = counts
        above = np.sum(hit) * total - np.sum(answered * wanted)
        below = (total**2 - np.sum(answered**2)) * (total**2 - np.sum(wanted**2))
        return float(above / np.sqrt(below)) if below > 0 else 0.0


@declaration
class CohenKappa(Agreement):
    """How far wanted and answered classes agree beyond chance: 1 perfect, 0 as by chance.

        (po - pe) / (1 - pe),   po the share of right rows, pe = sum_k p_k t_k / s^2 that expected by chance

    Args:
        threshold: Above it an output means yes, each label by itself. None: 0.5 for one output, and for
            several the largest output's class.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets alike, or ``(batch, ...)`` class numbers.

    Reference:
        J. Cohen, 1960, A coefficient of agreement for nominal scales.
    """

    default_label: ClassVar[str] = "cohen_kappa"
    threshold: float | None = None
    name: str | None = None

    def agreement(self, counts: Counts) -> float:
        """Return kappa; NaN where chance alone agrees always."""
        hit, wanted, answered, total = counts
        chance = float(np.sum(wanted * answered))
        return ratio(float(np.sum(hit)) * float(total) - chance, float(total) ** 2 - chance)


def _both_sides(counts: Counts) -> Counts:
    """Return the counts of no and yes where only yes was counted."""
    hit, wanted, answered, total = counts
    return Counts(
        np.concatenate([total - wanted - answered + hit, hit]),
        np.concatenate([total - wanted, wanted]),
        np.concatenate([total - answered, answered]),
        total,
    )
