"""Pictures of single neurons over time, and of the weights between neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..drawing import COLOURS, INK, SOFT, drawable_language, own_style
from ..errors import DataError
from ..language import Texts, using

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.cm import ScalarMappable

    from ..drawing.figure import Drawing
    from ..typing import Float
    from .traces_of_neurons import NeuronTraces, QuantitiesInTime

SAY = Texts("spikes")
FIELDS, SPARSE = 100, 0.1  # neurons up to which fields are seen, and connected pairs from which dots merge
_UNITS = {"adaptation_current": "pA"}  # of quantities that have the same in all neurons


def draw_neuron_traces(traces: NeuronTraces) -> Drawing:
    """Draw potentials, currents and adaptation of neurons over time; see ``NeuronTraces.draw``."""
    from ..drawing.figure import Drawing

    columns, below = len(traces.neurons), [part for part in (traces.currents, traces.others) if part]
    heights = (2.0, *(1.0 for _ in below))
    with own_style(), using(drawable_language()):
        drawing = Drawing(1.8 + 2.8 * columns, 1.0 + 1.15 * sum(heights), layout="constrained")
        panels = drawing.subplots(
            len(heights), columns, sharex=True, sharey="row", squeeze=False, height_ratios=heights
        )
        for column, neuron in enumerate(traces.neurons):
            _draw_membrane(panels[0, column], traces, column)
            panels[0, column].set_title(SAY("neuron_number", number=neuron), fontsize=9, color=INK)
            for axes, part in zip(panels[1:, column], below, strict=True):
                _draw_quantities(axes, traces, part, column)
            panels[-1, column].set_xlabel(SAY("milliseconds"), fontsize=9, color=INK)
        for axes in panels[:, -1]:  # beside the curves, which leave no place of their own
            axes.legend(fontsize=8, frameon=False, labelcolor=SOFT, loc="center left", bbox_to_anchor=(1.0, 0.5))
        panels[0, 0].set_ylabel(quantity("membrane", traces.potential_unit), fontsize=9, color=INK)
        if traces.currents:
            name = "input" if "input" in traces.currents else "current"
            panels[1, 0].set_ylabel(quantity(name, traces.current_unit), fontsize=9, color=INK)
    return drawing


def quantity(name: str, unit: str = "") -> str:
    """Return the label of a quantity with its unit, if it has one."""
    shown, unit = SAY.name("quantity", name), unit or _UNITS.get(name, "")
    return SAY("with_unit", name=shown, unit=unit) if unit else shown


def _draw_membrane(axes: Axes, traces: NeuronTraces, column: int) -> None:
    axes.plot(traces.times, traces.membrane[:, column], color=INK, lw=1.0, label=SAY("quantity_membrane"))
    highest = traces.membrane.max()
    if traces.threshold is not None:
        axes.plot(traces.times, traces.threshold[:, column], color=COLOURS[1], lw=1.0, ls="--", label=SAY("threshold"))
        highest = max(highest, traces.threshold.max())
    # Spikes stand above all that is drawn, as a reset hides how high the potential rose.
    spread = max(highest - traces.membrane.min(), 1e-6)
    at = traces.times[traces.spikes[:, column] > 0]
    axes.vlines(at, highest + 0.08 * spread, highest + 0.22 * spread, color=COLOURS[0], lw=1.0, label=SAY("spike"))
    axes.set_ylim(traces.membrane.min() - 0.05 * spread, highest + 0.26 * spread)
    _plain(axes)


def _draw_quantities(axes: Axes, traces: NeuronTraces, part: QuantitiesInTime, column: int) -> None:
    for (name, values), colour in zip(part.items(), (COLOURS * 3), strict=False):
        axes.plot(traces.times, values[:, column], color=colour, lw=1.0, label=quantity(name))
    _plain(axes)


def draw_connectivity(weights: ArrayLike, title: str = "") -> Drawing:
    """Draw the weights between neurons: who is connected to whom, and how weights are distributed.

    When to use: for recurrent kernels, to see whether connections are sparse, grouped or obey Dale's law.

    Args:
        weights: ``(from, to)``, as kernels have them; 0 for no connection.
        title: The title.

    Raises:
        DataError: If weights are no matrix of finite numbers.

    Example:
        >>> len(draw_connectivity(np.eye(4)).axes)
        3
    """
    from ..drawing.figure import Drawing

    matrix = np.asarray(weights, np.float64)
    if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
        raise DataError(
            f"draw_connectivity: got weights of shape {matrix.shape}; expected finite numbers, (from, to), such as a "
            "recurrent kernel."
        )
    present = matrix[matrix != 0]
    bound = float(np.abs(matrix).max()) or 1.0
    with own_style(), using(drawable_language()):
        drawing = Drawing(7.4, 3.4, layout="constrained")
        left, right = drawing.subplots(1, 2, width_ratios=(1.35, 1))
        shown = _draw_matrix(left, matrix, bound)
        drawing.colorbar(shown, ax=left).ax.tick_params(labelsize=8)
        left.set_xlabel(SAY("to_neuron"), fontsize=9, color=INK)
        left.set_ylabel(SAY("from_neuron"), fontsize=9, color=INK)
        left.tick_params(labelsize=8)
        for axis in (left.xaxis, left.yaxis, right.yaxis):
            whole_numbers(axis)
        edges = np.linspace(-bound, bound, 41)
        for sign, colour, name in ((-1, COLOURS[1], "negative"), (1, COLOURS[0], "positive")):
            counts = np.histogram(present[sign * present > 0], edges)[0]
            right.stairs(counts, edges, color=colour, fill=True, label=SAY(name))
        right.set_xlabel(SAY("weight"), fontsize=9, color=INK)
        right.set_ylabel(SAY("connections"), fontsize=9, color=INK)
        right.set_title(SAY("connected", share=f"{len(present) / matrix.size:.0%}"), fontsize=9, color=INK)
        right.set_ylim(0, 1.25 * max(right.dataLim.y1, 1))  # with room for the legend
        right.legend(fontsize=8, frameon=False, labelcolor=SOFT, loc="upper left", ncols=2)
        _plain(right)
        if title:
            drawing.suptitle(title, fontsize=10, color=INK)
    return drawing


def _draw_matrix(axes: Axes, matrix: Float[np.ndarray, "rows columns"], bound: float) -> ScalarMappable:
    """Draw each weight as a field; few weights of many neurons as dots, since small fields are not seen."""
    colours = {"cmap": "RdBu", "vmin": -bound, "vmax": bound}
    if max(matrix.shape) <= FIELDS or np.count_nonzero(matrix) > SPARSE * matrix.size:
        return axes.imshow(matrix, interpolation="nearest", aspect="auto", **colours)
    rows, columns = np.nonzero(matrix)
    axes.set_xlim(-0.5, matrix.shape[1] - 0.5)
    axes.set_ylim(matrix.shape[0] - 0.5, -0.5)
    return axes.scatter(columns, rows, s=2.5, c=matrix[rows, columns], linewidths=0, **colours)


def whole_numbers(axis: Axis) -> None:
    """Put the ticks of an axis at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
