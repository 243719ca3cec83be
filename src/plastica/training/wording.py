"""Metrics and times as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..language import WORDS


def figures(logs: Mapping[str, float]) -> list[str]:
    """Return metrics in the format of Keras.

    Example:
        >>> figures({"loss": 0.12345, "learning_rate": 0.0001})
        ['loss: 0.1235', 'learning_rate: 1.0000e-04']
    """
    return [f"{name}: {number(value)}" for name, value in logs.items()]


def number(value: float) -> str:
    """Return a number with four decimals, or with an exponent if it is small."""
    return f"{value:.4e}" if 0 < abs(value) <= 1e-3 else f"{value:.4f}"


def metric_name(name: str) -> str:
    """Return the name of a metric for display.

    Example:
        >>> metric_name("val_sparse_categorical_crossentropy"), metric_name("top_k_accuracy")
        ('validation log loss', 'top k accuracy')
    """
    if name.startswith("val_"):
        return WORDS("validation", figure=metric_name(name[4:]))
    return WORDS.name("metric", name)


def said_figures(logs: Mapping[str, float], monitor: str, best: float | None) -> list[str]:
    """Return the metrics as text, the monitored one first and with its best value so far.

    Args:
        logs: The loss and metrics of an epoch.
        monitor: The name of the monitored metric.
        best: Its best value so far, or None.

    Example:
        >>> said_figures({"loss": 0.31, "accuracy": 0.9, "val_loss": 0.42, "val_accuracy": 0.8}, "val_loss", 0.4)
        ['validation loss 0.42, best 0.4', 'validation accuracy 0.8', 'accuracy 0.9', 'loss 0.31']
    """
    found = []
    if monitor in logs:
        key = "figure_value" if best is None else "best_so_far"
        values = {"value": short(logs[monitor]), "best": None if best is None else short(best)}
        found.append(WORDS(key, figure=metric_name(monitor), **values))
    rest = in_order(name for name in logs if name != monitor)
    return found + [WORDS("figure_value", figure=metric_name(name), value=short(logs[name])) for name in rest]


def in_order(names: Iterable[str], monitor: str = "") -> list[str]:
    """Return the names in order: the monitored metric first, validation before training, losses last."""
    losses = ("loss", "val_loss", "learning_rate")
    return sorted(names, key=lambda name: (name != monitor, name in losses, not name.startswith("val_")))


def short(value: float) -> str:
    """Return a number with three significant digits.

    Example:
        >>> short(0.123456), short(1.0), short(12345.6), short(5.88e-5)
        ('0.123', '1', '12,346', '5.88e-05')
    """
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.3g}"


def of_epochs(number: int, epochs: int) -> str:
    """Return the number of the epoch and of all epochs as text."""
    return WORDS("epoch_of", number=number, all=epochs) if epochs else WORDS("epoch_alone", number=number)


def count_epochs(number: int) -> str:
    """Return the number of epochs as text."""
    return WORDS("epochs", count=number)


def seconds(value: float) -> str:
    """Return a duration with its unit.

    Example:
        >>> seconds(0.0012), seconds(0.12), seconds(75)
        ('1.2 ms', '0.1 s', '1:15')
    """
    if value < 0.1:
        return f"{1000 * value:.{0 if value >= 0.01 else 1}f} ms"
    return f"{value:.1f} s" if value < 60 else clock(value)


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, or hours, minutes and seconds.

    Example:
        >>> clock(75), clock(3725)
        ('1:15', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
