"""Checks that the targets suit the metrics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..activations import Activation, Softmax
from ..errors import DataError, caution
from ..losses import Loss
from ..metrics import AUC, Accuracy, Activated, BinaryAccuracy, CategoricalAccuracy, MemberMetric, Metric


def check_metrics(
    y: np.ndarray, metrics: Sequence[Metric], loss: Loss, activation: Activation | None = None, name: str = "y"
) -> None:
    """Reject targets that a metric would misinterpret, or warn about them.

    These are -1 and 1, or amounts, for a metric that expects 0 and 1; and several labels per row with softmax.

    Args:
        y: Targets, ``(rows, ...)``.
        metrics: The resolved metrics.
        loss: The loss.
        activation: The activation of the last layer.
        name: The name of the targets in messages.

    Raises:
        DataError: If a metric of probabilities or decisions would misinterpret the targets.
    """
    if loss.meaning.outputs == "margins" or not metrics:
        return
    if (y == -1).any() and np.isin(y, (-1, 1)).all():
        _refuse_signs(metrics, name)
        return
    targets = loss.meaning.targets
    if not targets.exclusive and y.shape[-1:] == (1,) and not np.isin(y, (0, 1)).all():
        # For binary losses, the checks of the loss have already warned about accuracy.
        told = Accuracy | BinaryAccuracy if targets.binary else ()
        _check_amounts(y, [metric for metric in metrics if not isinstance(_inner(metric), told)], name)
    # Losses such as mse take any numbers; only the targets themselves can tell that they are labels.
    told_by_data = not targets.exclusive and not targets.binary
    if isinstance(activation, Softmax) and told_by_data and np.isin(y, (0, 1)).all():
        _tell_of_several_labels(y, metrics, name)


def _refuse_signs(metrics: Sequence[Metric], name: str) -> None:
    for metric in metrics:
        threshold = getattr(metric, "threshold", None)
        at_zero = threshold is not None and -1 < threshold <= 0
        if metric.wants == "probabilities" or (metric.wants == "decisions" and not at_zero and not _ranks(metric)):
            raise DataError(
                f'{name} contains -1 and 1, but the metric "{metric.label}" expects 0 and 1. Replace -1 by 0, '
                f"({name} + 1) / 2 with a sigmoid, or set the threshold: BinaryAccuracy(threshold=0.0)."
            )


def _check_amounts(y: np.ndarray, metrics: Sequence[Metric], name: str) -> None:
    """Check targets other than 0 and 1 for a binary metric."""
    odd = float(y[~np.isin(y, (0, 1))].flat[0])
    asked = [metric for metric in metrics if _inner(metric).wants == "decisions"]
    for metric in asked:
        if isinstance(_inner(metric), Accuracy | BinaryAccuracy):
            caution(
                f'{name} contains numbers such as {odd:.4g}; "{metric.label}" counts predictions equal to the target '
                'and will stay near 0. Monitor the loss, "mae" or "r2" instead.'
            )
        elif y.min() >= 0 and y.max() <= 1:
            caution(
                f'{name} contains numbers between 0 and 1 such as {odd:.4g}; "{metric.label}" treats those above '
                "0.5 as 1."
            )
        else:
            raise DataError(
                f'{name} contains numbers such as {odd:.4g}, but the metric "{metric.label}" expects 0 and 1. Use '
                '"mae" '
                'or "r2"; or convert the targets to 0 and 1, or to class numbers with one output per class.'
            )


def _tell_of_several_labels(y: np.ndarray, metrics: Sequence[Metric], name: str) -> None:
    taken = [metric.label for metric in metrics if isinstance(_inner(metric), Accuracy | CategoricalAccuracy)]
    counts = y.sum(-1)
    if taken and (counts != 1).any():
        caution(
            f'{name} has up to {counts.max():.0f} labels per row, but "{taken[0]}" uses only the largest output. '
            'For several labels per row, use "binary_accuracy".'
        )


def _ranks(metric: Metric) -> bool:
    """Return whether a metric depends only on the order of predictions, so that any two target values are valid."""
    return isinstance(_inner(metric), AUC)


def _inner(metric: Metric) -> Metric:
    return _inner(metric.metric) if isinstance(metric, Activated | MemberMetric) else metric
