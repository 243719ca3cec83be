"""Pictures of spikes: rasters, firing curves, phase planes, receptive fields, accuracy after a conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, PALE, SOFT, drawable_language, own_style
from ..errors import InvalidValue
from ..language import Texts, using
from .pictures_of_neurons import quantity, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from ..typing import Float
    from .conversion import ConversionLoss
    from .frequency_current import FiringCurve
    from .planes import PhasePlane
    from .spike_trains import SpikeTrains

SAY = Texts("spikes")
MOST_SHOWN = 500  # neurons of a raster, beyond which lines merge
FEW = 60  # neurons of a raster with a line for each spike
ARROWS = 6  # every so many places of a phase plane have an arrow


def draw_raster(trains: SpikeTrains, bins: float) -> Drawing:
    """Draw spikes and their mean rate; see ``SpikeTrains.draw``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(6.4, 4.2, layout="constrained")
        above, below = drawing.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        rows, shown = min(trains.num_neurons, MOST_SHOWN), trains.neurons < MOST_SHOWN
        # Dots where there are many neurons; few have room for lines, which are seen better.
        marks = {"marker": "|", "ms": min(14.0, 120 / rows)} if rows <= FEW else {"marker": ".", "ms": 1.5}
        above.plot(trains.times[shown], trains.neurons[shown], ls="", color=INK, **marks)
        above.set_ylim(-0.5, rows - 0.5)
        above.set_xlim(0, trains.duration)
        whole_numbers(above.yaxis)
        label = "neuron" if rows == trains.num_neurons else "neuron_of"
        above.set_ylabel(SAY(label, shown=rows, count=f"{trains.num_neurons:,}"), fontsize=9, color=INK)
        edges = np.arange(0, trains.duration + bins, bins)
        counts = np.histogram(trains.times, edges)[0]
        below.stairs(1000 * counts / bins / trains.num_neurons, edges, color=COLOURS[0], fill=True)
        below.set_ylim(0, None if counts.any() else 1)
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
        axes.set_xlabel(quantity("current", curve.unit), fontsize=9, color=INK)
        axes.set_ylabel(SAY("hertz"), fontsize=9, color=INK)
        _plain(axes)
    return drawing


def draw_phase_plane(plane: PhasePlane) -> Drawing:
    """Draw flow, nullclines and orbit; see ``PhasePlane.draw``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(4.6, 4.0, layout="constrained")
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
        # A reset is a jump, along which the neuron is nowhere.
        orbit = np.insert(plane.orbit, np.flatnonzero(plane.resets), np.nan, axis=0)
        axes.plot(*orbit.T, color=INK, lw=1.0, label=SAY("orbit"))
        axes.set_xlim(plane.x[0], plane.x[-1])
        axes.set_ylim(plane.y[0], plane.y[-1])
        axes.set_xlabel(quantity(plane.names[0], plane.potential_unit), fontsize=9, color=INK)
        axes.set_ylabel(quantity(plane.names[1]), fontsize=9, color=INK)
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 2}  # curves may pass anywhere
        axes.legend(fontsize=8, frameon=False, labelcolor=SOFT, **above)
        _plain(axes)
    return drawing


def draw_receptive_fields(weights: Float[np.ndarray, "inputs units"]) -> Drawing:
    """Draw the weights into each unit as a picture; see ``DiehlCookNetwork.draw``.

    Raises:
        InvalidValue: If the inputs are no square.
    """
    from ..drawing.figure import Drawing

    inputs, units = weights.shape
    side, columns = round(inputs**0.5), int(np.ceil(units**0.5))
    if side * side != inputs:
        raise InvalidValue(f"draw: got {inputs} inputs for each unit, which are no square picture.")
    rows = -(-units // columns)
    whole = np.zeros((rows * columns, side, side))
    whole[:units] = weights.T.reshape(units, side, side)
    whole = whole.reshape(rows, columns, side, side).swapaxes(1, 2).reshape(rows * side, columns * side)
    with own_style(), using(drawable_language()):
        drawing = Drawing(5.0, 5.0 * rows / columns, layout="constrained")
        axes = drawing.subplots()
        axes.imshow(whole, cmap="Greys", interpolation="nearest")
        axes.set_axis_off()
    return drawing


def draw_conversion_loss(loss: ConversionLoss) -> Drawing:
    """Draw the accuracy by the number of steps; see ``ConversionLoss.draw``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(4.2, 3.0, layout="constrained")
        axes = drawing.subplots()
        axes.axhline(loss.original, color=SOFT, lw=1.0, ls="--", label=SAY("network_itself"))
        axes.plot(loss.steps, loss.accuracies, ".-", color=COLOURS[0], lw=1.4, ms=4, label=SAY("converted"))
        axes.set_xscale("log", base=2)
        axes.set_xticks(loss.steps, [f"{each}" for each in loss.steps])
        axes.set_xlabel(SAY("steps"), fontsize=9, color=INK)
        axes.set_ylabel(SAY("accuracy"), fontsize=9, color=INK)
        axes.legend(fontsize=8, frameon=False, labelcolor=SOFT)
        _plain(axes)
    return drawing


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
