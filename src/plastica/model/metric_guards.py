"""Targets that a metric would misread are refused or told, before a run shows wrong figures."""

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
    """Refuse or tell of targets that a metric takes for something else.

    Those of -1 and 1 and amounts, where a metric decides between 0 and 1; and several labels in a row under a softmax.

    Args:
        y: Targets, ``(rows, ...)``.
        metrics: The metrics, as they are resolved.
        loss: What is trained on.
        activation: The network's last activation.
        name: What messages call the targets.

    Raises:
        DataError: When a metric of probabilities or decisions would misread the targets.
    """
    if loss.meaning.outputs == "margins" or not metrics:
        return
    if (y == -1).any() and np.isin(y, (-1, 1)).all():
        _refuse_signs(metrics, name)
        return
    by_itself = loss.meaning.targets in ("labels", "values")
    if by_itself and y.shape[-1:] == (1,) and not np.isin(y, (0, 1)).all():
        # Of accuracy under a loss of yes and no the checks of the loss have told.
        told = Accuracy | BinaryAccuracy if loss.meaning.targets == "labels" else ()
        _check_amounts(y, [metric for metric in metrics if not isinstance(_inner(metric), told)], name)
    if isinstance(activation, Softmax) and loss.meaning.targets == "values" and np.isin(y, (0, 1)).all():
        _tell_of_several_labels(y, metrics, name)


def _refuse_signs(metrics: Sequence[Metric], name: str) -> None:
    for metric in metrics:
        threshold = getattr(metric, "threshold", None)
        at_zero = threshold is not None and -1 < threshold <= 0
        if metric.wants == "probabilities" or (metric.wants == "decisions" and not at_zero and not _ranks(metric)):
            raise DataError(
                f'{name} holds -1 and 1, and the metric "{metric.label}" decides between 0 and 1. Turn -1 into 0, '
                f"({name} + 1) / 2 with a sigmoid, or say where it decides: BinaryAccuracy(threshold=0.0)."
            )


def _check_amounts(y: np.ndarray, metrics: Sequence[Metric], name: str) -> None:
    """See what becomes of targets that are neither yes nor no where a metric of yes and no is asked for."""
    odd = float(y[~np.isin(y, (0, 1))].flat[0])
    asked = [metric for metric in metrics if _inner(metric).wants == "decisions"]
    for metric in asked:
        if isinstance(_inner(metric), Accuracy | BinaryAccuracy):
            caution(
                f'{name} holds numbers such as {odd:.4g}, and "{metric.label}" counts answers that equal the target, '
                'so it will stay near 0. Watch the loss, "mae" or "r2" instead.'
            )
        elif y.min() >= 0 and y.max() <= 1:
            caution(
                f'{name} holds numbers between 0 and 1 such as {odd:.4g}; "{metric.label}" takes those above 0.5 for '
                "yes."
            )
        else:
            raise DataError(
                f'{name} holds numbers such as {odd:.4g}, and the metric "{metric.label}" is of yes and no. Take "mae" '
                'or "r2"; or turn the targets into 0 and 1, or into class numbers with one output a class.'
            )


def _tell_of_several_labels(y: np.ndarray, metrics: Sequence[Metric], name: str) -> None:
    taken = [metric.label for metric in metrics if isinstance(_inner(metric), Accuracy | CategoricalAccuracy)]
    counts = y.sum(-1)
    if taken and (counts != 1).any():
        caution(
            f'{name} holds up to {counts.max():.0f} labels in a row, and "{taken[0]}" takes the largest output alone. '
            'For labels that may hold at once ask for "binary_accuracy".'
        )


def _ranks(metric: Metric) -> bool:
    """Return whether a metric goes by the order of answers, so that targets are yes or no however they are written."""
    return isinstance(_inner(metric), AUC)


def _inner(metric: Metric) -> Metric:
    return _inner(metric.metric) if isinstance(metric, Activated | MemberMetric) else metric
