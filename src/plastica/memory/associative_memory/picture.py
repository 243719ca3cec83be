"""Pictures of recall: stored patterns, probes and what was recalled, and the energies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...drawing import COLOURS, INK, SOFT, drawable_language, own_style
from ...language import Texts, using
from ...typing import Float, Shaped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...drawing.figure import Drawing

SAY = Texts("memory")
TILE = 0.9  # inches of one pattern
CURVE = 1.4  # inches of the energies
SIDE = 1.0  # inches for the names of rows


def draw_recall(
    patterns: Mapping[str, Shaped[np.ndarray, "probes *shape"]],
    overlap: Float[np.ndarray, "probes"],
    energies: Float[np.ndarray, "moments probes"],
) -> Drawing:
    """Draw patterns that are recalled, and the energies.

    Args:
        patterns: The patterns of each row of the drawing: ``"stored"``, ``"probe"`` and ``"recalled"``.
        overlap: The overlap of what was recalled with what was stored.
        energies: The energy at the start and after each sweep.
    """
    from ...drawing.figure import Drawing

    count = len(overlap)
    with own_style(), using(drawable_language()):
        drawing = Drawing(SIDE + count * TILE, 3 * TILE + CURVE + 0.5, layout="constrained")
        grid = drawing.add_gridspec(4, count, height_ratios=[TILE, TILE, TILE, CURVE])
        for row, (name, shown) in enumerate(patterns.items()):
            for column in range(count):
                axes = drawing.add_subplot(grid[row, column])
                _tile(axes, shown[column])
                if column == 0:
                    axes.set_ylabel(SAY(name), rotation=0, ha="right", va="center", color=INK)
                if row == 2:
                    axes.set_xlabel(f"{overlap[column]:.2f}", color=SOFT)
        _energies(drawing.add_subplot(grid[3, :]), energies)
    return drawing


def _tile(axes: Axes, pattern: Shaped[np.ndarray, "*shape"]) -> None:
    image = pattern if pattern.ndim >= 2 else _square(pattern)
    axes.imshow(image.reshape(*image.shape[:2], -1).mean(-1), cmap="gray_r", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def _square(pattern: Shaped[np.ndarray, "units"]) -> Shaped[np.ndarray, "rows columns"]:
    """Return the values of a pattern row by row in a square; what is left of the last row repeats its lower value."""
    side = int(np.ceil(np.sqrt(len(pattern))))
    padded = np.full(side * side, pattern.min(), pattern.dtype)
    padded[: len(pattern)] = pattern
    return padded.reshape(side, side)


def _energies(axes: Axes, energies: Float[np.ndarray, "moments probes"]) -> None:
    axes.plot(energies, color=COLOURS[0], lw=1)
    axes.set_xlabel(SAY("sweep"))
    axes.set_ylabel(SAY("energy"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.locator_params(axis="x", integer=True)
