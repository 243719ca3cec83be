"""Metrics of one output of a network with several."""

from __future__ import annotations

from jax import Array

from ..declaration import declaration
from ..typing import Float, PyTree
from .metric import Metric, Wants
from .wrapped import WrappedMetric


@declaration
class OutputMetric(WrappedMetric):
    """A metric of one output, under the output's name: ``digit_accuracy``.

    ``compile(metrics={"digit": "accuracy"})`` makes it.

    Args:
        metric: The metric.
        output: The place of the output among the network's.
        target: The place of its targets among those that the network is trained with.
        name: The name of the output.

    Shapes: targets and predictions tuples of arrays.
    """

    metric: Metric
    output: int
    target: int
    name: str

    @property
    def wants(self) -> Wants:
        """The kind of values on which the metric is defined."""
        return self.metric.wants

    @property
    def label(self) -> str:
        """The name of the output and that of the metric."""
        return f"{self.name}_{self.metric.label}"

    def picked(self, target: PyTree, prediction: PyTree, within: PyTree) -> tuple[Metric, PyTree, PyTree, PyTree]:
        """Return the metric of the output, with its targets, predictions and weights of steps."""
        own = None if within is None else within[self.output]
        return self.metric, target[self.target], prediction[self.output], own

    def sums(self, target: PyTree, prediction: PyTree, weight: Float[Array, "batch"]) -> Float[Array, "sums"]:
        """Return what one batch adds to the metric of the output."""
        return self.metric.sums(target[self.target], prediction[self.output], weight)
