"""How numbers stand in a report, all in one place."""

from __future__ import annotations

import math

from ..evaluation.scores import Figure

NONE = "–"
SPACE = "\N{NO-BREAK SPACE}"  # between a number and its unit
IN_UNITS = ("mae", "rmse", "mean_cost", "coverage_error")  # figures that are no shares: of any size


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with so many significant digits, thousands apart.

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
    """Write a share in per cent.

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
    """Write a held-out figure: shares and the like with three digits after the point, others with four in all.

    Args:
        name: The figure's name.
        value: It.
        signed: With its sign, as a difference is written.
        like: A value that says how many digits stand after the point; its own by default.

    Example:
        >>> figure("accuracy", 0.97101), figure("mae", 41.2), figure("auc", 0.99987), figure("r2", 0.5, signed=True)
        ('0.971', '41.20', '0.9999', '+0.500')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:{'+' if signed else ''},.{_digits(name, value if like is None else like)}f}"
    return _minus(text if any(sign in text for sign in "123456789") else text.lstrip("+-"))


def interval(name: str, found: Figure, signed: bool = False) -> str:
    """Write a figure's 95 % interval; empty where there is none.

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
    """Write a correlation in as little room as a matrix has.

    Example:
        >>> [correlation(value) for value in (0.834, -0.05, 1.0, 0.001)]
        ['.83', '−.05', '1', '0']
    """
    text = f"{value:.2f}".replace("0.", ".").replace("1.00", "1")
    return "0" if text in (".00", "-.00") else _minus(text)


def seconds(value: float) -> str:
    """Write how long something took.

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
