"""The base class of callbacks that monitor a metric."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from ..errors import InvalidValue, UnknownName
from ..registry import nearest
from .callbacks import Callback, CallbackState, Logs, one_of

Mode = Literal["auto", "min", "max"]

LOWER_IS_BETTER = frozenset(
    {
        "loss",
        "error",
        "errors",
        "mae",
        "mse",
        "msle",
        "mape",
        "rmse",
        "huber",
        "cosh",
        "logcosh",
        "hinge",
        "poisson",
    }
    | {"crossentropy", "entropy", "divergence", "deviance", "perplexity", "false", "ce", "nll"}
)
HIGHER_IS_BETTER = frozenset(
    {
        "accuracy",
        "acc",
        "auc",
        "precision",
        "recall",
        "f1",
        "fbeta",
        "r2",
        "iou",
        "dice",
        "jaccard",
        "kappa",
        "mcc",
    }
    | {"specificity", "sensitivity", "correlation", "similarity", "explained", "true"}
)


def better(name: str) -> Literal["min", "max"] | None:
    """Return the direction in which a metric improves, inferred from its name, or None if unknown.

    Example:
        >>> better("val_loss"), better("top_k_accuracy"), better("temperature")
        ('min', 'max', None)
    """
    parts = name.lower().split("_")
    words = {*parts, *(part.rstrip("0123456789") for part in parts)}  # "auc2" is "auc", "f1" stays
    lower, higher = bool(words & LOWER_IS_BETTER), bool(words & HIGHER_IS_BETTER)
    if lower == higher:
        return None
    return "min" if lower else "max"


def direction_of(where: str, name: str, mode: Mode) -> Literal["min", "max"]:
    """Return the direction in which a metric improves.

    Raises:
        InvalidValue: If ``mode`` is unknown, or is ``"auto"`` and cannot be inferred.
    """
    one_of(where, "mode", mode, ("auto", "min", "max"))
    direction = better(name) if mode == "auto" else mode
    if direction is None:
        raise InvalidValue(
            f'{where}: whether lower or higher is better cannot be inferred from the name "{name}". '
            'Set mode="min" or mode="max".'
        )
    return direction


def require_figure(where: str, name: str, known: Iterable[str]) -> None:
    """Check that a metric exists.

    Raises:
        UnknownName: If it does not; the message lists the available metrics.
    """
    names = list(known)
    if name in names:
        return
    held_out = name.startswith("val_") and not any(other.startswith("val_") for other in names)
    advice = " For validation metrics, pass validation_split= or validation_data= to fit." if held_out else ""
    hint = nearest(name, names)
    raise UnknownName(f'{where}: this run has no metric "{name}"{hint} Available: {", ".join(names)}.{advice}')


class Monitor(Callback):
    """Base class of callbacks that monitor whether a metric improves.

    Args:
        monitor: The name of the metric.
        mode: ``"min"`` if lower is better, ``"max"`` if higher is, ``"auto"`` to infer it from the name.
        min_delta: The minimum change that counts as an improvement.

    Raises:
        InvalidValue: If ``mode`` is unknown, or is ``"auto"`` and cannot be inferred.
    """

    def __init__(self, monitor: str, mode: Mode, min_delta: float = 0.0) -> None:
        where = type(self).__name__
        self.monitor = monitor
        self.mode = direction_of(where, monitor, mode)
        self.min_delta = abs(float(min_delta))

    def current(self, logs: Logs | None) -> float:
        """Return the value of the metric in this epoch.

        Raises:
            UnknownName: If there is no such metric.
        """
        require_figure(type(self).__name__, self.monitor, logs or {})
        return float((logs or {})[self.monitor])

    def improves(self, value: float, best: float | None) -> bool:
        """Return whether a value is an improvement; NaN never is."""
        if math.isnan(value):
            return False
        if best is None or math.isnan(best):
            return True
        return value + self.min_delta < best if self.mode == "min" else value - self.min_delta > best


def kept(callback: Callback, names: Iterable[str]) -> CallbackState:
    """Return some attributes of a callback as its state."""
    return {name: getattr(callback, name) for name in names}


def put_back(callback: Callback, state: CallbackState, names: Iterable[str]) -> None:
    """Restore the result of :func:`kept`; attributes missing in older files are unchanged."""
    for name in names:
        if name in state:
            setattr(callback, name, state[name])
