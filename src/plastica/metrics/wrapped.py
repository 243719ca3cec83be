"""The base class of metrics that compute another metric from changed targets or predictions."""

from __future__ import annotations

import numpy as np

from ..typing import Float
from .metric import Metric


class WrappedMetric(Metric):
    """Base class of metrics that wrap a metric: ``sums`` of a subclass determines the input of the inner metric.

    Attributes:
        metric: The inner metric.
    """

    metric: Metric

    @property
    def is_counted(self) -> bool:
        """That of the inner metric."""
        return self.metric.is_counted

    @property
    def label(self) -> str:
        """That of the inner metric."""
        return self.metric.label

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the metric from the sums."""
        return self.metric.result(sums)
