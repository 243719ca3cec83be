"""The formats of numbers in the report."""

from __future__ import annotations

import math

from ..evaluation.scores import Figure

NONE = "–"
SPACE = "\N{NO-BREAK SPACE}"  # between a number and its unit
IN_UNITS = ("mae", "rmse", "mean_cost", "coverage_error")  # metrics with an unlimited range


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with the given number of significant digits and thousands separators.

    Example:
        >>> number(12345), number(0.000123456), number(-2.5), number(1234567.8), number(None)
        ('12,345', '0.0001235', '−2.5', '1,234,568', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e9):
        text = f"{int(value):,}"
    elif abs(value) >= 10 ** (digits - 1) and abs(value) < 1e9:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.{digits}g}"
    return _minus(text)


def share(value: float | None) -> str:
    """Return a share in per cent.

    Example:
        >>> [share(value).replace(SPACE, " ") for value in (0.5, 0.0123, 0.9996, 1.0, -0.0004)]
        ['50 %', '1.2 %', '99.96 %', '100 %', '−0.040 %']
    """
    if value is None or not math.isfinite(value):
        return NONE
    shown = 100 * abs(value)
    digits = max(1, 1 - math.floor(math.log10(shown))) if 0 < shown < 0.1 else 2 if 99.9 < shown < 100 else 1
    return _minus(f"{100 * value:.{digits}f}".removesuffix(".0") + f"{SPACE}%")


def figure(name: str, value: float | None, signed: bool = False, like: float | None = None) -> str:
    """Return a test metric: metrics from 0 to 1 with three decimals, others with four significant digits.

    Args:
        name: The name of the metric.
        value: Its value.
        signed: Whether to include the sign, for differences.
        like: A value that determines the number of decimals. Default: the value itself.

    Example:
        >>> figure("accuracy", 0.97101), figure("mae", 41.2), figure("auc", 0.99987), figure("r2", 0.5, signed=True)
        ('0.971', '41.20', '0.9999', '+0.500')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:{'+' if signed else ''},.{_digits(name, value if like is None else like)}f}"
    return _minus(text if any(sign in text for sign in "123456789") else text.lstrip("+-"))


def interval(name: str, found: Figure, signed: bool = False) -> str:
    """Return the 95 % interval of a metric; empty if there is none.

    Example:
        >>> interval("accuracy", Figure(0.9, 0.8, 0.95)), interval("mae", Figure(41.2, 39, 43.45))
        ('0.800 … 0.950', '39.00 … 43.45')
    """
    if found.low is None or found.high is None:
        return ""
    return " … ".join(figure(name, edge, signed, like=found.value) for edge in (found.low, found.high))


def _digits(name: str, value: float) -> int:
    if name.partition(" of ")[0] not in IN_UNITS:
        return 4 if 0.9995 <= value < 1 else 3
    return max(0, min(3 - math.floor(math.log10(abs(value))), 8)) if value else 3


def correlation(value: float) -> str:
    """Return a correlation in the short form for a matrix.

    Example:
        >>> [correlation(value) for value in (0.834, -0.05, 1.0, 0.001)]
        ['.83', '−.05', '1', '0']
    """
    text = f"{value:.2f}".replace("0.", ".").replace("1.00", "1")
    return "0" if text in (".00", "-.00") else _minus(text)


def seconds(value: float) -> str:
    """Return a duration.

    Example:
        >>> [seconds(value).replace(SPACE, " ") for value in (0.5, 75, 3700)]
        ['0.5 s', '1 min 15 s', '1 h 1 min']
    """
    if value < 60:
        return (f"{value:.2g}" if value < 10 else f"{value:.0f}") + f"{SPACE}s"
    minutes, rest = divmod(round(value), 60)
    parts = (minutes, "min", rest, "s") if minutes < 60 else (minutes // 60, "h", minutes % 60, "min")
    return SPACE.join(map(str, parts))


def _minus(text: str) -> str:
    return text.replace("-", "−", 1) if text.startswith("-") else text
