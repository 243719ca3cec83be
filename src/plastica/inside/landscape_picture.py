"""Pictures of losses over weights: planes and paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, PALE, SOFT
from .look import SAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .connectivity import ModeConnectivity
    from .landscape import LossLandscape

WIDTH, HEIGHT = 8.2, 3.5  # inches
LEVELS = 14
CLIP = 30  # losses beyond so many times the range from the lowest to the median are drawn in one colour
DASHES = {"linear": "-", "aligned": "--", "curve": "-"}


def draw_landscape(found: LossLandscape) -> Drawing:
    """Draw the plane as a map with contour lines, and two cuts through the model."""
    from ..drawing.figure import Drawing

    drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
    plane, cuts = drawing.subplots(1, 2, width_ratios=(1.25, 1))
    shown, levels = _levels(found.loss)
    beyond = "max" if np.nanmax(found.loss) > levels[-1] else "neither"
    filled = plane.contourf(found.a, found.b, shown, levels=levels, cmap="viridis", extend=beyond)
    plane.contour(found.a, found.b, shown, levels=levels, colors="white", linewidths=0.35)
    bar = drawing.colorbar(filled, ax=plane, label=SAY("loss"), format="%.3g")
    bar.ax.tick_params(labelsize=8)
    if len(found.places) > 1:
        plane.plot(*found.places[1:].T, "o-", color="white", ms=3.5, lw=0.8, mec=INK, mew=0.5)
    plane.plot(0, 0, "o", color=COLOURS[1], ms=6, mec="white", mew=0.8)
    plane.set(xlabel="a", ylabel="b", title=SAY("landscape_title"))
    middle = int(np.abs(found.b).argmin()), int(np.abs(found.a).argmin())
    cuts.plot(found.a, shown[middle[0]], color=COLOURS[0], label=SAY("along", axis="a"))
    cuts.plot(found.b, shown[:, middle[1]], color=COLOURS[1], ls="--", label=SAY("along", axis="b"))
    cuts.set(xlabel=SAY("distance"), ylabel=SAY("loss"), title=SAY("cuts_title"))
    cuts.legend(frameon=False, fontsize=8)
    dress(plane, grid=False)
    dress(cuts)
    return drawing


def draw_connectivity(found: ModeConnectivity) -> Drawing:
    """Draw the loss, and the first metric if there is one, along each path."""
    from ..drawing.figure import Drawing

    names = list(next(iter(found.paths.values())))[:2]
    drawing = Drawing(4.2 * len(names), HEIGHT, layout="constrained")
    panels = np.ravel(drawing.subplots(1, len(names), squeeze=False))
    for axes, name in zip(panels, names, strict=True):
        for place, (path, figures) in enumerate(found.paths.items()):
            axes.plot(found.t, figures[name], color=COLOURS[place], ls=DASHES[path], lw=1.8, label=SAY(f"path_{path}"))
        axes.set(xlabel=SAY("path_place"), title=SAY.name("figure", name))
        axes.set_xticks([0, 0.5, 1])
        dress(axes)
    lines, words = panels[0].get_legend_handles_labels()
    drawing.legend(lines, words, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return drawing


def dress(axes: Axes, grid: bool = True) -> None:
    """Give axes the look of all pictures of this kind."""
    axes.tick_params(labelsize=8, colors=INK, length=2, color=SOFT)
    axes.title.set_fontsize(10)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_fontsize(9)
    if grid:
        axes.grid(color=PALE, linewidth=0.6)
        axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _levels(loss: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the losses as drawn, and the levels of the contour lines, which are denser where the loss is low."""
    low, middle = float(np.nanmin(loss)), float(np.nanmedian(loss))
    room = max(middle - low, 1e-12 * max(abs(low), 1.0))
    high = min(float(np.nanmax(loss)), low + CLIP * room)
    if not high > low:
        high = low + 1e-6 * max(abs(low), 1.0)
    shown = np.clip(np.nan_to_num(loss, nan=high), None, high)
    return shown, low + (high - low) * np.linspace(0, 1, LEVELS + 1) ** 2
