"""Convert the outputs of a network to what a metric is defined on."""

from __future__ import annotations

import numpy as np
from jax import Array

from ..activations import Activation, Sigmoid, Softmax
from ..declaration import declaration, replace
from ..errors import InvalidValue, caution
from ..losses import BinaryCrossentropy, CustomLoss, Loss, LossMeaning, name_of
from ..typing import Float, Num
from .accuracy import Accuracy, BinaryAccuracy
from .auc import AUC
from .counts import Counted
from .custom import LossMetric
from .mean import LogLoss
from .members import MemberMetric
from .metric import Metric
from .wrapped import WrappedMetric


@declaration
class Activated(WrappedMetric):
    """A metric of outputs to which an activation is applied first.

    When to use: for metrics of probabilities if the network outputs logits.

    Args:
        metric: The metric.
        activation: The activation that converts outputs to probabilities.

    Shapes: predictions ``(batch, ...)``, targets as for ``metric``.

    Example:
        >>> Activated(BinaryAccuracy(), Sigmoid()).compute([1, 0], [2.0, 0.1])  # probabilities 0.88 and 0.52
        0.5
    """

    metric: Metric
    activation: Activation

    @property
    def of_one(self) -> Metric:
        """The metric of a single member's prediction, for a metric of several members."""
        inner = self.metric.of_one
        return self if inner is self.metric else replace(self, metric=inner)

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the sums of one batch."""
        return self.metric.sums(target, self.activation(prediction), weight)


def seen(metric: Metric, loss: Loss, activation: Activation | None, output_shape: tuple[int, ...]) -> Metric:
    """Return a metric adapted to the outputs of a network.

    Metrics that compare values with targets receive probabilities under a loss of logits as well, since the targets are
    on that scale. Custom functions and metrics receive the outputs unchanged.

    Args:
        metric: The metric.
        loss: The training loss, which defines the meaning of the outputs.
        activation: The network's last activation; None if unknown.
        output_shape: The shape of one output, without the batch axis.

    Raises:
        InvalidValue: If the metric is not defined on such outputs.
    """
    meaning = loss.meaning
    if isinstance(metric, LossMetric) and metric.loss.meaning == meaning:
        return metric
    if meaning.targets.paired and metric.wants not in ("activities", "targets"):
        raise InvalidValue(
            f'metric "{metric.label}": with {type(loss).__name__}, each output decides between two classes, but '
            "the metric needs one output per class. Remove the metric."
        )
    if metric.wants == "order" and output_shape[-1:] in ((), (1,)):
        raise InvalidValue(
            f'metric "{metric.label}" takes the largest output as the prediction, but this network has only one. '
            'Use "binary_accuracy" for two classes; for more, use a last layer with one unit per class.'
        )
    if metric.wants == "decisions":
        _tell_of_own_loss(metric, loss, activation, output_shape)
        return _deciding(metric, loss, activation)
    if metric.wants == "probabilities":
        return _of_probabilities(metric, loss, activation)
    if metric.wants == "potentials" and meaning.outputs != "potentials":
        raise InvalidValue(
            f'metric "{metric.label}" expects logits, but with {type(loss).__name__} the outputs of this network are '
            f"{meaning.outputs}. Remove from_logits=True from the metric."
        )
    if metric.wants == "targets" and meaning.outputs == "potentials":
        return _potential(metric, meaning)  # targets of 0 and 1 are compared with probabilities
    return metric


def by_label(metric: Metric) -> Metric:
    """Predict each label separately where the metric would otherwise predict the class with the largest output."""
    if isinstance(metric, Activated | MemberMetric):
        return replace(metric, metric=by_label(metric.metric))
    if isinstance(metric, Accuracy):
        return BinaryAccuracy(name=metric.label)
    if isinstance(metric, LogLoss):
        return LossMetric(BinaryCrossentropy(), name=metric.label)
    undecided = isinstance(metric, Counted) and metric.threshold is None and metric.takes_largest
    return replace(metric, threshold=0.5) if undecided else metric


def _tell_of_own_loss(metric: Metric, loss: Loss, activation: Activation | None, shape: tuple[int, ...]) -> None:
    """Warn about the threshold if nothing defines the outputs under a custom loss."""
    if not isinstance(loss, CustomLoss) or isinstance(metric, AUC) or shape[-1:] not in ((), (1,)):
        return
    if getattr(metric, "threshold", None) in (None, BinaryAccuracy.threshold) and not _reaches_shares_only(activation):
        caution(
            f'metric "{metric.label}" counts outputs above 0.5 as positive, but whether the outputs are probabilities '
            f"cannot be inferred from {name_of(loss)}. If this loss expects logits or margins, set the threshold: "
            "BinaryAccuracy(threshold=0.0), F1Score(threshold=0.0); or use a sigmoid in the last layer."
        )


def _deciding(metric: Metric, loss: Loss, activation: Activation | None) -> Metric:
    meaning, threshold = loss.meaning, getattr(metric, "threshold", None)
    if threshold is not None and not 0 < threshold < 1:
        return metric  # only logits or margins can be meant
    if meaning.outputs == "potentials":
        return _potential(metric, meaning)
    if meaning.outputs == "margins" and meaning.targets.binary:
        return _potential(metric, meaning)  # the sigmoid is one half where the sign changes
    each_by_itself = isinstance(metric, BinaryAccuracy) or (isinstance(metric, Counted) and not metric.takes_largest)
    if meaning.outputs == "margins" and each_by_itself:
        raise InvalidValue(
            f'metric "{metric.label}" decides each output separately, but with {type(loss).__name__} the prediction is '
            'the largest output. Use "accuracy", "f1_score", Precision(average="macro") or Recall(average="macro").'
        )
    if isinstance(metric, AUC) and meaning.outputs != "probabilities" and not _reaches_shares_only(activation):
        return replace(metric, from_logits=True)  # ranks do not change under increasing functions
    return metric


def _of_probabilities(metric: Metric, loss: Loss, activation: Activation | None) -> Metric:
    meaning = loss.meaning
    if meaning.outputs == "potentials":
        return _potential(metric, meaning)
    if meaning.outputs == "probabilities" or (meaning.outputs == "values" and _reaches_shares_only(activation)):
        return metric
    what = "margins" if meaning.outputs == "margins" else "numbers"
    raise InvalidValue(
        f'metric "{metric.label}" expects probabilities, but with {type(loss).__name__} the outputs of this network '
        f"are {what}. Use a sigmoid or softmax in the last layer and a cross-entropy, or remove the metric."
    )


def _potential(metric: Metric, meaning: LossMeaning) -> Metric:
    if isinstance(metric, AUC) and (meaning.targets.binary or meaning.targets.paired):
        return replace(metric, from_logits=True)
    made: Activation = Softmax() if meaning.exclusive else Sigmoid()
    return Activated(metric, made)


def _reaches_shares_only(activation: Activation | None) -> bool:
    low, high = (-np.inf, np.inf) if activation is None else activation.output_range
    return low >= 0 and high <= 1
