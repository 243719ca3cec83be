"""Metrics: measures shown during training and by ``evaluate``. Names as in Keras, values as in scikit-learn."""

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
from .custom import CustomMetric, LossMetric
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
from .names import NAMES, MetricLike, get, renamed
from .outputs import OutputMetric
from .regression import ExplainedVariance, R2Score
from .seen import Activated, by_label

__all__ = [
    "AUC",
    "NAMES",
    "Accuracy",
    "Activated",
    "BalancedAccuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "CohenKappa",
    "CosineSimilarity",
    "CustomMetric",
    "ExplainedVariance",
    "F1Score",
    "LogLoss",
    "LossMetric",
    "MatthewsCorrelation",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MemberMetric",
    "Metric",
    "MetricLike",
    "OutputMetric",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "Specificity",
    "TopKCategoricalAccuracy",
    "by_label",
    "get",
    "renamed",
]
