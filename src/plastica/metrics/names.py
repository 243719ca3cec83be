"""Metrics by name."""

from __future__ import annotations

from collections.abc import Callable

import jax

from .. import losses
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
from .counts import F1Score, Precision, Recall, Specificity
from .mean import (
    CosineSimilarity,
    CustomMetric,
    LogLoss,
    LossMetric,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    RootMeanSquaredError,
)
from .members import MemberMetric
from .metric import Metric
from .regression import ExplainedVariance, R2Score

MetricLike = Metric | losses.Loss | str | Callable[..., jax.Array]

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
_BINARY = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
_OF_CLASS_NUMBERS = (losses.SparseCategoricalCrossentropy, losses.SparseCategoricalFocalCrossentropy, losses.OneVsRest)
_MARGIN = (losses.Hinge, losses.SquaredHinge)


def get(value: MetricLike, *, loss: losses.Loss | None = None, output_shape: tuple[int, ...] | None = None) -> Metric:
    """Return the metric that a name, a metric, a loss or a function stands for.

    Args:
        value: A name as Keras spells it, which is then its key in the history; a metric; a loss; or a
            function (y_true, y_pred) that returns one value for each row or element. Any loss's name is a
            metric's too.
        loss: What is trained on; tells what ``"accuracy"`` means where shapes leave it open. Under a
            :class:`~plastica.losses.MemberLoss` the figure is that of the members' mean answer.
        output_shape: The network's output, without the batch axis; tells the same.

    Raises:
        UnknownName: When neither a metric nor a loss has this name.
        InvalidValue: When the value is none of these.

    Example:
        >>> get("mae").label, get("accuracy", output_shape=(1,))
        ('mae', BinaryAccuracy(name='accuracy'))
    """
    if isinstance(loss, losses.MemberLoss) and not isinstance(value, MemberMetric):
        one, shape = loss.loss, None if output_shape is None else output_shape[1:]
        return MemberMetric(get(value, loss=one, output_shape=shape))
    if isinstance(value, Metric):
        return value
    if isinstance(value, losses.Loss):
        return LossMetric(value)
    if isinstance(value, str):
        return _by_name(value.strip(), loss, output_shape)
    if isinstance(value, type) and issubclass(value, Metric | losses.Loss):
        return get(value())
    if callable(value):
        return CustomMetric(value)
    raise InvalidValue(f'metric={value!r}; a name such as "accuracy", a metric such as AUC(), or a function is wanted.')


def _by_name(name: str, loss: losses.Loss | None, output_shape: tuple[int, ...] | None) -> Metric:
    known: dict[str, type[Metric] | type[losses.Loss]] = {**losses.NAMES, **NAMES}
    cls = _CLASSES[name] if name in _CLASSES else look_up("metric", name, known)
    if cls is Accuracy:
        metric = _accuracy(loss, output_shape)
    else:
        metric = cls() if issubclass(cls, Metric) else LossMetric(cls())
    return metric if metric.label == name else replace(metric, name=name)


def _accuracy(loss: losses.Loss | None, output_shape: tuple[int, ...] | None) -> Metric:
    if isinstance(loss, _MARGIN):
        return BinaryAccuracy(threshold=0.0)
    if output_shape is not None and output_shape[-1:] in ((), (1,)):
        return BinaryAccuracy()
    if isinstance(loss, _OF_CLASS_NUMBERS):
        return SparseCategoricalAccuracy()
    if isinstance(loss, losses.CategoricalCrossentropy | losses.CategoricalFocalCrossentropy):
        return CategoricalAccuracy()
    return Accuracy()
