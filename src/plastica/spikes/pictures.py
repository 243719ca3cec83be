"""Pictures of spikes: rasters, firing curves and phase planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, PALE, SOFT, drawable_language, own_style
from ..language import Texts, using

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .frequency_current import FiringCurve
    from .planes import PhasePlane
    from .spike_trains import SpikeTrains

SAY = Texts("spikes")
MOST_SHOWN = 500  # neurons of a raster, beyond which lines merge
ARROWS = 6  # every so many places of a phase plane have an arrow


def draw_raster(trains: SpikeTrains, bins: float) -> Drawing:
    """Draw spikes and their mean rate; see ``SpikeTrains.draw``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(6.4, 3.8, layout="constrained")
        above, below = drawing.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        shown = trains.neurons < MOST_SHOWN
        above.plot(trains.times[shown], trains.neurons[shown], ".", ms=1.5, color=INK)
        above.set_ylabel(SAY("neuron"), fontsize=9, color=INK)
        edges = np.arange(0, trains.duration + bins, bins)
        counts = np.histogram(trains.times, edges)[0]
        below.stairs(1000 * counts / bins / trains.num_neurons, edges, color=COLOURS[0], fill=True)
        below.set_xlabel(SAY("milliseconds"), fontsize=9, color=INK)
        below.set_ylabel(SAY("hertz"), fontsize=9, color=INK)
        for axes in (above, below):
            _plain(axes)
    return drawing


def draw_firing_curve(curve: FiringCurve) -> Drawing:
    """Draw rates by current; see ``FiringCurve.draw``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(4.2, 3.0, layout="constrained")
        axes = drawing.subplots()
        axes.plot(curve.currents, curve.rates, ".-", color=COLOURS[0], lw=1.4, ms=4)
        axes.set_xlabel(SAY("current"), fontsize=9, color=INK)
        axes.set_ylabel(SAY("hertz"), fontsize=9, color=INK)
        _plain(axes)
    return drawing


def draw_phase_plane(plane: PhasePlane) -> Drawing:
    """Draw flow, nullclines and orbit; see ``PhasePlane.draw``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(4.6, 3.6, layout="constrained")
        axes = drawing.subplots()
        # Arrows as long on the page wherever they are: only their direction is read.
        across = plane.dx / np.ptp(plane.x)
        up = plane.dy / np.ptp(plane.y)
        length = np.maximum(np.hypot(across, up), 1e-12)
        some = slice(ARROWS // 2, None, ARROWS)
        axes.quiver(
            plane.x[some], plane.y[some], (across / length)[some, some], (up / length)[some, some],
            color=PALE, scale=28, width=0.003,
        )  # fmt: skip
        for slopes, colour, name in zip((plane.dx, plane.dy), COLOURS, plane.names, strict=False):
            axes.contour(plane.x, plane.y, slopes, [0.0], colors=[colour], linewidths=1.4)
            axes.plot([], [], color=colour, label=SAY("nullcline", name=SAY.name("quantity", name)))
        axes.plot(*plane.orbit.T, color=INK, lw=1.0, label=SAY("orbit"))
        axes.set_xlim(plane.x[0], plane.x[-1])
        axes.set_ylim(plane.y[0], plane.y[-1])
        axes.set_xlabel(SAY.name("quantity", plane.names[0]), fontsize=9, color=INK)
        axes.set_ylabel(SAY.name("quantity", plane.names[1]), fontsize=9, color=INK)
        axes.legend(fontsize=8, frameon=False, labelcolor=SOFT, loc="upper right")
        _plain(axes)
    return drawing


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
