"""A sheet of page width with panels at positions in inches from the upper left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..drawing import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

PAGE, MARGIN = 7.9, 0.12  # inches; a page of the documentation is 760 pixels wide, at 96 pixels per inch
TEXT, SMALL = 8.0, 7.5  # points
GRID = "#DDDDDD"


class Sheet:
    """A white sheet ``PAGE`` inches wide.

    Args:
        height: The height in inches.
    """

    def __init__(self, height: float) -> None:
        from ..drawing.figure import Drawing

        self.height = height
        self.figure = Drawing(PAGE, height)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return a new panel."""
        place = (left / PAGE, 1 - (top + height) / self.height, width / PAGE, height / self.height)
        return self.figure.add_axes(place)

    def band(self, top: float, height: float, colour: str) -> None:
        """Shade a band over the full width in the background."""
        from matplotlib.patches import Rectangle

        corner = MARGIN / 2 / PAGE, 1 - (top + height) / self.height
        wide = 1 - MARGIN / PAGE
        self.figure.add_artist(Rectangle(corner, wide, height / self.height, color=colour, lw=0, zorder=-1))

    def text(self, left: float, top: float, words: str, size: float = TEXT, bold: bool = False) -> None:
        """Write a line of text that begins at ``left``."""
        weight = "bold" if bold else "normal"
        self.figure.text(left / PAGE, 1 - top / self.height, words, fontsize=size, weight=weight, color=INK, va="top")


def letters(words: str, size: float) -> float:
    """Return the approximate width of a text in inches."""
    return 0.57 * size / 72 * len(words)


def dress(axes: Axes, grid: Literal["x", "y", "both"]) -> None:
    """Draw a grid, without frame and ticks."""
    axes.tick_params(colors=INK, length=0, which="both", labelsize=SMALL)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color=GRID, lw=0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)


def logarithmic(axes: Axes, axis: Axis, most: int = 5) -> None:
    """Set a logarithmic scale with at most about ``most`` tick labels, written as plain numbers."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    (axes.set_yscale if axis is axes.yaxis else axes.set_xscale)("log")
    low, high = axis.get_view_interval()
    axis.set_major_locator(FixedLocator(_round_numbers(low, high, most)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    """Return 1, 2, 5, 10, ... between two numbers; if there are too many, every first, second, third power of ten."""
    from math import ceil, floor, log10

    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    found: list[float] = []
    for steps, stride in (((1, 2, 5), 1), ((1, 3), 1), *(((1,), stride) for stride in range(1, len(powers) + 1))):
        found = [step * 10.0**power for power in powers if power % stride == 0 for step in steps]
        found = [number for number in found if low <= number <= high]
        if len(found) <= most:
            break
    return found
