"""Figures of a packed ensemble: of the mean of its members' answers."""

from __future__ import annotations

import jax
import numpy as np

from ..declaration import declaration
from .metric import Metric, Wants


@declaration
class MemberMetric(Metric):
    """Any metric, of the mean of the members' activities: what the ensemble as a whole answers.

    Args:
        metric: The metric of one answer.

    Shapes: predictions ``(batch, members, ...)``, targets as ``metric`` takes them.
    """

    metric: Metric

    @property
    def wants(self) -> Wants:
        """The metric's own."""
        return self.metric.wants

    @property
    def label(self) -> str:
        """The metric's own."""
        return self.metric.label

    @property
    def of_one(self) -> Metric:
        """The metric of one member's answer."""
        return self.metric

    @property
    def is_counted(self) -> bool:
        """The metric's own."""
        return self.metric.is_counted

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return what one batch adds."""
        return self.metric.sums(target, prediction.mean(axis=1), weight)

    def result(self, sums: np.ndarray) -> float:
        """Return the figure."""
        return self.metric.result(sums)
