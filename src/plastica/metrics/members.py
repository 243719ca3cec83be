"""Metrics of an ensemble's mean prediction."""

from __future__ import annotations

from jax import Array

from ..declaration import declaration
from ..typing import Float, Num
from .metric import Metric, Wants
from .wrapped import WrappedMetric


@declaration
class MemberMetric(WrappedMetric):
    """A metric of the mean of the members' outputs, which is the prediction of an ensemble.

    Args:
        metric: The metric.

    Shapes: predictions ``(batch, members, ...)``, targets as for ``metric``.

    Example:
        >>> from plastica.metrics import MeanAbsoluteError
        >>> MemberMetric(MeanAbsoluteError()).compute([[1.0]], [[[0.0], [3.0]]])  # the mean prediction is 1.5
        0.5
    """

    metric: Metric

    @property
    def wants(self) -> Wants:
        """That of the inner metric."""
        return self.metric.wants

    @property
    def of_one(self) -> Metric:
        """The metric of a single member's prediction."""
        return self.metric

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the sums of one batch."""
        return self.metric.sums(target, prediction.mean(axis=1), weight)
