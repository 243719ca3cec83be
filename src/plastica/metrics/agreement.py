"""Measures of agreement between true and predicted classes that are fair for classes of different size."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ..declaration import declaration
from .counts import Counted, Counts
from .mean import ratio


class Agreement(Counted):
    """A measure for exclusive classes; for multi-label targets, the mean over the labels."""

    def agreement(self, counts: Counts) -> float:
        """Return the measure for exclusive classes."""
        raise NotImplementedError

    def figure(self, counts: Counts) -> float:
        """Return the measure for exclusive classes, or its mean over labels that are predicted separately."""
        if len(counts.hit) > 1 and self.threshold is None:
            return self.agreement(counts)
        labels = (
            Counts(counts.hit[own], counts.wanted[own], counts.answered[own], counts.total)
            for own in (slice(place, place + 1) for place in range(len(counts.hit)))
        )
        return float(np.mean([self.agreement(_both_sides(label)) for label in labels]))


@declaration
class BalancedAccuracy(Agreement):
    """The mean recall over the classes: the accuracy that would result if all classes had the same size.

    Args:
        threshold: Outputs above it mean yes, for each label separately. None: 0.5 for a single output; for several
            outputs, the class with the largest output is predicted.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Example:
        >>> BalancedAccuracy().compute([1, 0, 1, 1, 1], [0.9, 0.7, 0.8, 0.6, 0.9])  # recalls 1 and 0
        0.5
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
    """The correlation between true and predicted classes: 1 for perfect predictions, 0 at chance level.

    When to use: as a single fair measure for classes of very different size.

        (c s - sum_k p_k t_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2))

    with c correct rows out of s, t_k rows of class k and p_k rows predicted as class k. It is 0 if all rows belong to
    one class or all are predicted as one class.

    Args:
        threshold: Outputs above it mean yes, for each label separately. None: 0.5 for a single output; for several
            outputs, the class with the largest output is predicted.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Example:
        >>> round(MatthewsCorrelation().compute([1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1]), 4)
        0.5774

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
    """The agreement between true and predicted classes beyond chance: 1 for perfect predictions, 0 at chance level.

        (po - pe) / (1 - pe)

    with the fraction po of correct rows and the fraction pe = sum_k p_k t_k / s^2 that is expected by chance, for t_k
    rows of class k and p_k rows predicted as class k out of s.

    Args:
        threshold: Outputs above it mean yes, for each label separately. None: 0.5 for a single output; for several
            outputs, the class with the largest output is predicted.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Example:
        >>> CohenKappa().compute([1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1])  # po = 0.75, pe = 0.5
        0.5

    Reference:
        J. Cohen, 1960, A coefficient of agreement for nominal scales.
    """

    default_label: ClassVar[str] = "cohen_kappa"
    threshold: float | None = None
    name: str | None = None

    def agreement(self, counts: Counts) -> float:
        """Return kappa; NaN if chance alone gives perfect agreement."""
        hit, wanted, answered, total = counts
        chance = float(np.sum(wanted * answered))
        return ratio(float(np.sum(hit)) * float(total) - chance, float(total) ** 2 - chance)


def _both_sides(counts: Counts) -> Counts:
    """Return the counts of no and of yes, given those of yes."""
    hit, wanted, answered, total = counts
    return Counts(
        np.concatenate([total - wanted - answered + hit, hit]),
        np.concatenate([total - wanted, wanted]),
        np.concatenate([total - answered, answered]),
        total,
    )
