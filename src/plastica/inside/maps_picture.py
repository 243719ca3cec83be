"""Pictures of activities and weights as maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, PAPER
from ..drawing.colour_maps import signed
from .landscape_picture import dress
from .look import SAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .maps import ActivityMap, WeightMaps

MOST_KERNELS = 8
IN_ROW = 4
EXTREME = 0.995  # quantile of magnitudes at which colours end, so that one large value does not hide the others


def draw_activity(found: ActivityMap) -> Drawing:
    """Draw rows by units, with a line and a name for each class."""
    from ..drawing.figure import Drawing

    drawing = Drawing(6.4, 4.4, layout="constrained")
    axes = drawing.add_subplot(1, 1, 1)
    most = float(np.quantile(np.abs(found.activity), EXTREME)) or 1.0
    positive = found.activity.min() >= 0
    image = axes.imshow(
        found.activity, cmap="Blues" if positive else signed(), vmin=0 if positive else -most, vmax=most, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    drawing.colorbar(image, ax=axes, label=SAY("activity"), extend="max" if found.activity.max() > most else "neither")
    axes.set(xlabel=SAY("units_alike"), title=SAY("activity_title", layer=found.layer), xticks=[], yticks=[])
    if found.labels is not None and found.labels.dtype.kind != "f":
        _name_classes(axes, found.labels.astype(str))
    else:
        axes.set_ylabel(SAY("rows"))
    dress(axes, grid=False)
    return drawing


def _name_classes(axes: Axes, labels: np.ndarray) -> None:
    starts = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]])
    ends = np.r_[starts[1:], len(labels)]
    for start in starts[1:]:
        axes.axhline(start - 0.5, color=INK, lw=0.8)
    axes.set_yticks((starts + ends - 1) / 2, labels[starts].tolist())


def draw_weights(found: WeightMaps) -> Drawing:
    """Draw each kernel as a matrix, above the distribution of its weights."""
    from ..drawing.figure import Drawing

    shown = list(found.kernels.items())[:MOST_KERNELS]
    columns = min(len(shown), IN_ROW)
    lines = -(-len(shown) // columns)
    drawing = Drawing(max(2.4 * columns, 3.4), 3.8 * lines, layout="constrained")
    grid = drawing.subplots(2 * lines, columns, squeeze=False, height_ratios=(2, 1) * lines)
    for axes in grid.ravel():
        axes.set_axis_off()
    for place, (name, kernel) in enumerate(shown):
        above, below = grid[2 * (place // columns), place % columns], grid[2 * (place // columns) + 1, place % columns]
        most = float(np.quantile(np.abs(kernel), EXTREME)) or 1.0
        above.set_axis_on()
        above.imshow(kernel, cmap=signed(), vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
        above.set(xticks=[], yticks=[])
        above.set_title(name.replace(": ", "\n"), fontsize=8)
        above.set_xlabel(SAY("size_units", count=kernel.shape[1]), fontsize=7)
        above.set_ylabel(SAY("size_inputs", count=kernel.shape[0]), fontsize=7)
        below.set_axis_on()
        below.hist(kernel.ravel(), bins=40, color=COLOURS[0], edgecolor=PAPER, linewidth=0.2)
        below.set_yticks([])
        dress(below, grid=False)
        below.tick_params(labelsize=7)
        below.set_xlabel(SAY("weight"), fontsize=7)
    return drawing
