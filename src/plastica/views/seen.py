"""The activity of units for one input: a colour and a number in each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..drawing import INK, NEGATIVE, PAPER, POSITIVE, ArtistOption
from .canvas import Canvas, Point

ROOM = 0.62  # inches between units, so that two numbers fit
STRONGEST = 0.6  # saturation for the largest value, so that a number on it is readable


class Seen(NamedTuple):
    """The activity and error of a layer for one input.

    Attributes:
        activity: a = f(z), without the batch axis.
        delta: dC/dz, without the batch axis; None without targets.
    """

    activity: np.ndarray
    delta: np.ndarray | None = None


def draw_seen(canvas: Canvas, seen: Seen, unit: int, place: Point, radius: float) -> None:
    """Draw a unit with its activity as its colour and a number in it, and its error as a ring and a number below."""
    value = float(seen.activity[unit])
    look: dict[str, ArtistOption] = {"fc": shade(value, seen.activity)}
    if seen.delta is not None:
        error = float(seen.delta[unit])
        colour = NEGATIVE if error < 0 else POSITIVE
        look |= {"ec": colour, "lw": 0.8 + 2.4 * share(error, seen.delta)}
        under = {"boxstyle": "square,pad=0.1", "fc": PAPER, "ec": "none", "alpha": 0.85}
        canvas.text((place[0], place[1] - radius - 0.08), f"δ {number(error)}", fontsize=6.5, color=colour, bbox=under,
                    zorder=5)  # fmt: skip
    canvas.disc(place, radius, **look)
    canvas.text(place, number(value), fontsize=7.5, color=INK, zorder=4)


def shade(value: float, values: np.ndarray) -> tuple[float, float, float]:
    """Return the colour of a value: blue above 0, orange below, more saturated for larger magnitudes."""
    from matplotlib.colors import to_rgb

    strength = STRONGEST * share(value, values)
    full, paper = np.array(to_rgb(NEGATIVE if value < 0 else POSITIVE)), np.array(to_rgb(PAPER))
    red, green, blue = paper + strength * (full - paper)
    return float(red), float(green), float(blue)


def share(value: float, values: np.ndarray) -> float:
    """Return the magnitude of a value relative to the largest one, from 0 to 1; 0 if it is not finite."""
    sizes = np.abs(values[np.isfinite(values)].astype(np.float64))
    most = float(sizes.max()) if sizes.size else 0.0
    return abs(value) / most if most and np.isfinite(value) else 0.0


def number(value: float) -> str:
    """Return a value in few characters.

    Example:
        >>> number(-0.1234), number(1234.5), number(0.00012), number(0)
        ('−0.12', '1.2e3', '1.2e-4', '0')
    """
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    if 0.005 <= abs(value) < 100:
        return f"{value:.2f}".replace("-", "−")
    base, _, power = f"{value:.1e}".partition("e")
    return f"{base.replace('-', '−')}e{int(power)}"
