"""Figures and times as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def figures(logs: Mapping[str, Any]) -> list[str]:
    """Return figures as Keras writes them.

    Example:
        >>> figures({"loss": 0.12345, "learning_rate": 0.0001})
        ['loss: 0.1235', 'learning_rate: 1.0000e-04']
    """
    return [f"{name}: {number(value)}" for name, value in logs.items()]


def number(value: float) -> str:
    """Return a figure with four decimals, or with an exponent where those would hide it."""
    return f"{value:.4e}" if 0 < abs(value) <= 1e-3 else f"{value:.4f}"


def seconds(value: float) -> str:
    """Return a time as a person reads it.

    Example:
        >>> seconds(0.0012), seconds(0.12), seconds(75)
        ('1.2ms', '0.1s', '1:15')
    """
    if value < 0.05:
        return f"{1000 * value:.1f}ms"
    return f"{value:.1f}s" if value < 60 else clock(value)


def clock(seconds: float) -> str:
    """Return a time as a clock shows it.

    Example:
        >>> clock(75), clock(3725)
        ('1:15', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
