"""Watching one figure: which way is better, and whether it got better."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal

from ..errors import InvalidValue, UnknownName
from .callbacks import Callback, Logs, one_of

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
    """Return which way a figure is better, judged by its name, or None where the name does not tell.

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


def require_figure(where: str, name: str, known: Iterable[str]) -> None:
    """See that a run has a figure of this name.

    Raises:
        UnknownName: With the nearest name, the whole list, and where figures of validation come from.
    """
    names = list(known)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else "."
    held_out = name.startswith("val_") and not any(other.startswith("val_") for other in names)
    advice = " For figures of validation pass validation_split= or validation_data= to fit." if held_out else ""
    raise UnknownName(f'{where}: this run has no figure "{name}"{hint} It has: {", ".join(names)}.{advice}')


class Monitor(Callback):
    """A callback that watches whether one figure gets better.

    Args:
        monitor: The name of the figure.
        mode: ``"min"`` where lower is better, ``"max"`` where higher is, ``"auto"`` to judge by the name.
        min_delta: What counts as better must be better by more than this.

    Raises:
        InvalidValue: ``mode`` is unknown, or ``"auto"`` where the name does not tell.
    """

    def __init__(self, monitor: str, mode: Mode, min_delta: float = 0.0) -> None:
        where = type(self).__name__
        one_of(where, "mode", mode, ("auto", "min", "max"))
        self.monitor = monitor
        self.mode = better(monitor) if mode == "auto" else mode
        self.min_delta = abs(float(min_delta))
        if self.mode is None:
            raise InvalidValue(
                f'{where}: the name "{monitor}" does not tell whether lower or higher is better. '
                'Say mode="min" or mode="max".'
            )

    def current(self, logs: Logs | None) -> float:
        """Return the figure of this epoch.

        Raises:
            UnknownName: The run has no such figure.
        """
        require_figure(type(self).__name__, self.monitor, logs or {})
        return float((logs or {})[self.monitor])

    def improves(self, value: float, best: float | None) -> bool:
        """Return whether a value is better than the best so far; NaN never is."""
        if math.isnan(value):
            return False
        if best is None or math.isnan(best):
            return True
        return value + self.min_delta < best if self.mode == "min" else value - self.min_delta > best


def kept(callback: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return some attributes of a callback as its state."""
    return {name: getattr(callback, name) for name in names}


def put_back(callback: Any, state: Mapping[str, Any], names: Iterable[str]) -> None:
    """Set the attributes that :func:`kept` gave; one that an older plastica did not keep stays as it is."""
    for name in names:
        if name in state:
            setattr(callback, name, state[name])
