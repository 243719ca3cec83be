"""Numbers of correct and wrong decisions, and the F-score with a weight for recall."""

from __future__ import annotations

from typing import ClassVar

import jax
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .counts import Averaged, Averaging, Counted, Counts, labels


class Condition(Counted):
    """A weighted number of outputs; all outputs are decided at a threshold and counted together, as in Keras."""

    thresholds: float | None

    @property
    def threshold(self) -> float | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The threshold, under the name that counted metrics use."""
        return self.thresholds

    @property
    def takes_largest(self) -> bool:
        """Each output is decided on its own."""
        return False

    def memberships(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> tuple[jax.Array, jax.Array]:
        """Return the true and the predicted yes or no of each output."""
        wanted = labels(self.label, target, prediction)
        answered = prediction > (0.5 if self.thresholds is None else self.thresholds)
        return wanted[..., None], answered[..., None]


@declaration
class TruePositives(Condition):
    """The number of outputs that are yes and predicted yes.

    Args:
        thresholds: Outputs above it mean yes; 0.5 by default. One number: a history holds one number a metric.
        name: The key in the history.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> TruePositives().compute([0, 1, 1, 1], [0.9, 0.8, 0.7, 0.2])
        2.0
    """

    default_label: ClassVar[str] = "true_positives"
    thresholds: float | None = None
    name: str | None = None

    def figure(self, counts: Counts) -> float:
        """Return the number."""
        return float(counts.hit[0])


@declaration
class TrueNegatives(Condition):
    """The number of outputs that are no and predicted no.

    Args:
        thresholds, name: As for :class:`TruePositives`.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "true_negatives"
    thresholds: float | None = None
    name: str | None = None

    def figure(self, counts: Counts) -> float:
        """Return the number."""
        return float(counts.total - counts.wanted[0] - counts.answered[0] + counts.hit[0])


@declaration
class FalsePositives(Condition):
    """The number of outputs that are no and predicted yes.

    Args:
        thresholds, name: As for :class:`TruePositives`.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "false_positives"
    thresholds: float | None = None
    name: str | None = None

    def figure(self, counts: Counts) -> float:
        """Return the number."""
        return float(counts.answered[0] - counts.hit[0])


@declaration
class FalseNegatives(Condition):
    """The number of outputs that are yes and predicted no.

    Args:
        thresholds, name: As for :class:`TruePositives`.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "false_negatives"
    thresholds: float | None = None
    name: str | None = None

    def figure(self, counts: Counts) -> float:
        """Return the number."""
        return float(counts.wanted[0] - counts.hit[0])


@declaration
class FBetaScore(Averaged):
    """The weighted harmonic mean of precision and recall, in which recall counts beta times as much.

        F = (1 + beta^2) P R / (beta^2 P + R)

    Args:
        average: The average over classes: ``"macro"``, ``"weighted"`` (by class size) or ``"micro"``. None means macro;
            Keras would return one number per class, which a history cannot show.
        beta: The weight of recall relative to precision; 1 is :class:`F1Score`.
        threshold: Outputs above it mean yes, for each label separately. None: 0.5 for a single output; for several
            outputs, the class with the largest output is predicted.
        name: The key in the history; Keras's by default.

    Shapes: predictions ``(batch, ..., outputs)``; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If ``average`` is unknown or ``beta`` is not above 0.

    Example:
        >>> round(FBetaScore(beta=2.0).compute([1, 0, 1, 1], [0.9, 0.7, 0.4, 0.3]), 4)  # P = 1/2, R = 1/3
        0.3571

    Reference:
        C. J. van Rijsbergen, 1979, Information retrieval, chapter 7.
    """

    default_label: ClassVar[str] = "fbeta_score"
    average: Averaging | None = None
    beta: float = 1.0
    threshold: float | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta > 0:
            raise InvalidValue(f"FBetaScore: beta={self.beta!r}; expected a number above 0.")

    def per_class(self, counts: Counts) -> np.ndarray:
        """Return each class's score; 0 if it is undefined."""
        above = (1 + self.beta**2) * counts.hit
        below = self.beta**2 * counts.wanted + counts.answered
        return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
