"""One rate at the thresholds where another is high enough: recall at a precision, sensitivity at a specificity."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num
from .counts import labels
from .mean import Named
from .metric import Wants


class Rates(NamedTuple):
    """Rates at each threshold, ascending; 0 where a rate is undefined."""

    sensitivity: np.ndarray
    specificity: np.ndarray
    precision: np.ndarray


class OperatingPoint(Named):
    """The best value of one rate among the thresholds at which another is at least as asked.

    Its sums are two histograms of predictions, of rows that are no and rows that are yes, ``(2 * num_thresholds,)``.
    The thresholds are evenly spaced from 0 to 1, as in Keras.
    """

    defined_on: ClassVar[Wants] = "probabilities"
    counts: ClassVar[bool] = True
    num_thresholds: int
    class_id: int | None

    @property
    def asked(self) -> float:
        """The lower bound of the other rate."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        owner = type(self).__name__
        if not 0 <= self.asked <= 1:
            raise InvalidValue(f"{owner}({self.asked!r}): expected a rate from 0 to 1.")
        if self.num_thresholds < 2:
            raise InvalidValue(f"{owner}: num_thresholds={self.num_thresholds}; expected a whole number of at least 2.")

    def rates_of(self, rates: Rates) -> tuple[np.ndarray, np.ndarray]:
        """Return the constrained rate and the maximized one."""
        raise NotImplementedError

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the two histograms."""
        wanted = labels(self.label, target, prediction)
        if self.class_id is not None:
            wanted, prediction = wanted[..., self.class_id], prediction[..., self.class_id]
        # A prediction in bin k is above k thresholds, 0 to (k - 1) / (n - 1).
        place = jnp.ceil(prediction * (self.num_thresholds - 1))
        place = jnp.clip(place, 0, self.num_thresholds - 1).astype(jnp.int32) + wanted * self.num_thresholds
        rows = jnp.broadcast_to(weight.reshape(-1, *[1] * (prediction.ndim - 1)), prediction.shape)
        empty = jnp.zeros(2 * self.num_thresholds, prediction.dtype)
        return empty.at[place.reshape(-1)].add(rows.reshape(-1).astype(prediction.dtype), mode="promise_in_bounds")

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the best value; 0 if no threshold is good enough."""
        no, yes = np.asarray(sums, np.float64).reshape(2, -1)
        if not (no.any() or yes.any()):
            return float("nan")
        false, true = (np.append(np.cumsum(each[:0:-1])[::-1], 0.0) for each in (no, yes))
        rates = Rates(_share(true, yes.sum()), _share(no.sum() - false, no.sum()), _share(true, true + false))
        given, wanted = self.rates_of(rates)
        return float(np.max(np.where(given >= self.asked, wanted, 0.0)))


@declaration
class SensitivityAtSpecificity(OperatingPoint):
    """The highest sensitivity (recall) among the thresholds at which the specificity is at least as asked.

    Args:
        specificity: The required specificity.
        num_thresholds: The number of thresholds; 200, as in Keras.
        class_id: The class whose output is evaluated; None pools all outputs.
        name: The key in the history.

    Shapes: predictions ``(batch, ..., outputs)`` in [0, 1]; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If a rate is outside [0, 1] or there are fewer than 2 thresholds.

    Example:
        >>> SensitivityAtSpecificity(0.5).compute([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    default_label: ClassVar[str] = "sensitivity_at_specificity"
    specificity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None

    @property
    def asked(self) -> float:
        """The specificity."""
        return self.specificity

    def rates_of(self, rates: Rates) -> tuple[np.ndarray, np.ndarray]:
        """Return the specificity and the sensitivity."""
        return rates.specificity, rates.sensitivity


@declaration
class SpecificityAtSensitivity(OperatingPoint):
    """The highest specificity among the thresholds at which the sensitivity (recall) is at least as asked.

    Args:
        sensitivity: The required sensitivity.
        num_thresholds, class_id, name: As for :class:`SensitivityAtSpecificity`.

    Shapes: predictions ``(batch, ..., outputs)`` in [0, 1]; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If a rate is outside [0, 1] or there are fewer than 2 thresholds.
    """

    default_label: ClassVar[str] = "specificity_at_sensitivity"
    sensitivity: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None

    @property
    def asked(self) -> float:
        """The sensitivity."""
        return self.sensitivity

    def rates_of(self, rates: Rates) -> tuple[np.ndarray, np.ndarray]:
        """Return the sensitivity and the specificity."""
        return rates.sensitivity, rates.specificity


@declaration
class PrecisionAtRecall(OperatingPoint):
    """The highest precision among the thresholds at which the recall is at least as asked.

    Args:
        recall: The required recall.
        num_thresholds, class_id, name: As for :class:`SensitivityAtSpecificity`.

    Shapes: predictions ``(batch, ..., outputs)`` in [0, 1]; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If a rate is outside [0, 1] or there are fewer than 2 thresholds.

    Example:
        >>> PrecisionAtRecall(0.5).compute([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    default_label: ClassVar[str] = "precision_at_recall"
    recall: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None

    @property
    def asked(self) -> float:
        """The recall."""
        return self.recall

    def rates_of(self, rates: Rates) -> tuple[np.ndarray, np.ndarray]:
        """Return the recall and the precision."""
        return rates.sensitivity, rates.precision


@declaration
class RecallAtPrecision(OperatingPoint):
    """The highest recall among the thresholds at which the precision is at least as asked.

    Args:
        precision: The required precision.
        num_thresholds, class_id, name: As for :class:`SensitivityAtSpecificity`.

    Shapes: predictions ``(batch, ..., outputs)`` in [0, 1]; targets the same, or ``(batch, ...)`` class indices.

    Raises:
        InvalidValue: If a rate is outside [0, 1] or there are fewer than 2 thresholds.

    Example:
        >>> RecallAtPrecision(0.8).compute([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        0.5
    """

    default_label: ClassVar[str] = "recall_at_precision"
    precision: float
    num_thresholds: int = 200
    class_id: int | None = None
    name: str | None = None

    @property
    def asked(self) -> float:
        """The precision."""
        return self.precision

    def rates_of(self, rates: Rates) -> tuple[np.ndarray, np.ndarray]:
        """Return the precision and the recall."""
        return rates.precision, rates.sensitivity


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=np.asarray(whole) > 0)
