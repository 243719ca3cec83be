"""Look up metrics by name."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from typing import cast

from jax import Array

from .. import losses
from ..activations import Activation
from ..declaration import replace
from ..errors import InvalidValue
from ..registry import look_up
from .accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from .agreement import BalancedAccuracy, CohenKappa, MatthewsCorrelation
from .auc import AUC
from .conditions import FalseNegatives, FalsePositives, FBetaScore, TrueNegatives, TruePositives
from .counts import F1Score, Precision, Recall, Specificity
from .custom import CustomMetric, LossMetric
from .functions import DECLARED
from .iou import BinaryIoU
from .mean import (
    CosineSimilarity,
    LogLoss,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    RootMeanSquaredError,
)
from .members import MemberMetric
from .metric import Metric
from .of_losses import OfLoss
from .regression import ExplainedVariance, R2Score
from .seen import Activated, seen
from .wrapped import WrappedMetric

MetricLike = Metric | losses.Loss | str | Callable[..., Array]

NAMES: dict[str, type[Metric]] = {
    "accuracy": Accuracy,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
    "balanced_accuracy": BalancedAccuracy,
    "precision": Precision,
    "recall": Recall,
    "specificity": Specificity,
    "f1_score": F1Score,
    "matthews_correlation": MatthewsCorrelation,
    "cohen_kappa": CohenKappa,
    "auc": AUC,
    "log_loss": LogLoss,
    "mean_squared_error": MeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "r2_score": R2Score,
    "explained_variance": ExplainedVariance,
    "cosine_similarity": CosineSimilarity,
    "fbeta_score": FBetaScore,
    "true_positives": TruePositives,
    "true_negatives": TrueNegatives,
    "false_positives": FalsePositives,
    "false_negatives": FalseNegatives,
    "binary_iou": BinaryIoU,
    "acc": Accuracy,
    "f1": F1Score,
    "mcc": MatthewsCorrelation,
    "crossentropy": LogLoss,
    "ce": LogLoss,
    "mse": MeanSquaredError,
    "rmse": RootMeanSquaredError,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "r2": R2Score,
}

_CLASSES = {cls.__name__: cls for cls in NAMES.values()}


def get(
    value: MetricLike,
    *,
    loss: losses.Loss | None = None,
    output_shape: tuple[int, ...] | None = None,
    activation: Activation | None = None,
) -> Metric:
    """Return the metric for a name, a metric, a loss or a function.

    Args:
        value: A name as in Keras, which also becomes the key in the history; a metric; a loss; or a function
            ``(y_true, y_pred)`` that returns one value for each row or element. The names of losses are valid too.
        loss: The training loss, which determines what ``"accuracy"`` means if the shapes do not. For a
            :class:`~plastica.losses.MemberLoss` the metric is that of the members' mean prediction.
        output_shape: The shape of the network's output without the batch axis, used for the same purpose.
        activation: The network's last activation. With these three, outputs are converted to what the metric is defined
            on: for a loss of logits, a metric of probabilities receives their sigmoid or softmax.

    Raises:
        UnknownName: If neither a metric nor a loss has this name.
        InvalidValue: For any other value, or if the metric is not defined on the network's outputs.

    Example:
        >>> get("mae").label, get("accuracy", output_shape=(1,))
        ('mae', BinaryAccuracy(name='accuracy'))
    """
    if isinstance(loss, losses.MemberLoss) and not isinstance(value, MemberMetric):
        one, shape = loss.loss, None if output_shape is None else output_shape[1:]
        found = get(value, loss=one, output_shape=shape, activation=activation)
        # The members' probabilities are averaged, not their logits.
        activated = isinstance(found, Activated)
        return replace(found, metric=MemberMetric(found.metric)) if activated else MemberMetric(found)
    metric = _resolved(value, loss, output_shape)
    if loss is None or output_shape is None or isinstance(metric, WrappedMetric):
        return metric
    return seen(metric, loss, activation, output_shape)


def renamed(metric: Metric, name: str) -> Metric:
    """Return a metric with another key in the history."""
    if isinstance(metric, WrappedMetric):
        return replace(metric, metric=renamed(metric.metric, name))
    return replace(metric, name=name)


def _resolved(value: MetricLike, loss: losses.Loss | None, output_shape: tuple[int, ...] | None) -> Metric:
    if isinstance(value, type) and issubclass(value, Metric | losses.Loss):
        value = value()
    if isinstance(value, Accuracy) and output_shape is not None:
        found = _accuracy(loss, output_shape)
        return found if found.label == value.label else replace(found, name=value.label)
    if isinstance(value, OfLoss):
        return LossMetric(value.loss, name=value.label)
    if isinstance(value, str):
        return _by_name(value.strip(), loss, output_shape)
    return (
        value if isinstance(value, Metric) else _of_loss_or_function(cast("losses.Loss | Callable[..., Array]", value))
    )


def _of_loss_or_function(value: losses.Loss | Callable[..., Array]) -> Metric:
    if not callable(value):
        raise InvalidValue(
            f'metric={value!r}; expected a name such as "accuracy", a metric such as AUC(), or a function.'
        )
    if value in DECLARED:
        return DECLARED[value]()
    found = losses.get(value)
    return CustomMetric(found.function) if isinstance(found, losses.CustomLoss) else LossMetric(found)


def _by_name(name: str, loss: losses.Loss | None, output_shape: tuple[int, ...] | None) -> Metric:
    known: dict[str, type[Metric] | type[losses.Loss]] = {**losses.NAMES, **NAMES}
    cls = _CLASSES[name] if name in _CLASSES else look_up("metric", name, known)
    if cls is Accuracy:
        metric = _accuracy(loss, output_shape)
    else:
        metric = cls() if issubclass(cls, Metric) else LossMetric(cls())
    return metric if metric.label == name else replace(metric, name=name)


def _accuracy(loss: losses.Loss | None, output_shape: tuple[int, ...] | None) -> Metric:
    """Return the accuracy that matches the loss or, if the loss does not determine it, the shape."""
    meaning = losses.LossMeaning() if loss is None else loss.meaning
    if meaning.outputs == "margins" and meaning.targets.binary:
        return BinaryAccuracy(threshold=0.0)
    if output_shape is not None and output_shape[-1:] in ((), (1,)):
        return BinaryAccuracy()
    if meaning.targets.numbered:
        return SparseCategoricalAccuracy()
    return CategoricalAccuracy() if meaning.targets.exclusive else Accuracy()
