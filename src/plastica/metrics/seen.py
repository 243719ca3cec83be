"""What a metric sees of a network's answers: what it is defined on, or nothing."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..activations import Activation, Sigmoid, Softmax
from ..declaration import declaration, replace
from ..errors import InvalidValue
from ..losses import Loss, LossMeaning
from .accuracy import Accuracy, BinaryAccuracy
from .auc import AUC
from .counts import Counted
from .mean import LossMetric
from .members import MemberMetric
from .metric import Metric


@declaration
class Activated(Metric):
    """Any metric, of what an activation makes of the network's answers.

    For metrics of probabilities where the network answers with potentials (logits).

    Args:
        metric: The metric.
        activation: What turns answers into probabilities.

    Shapes: predictions ``(batch, ...)``, targets as ``metric`` takes them.
    """

    metric: Metric
    activation: Activation

    @property
    def label(self) -> str:
        """The metric's own."""
        return self.metric.label

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return what one batch adds."""
        return self.metric.sums(target, self.activation(prediction), weight)

    def result(self, sums: np.ndarray) -> float:
        """Return the figure."""
        return self.metric.result(sums)


def seen(metric: Metric, loss: Loss, activation: Activation | None) -> Metric:
    """Return a metric as it suits what the network's answers mean.

    Args:
        metric: The metric.
        loss: What is trained on; it declares what the answers mean.
        activation: The network's last activation, None where it is not known.

    Raises:
        InvalidValue: When the metric is not defined on such answers.
    """
    meaning = loss.meaning
    if isinstance(metric, LossMetric) and metric.loss.meaning == meaning:
        return metric
    if meaning.targets == "pairs" and metric.wants not in ("activities", "targets"):
        raise InvalidValue(
            f'metric "{metric.label}": under {type(loss).__name__} each output decides between two classes, and the '
            "metric is of one output a class. Leave it out."
        )
    if metric.wants == "decisions":
        return _deciding(metric, meaning, activation)
    if metric.wants == "probabilities":
        return _of_probabilities(metric, loss, activation)
    if metric.wants == "targets" and meaning.outputs == "potentials":
        return _potential(metric, meaning)  # targets of 0 and 1 are compared with probabilities
    return metric


def by_label(metric: Metric) -> Metric:
    """Let each label be decided by itself, where the metric would else take the largest output alone."""
    if isinstance(metric, Activated | MemberMetric):
        return replace(metric, metric=by_label(metric.metric))
    if isinstance(metric, Accuracy):
        return BinaryAccuracy(name=metric.label)
    undecided = isinstance(metric, Counted) and metric.threshold is None and metric.takes_largest
    return replace(metric, threshold=0.5) if undecided else metric


def _deciding(metric: Metric, meaning: LossMeaning, activation: Activation | None) -> Metric:
    threshold = getattr(metric, "threshold", None)
    if threshold is not None and not 0 < threshold < 1:
        return metric  # only potentials or margins can be meant
    if meaning.outputs == "potentials":
        return _potential(metric, meaning)
    if meaning.outputs == "margins" and meaning.targets == "labels":
        return _potential(metric, meaning)  # the sigmoid is one half where the sign turns
    if isinstance(metric, AUC) and meaning.outputs != "probabilities" and not _reaches_shares_only(activation):
        return replace(metric, from_logits=True)  # it ranks, which any rising function leaves as it is
    return metric


def _of_probabilities(metric: Metric, loss: Loss, activation: Activation | None) -> Metric:
    meaning = loss.meaning
    if meaning.outputs == "potentials":
        return _potential(metric, meaning)
    if meaning.outputs == "probabilities" or (meaning.outputs == "values" and _reaches_shares_only(activation)):
        return metric
    what = "margins, not probabilities" if meaning.outputs == "margins" else "numbers, not probabilities"
    raise InvalidValue(
        f'metric "{metric.label}" is defined on probabilities, and under {type(loss).__name__} this network answers '
        f'{what}. End it in activation="sigmoid" (or "softmax") under a cross-entropy, or leave the metric out.'
    )


def _potential(metric: Metric, meaning: LossMeaning) -> Metric:
    if isinstance(metric, AUC) and meaning.targets in ("labels", "pairs"):
        return replace(metric, from_logits=True)
    exclusive = meaning.targets in ("classes", "class_numbers") and meaning.outputs == "potentials"
    made: Any = Softmax() if exclusive else Sigmoid()
    return Activated(metric, made)


def _reaches_shares_only(activation: Activation | None) -> bool:
    low, high = (-np.inf, np.inf) if activation is None else activation.output_range
    return low >= 0 and high <= 1
