"""Pictures of single layers: activities, filters, weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, SOFT, own_style
from ..drawing.colour_maps import signed
from ..errors import InvalidValue, NotFitted
from ..model import LayerTrace, Sequential, Trace
from .panels import PicturePath, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from ..drawing.figure import Drawing

MOST_PANELS = 64
PANEL = 1.1  # inches


def activations(
    model: Sequential | Trace, layer: int, x: object = None, *, row: int = 0, path: PicturePath | None = None
) -> Drawing:
    """Draw the activity of a layer for one input: an image for each channel, or a bar for each unit.

    Args:
        model: A network, with ``x``; or the :class:`~plastica.Trace` returned by ``model.trace``.
        layer: The index of the layer, from 0.
        x: Inputs as for ``predict``; only for a network.
        row: The index of the input.
        path: Where to write the figure; None only returns it.

    Raises:
        InvalidValue: If there is no such layer or row, or if ``x`` is missing for a network.
    """
    if isinstance(model, Sequential):
        if x is None:
            raise InvalidValue("draw.activations: x is missing; pass the inputs, or a trace instead of the network.")
        model = model.trace(x)
    if not isinstance(model, Trace):
        raise InvalidValue(f"draw.activations: got {type(model).__name__}; expected a Sequential or a Trace.")
    record: LayerTrace = model.layers[_place("draw.activations", layer, len(model.layers))]
    if not 0 <= row < len(record.activity):
        raise InvalidValue(f"draw.activations: row={row}; there are rows 0 to {len(record.activity) - 1}.")
    activity = record.activity[row]
    with own_style():
        if activity.ndim == 3:
            drawing = _pictures(np.moveaxis(activity, -1, 0), record.path)
        else:
            drawing, (axis,) = panels(1, 1, 6.4, 2.6)
            if activity.ndim == 2:  # time steps by units
                _draw_values(drawing, axis, activity.T)
                axis.set(xlabel="step", ylabel="unit")
            else:
                axis.bar(np.arange(activity.size), activity.reshape(-1), color=COLOURS[0])
                axis.axhline(0, color=SOFT, lw=0.6)
                axis.set(xlabel="unit", ylabel="activity")
                _number_whole(axis.xaxis)
            axis.set_title(f"{record.path}, input {row}")
        return drawing.save(path)


def filters(
    model: Sequential, layer: int = 0, *, shape: tuple[int, ...] | None = None, path: PicturePath | None = None
) -> Drawing:
    """Draw the weights of each unit of a layer as an image: the filters of a convolution or the weights of dense units.

    Only the first 64 units are drawn.

    Args:
        model: A network.
        layer: The index of the layer, from 0.
        shape: For dense units, the shape of the layer's input as an image, ``(height, width)``; None means square.
        path: Where to write the figure; None only returns it.

    Raises:
        InvalidValue: If the layer has no kernel that can be drawn as images.
    """
    kernel, name = _kernel("draw.filters", model, layer)
    if kernel.ndim == 2:
        side = math.isqrt(kernel.shape[0])
        wanted = shape or (side, side)
        if math.prod(wanted) != kernel.shape[0]:
            raise InvalidValue(
                f"draw.filters: {name} has {kernel.shape[0]} inputs, which do not form an image of shape {wanted}. "
                "Pass shape=(height, width)."
            )
        pictures = kernel.T.reshape(-1, *wanted)
    elif kernel.ndim == 4:  # (height, width, inputs, filters): average over the input channels
        pictures = np.moveaxis(kernel.mean(2), -1, 0)
    else:
        raise InvalidValue(f"draw.filters: the kernel of {name} has shape {kernel.shape}; use draw.weights.")
    with own_style():
        return _pictures(pictures, name).save(path)


def weights(model: Sequential, layer: int, *, path: PicturePath | None = None) -> Drawing:
    """Draw the kernel of a layer as a matrix, inputs by units, and a histogram of its weights.

    Args:
        model: A network.
        layer: The index of the layer, from 0.
        path: Where to write the figure; None only returns it.

    Raises:
        InvalidValue: If there is no such layer or it has no kernel.
    """
    kernel, name = _kernel("draw.weights", model, layer)
    with own_style():
        drawing, (matrix, histogram) = panels(1, 2, 8.4, 3.2)
        _draw_values(drawing, matrix, kernel.reshape(-1, kernel.shape[-1]))
        matrix.set(title=name, xlabel="unit", ylabel="input")
        histogram.hist(kernel.reshape(-1), bins=40, color=COLOURS[0])
        histogram.set(title="distribution", xlabel="weight", ylabel="count")
        return drawing.save(path)


def _kernel(owner: str, model: object, layer: int) -> tuple[np.ndarray, str]:
    if not isinstance(model, Sequential):
        raise InvalidValue(f"{owner}: got {type(model).__name__}; expected a Sequential.")
    if not model.built:
        raise NotFitted(f"{owner}: the network has no weights yet; call fit() or build() first.")
    place = _place(owner, layer, len(model.layers))
    name = f"layer {place}, {type(model.layers[place]).__name__}"
    own = model.params[place]
    kernel = own.get("kernel") if isinstance(own, dict) else None
    if kernel is None or np.ndim(kernel) < 2:
        raise InvalidValue(f"{owner}: {name} has no kernel to draw.")
    return np.asarray(kernel), name


def _place(owner: str, layer: int, count: int) -> int:
    if not -count <= layer < count:
        raise InvalidValue(f"{owner}: layer={layer}; the network has layers 0 to {count - 1}.")
    return layer % count


def _pictures(pictures: np.ndarray, title: str) -> Drawing:
    """Draw many small images on one colour scale, blue above 0 and orange below."""
    shown = pictures[:MOST_PANELS]
    columns = min(len(shown), 8)
    rows = -(-len(shown) // columns)
    drawing, axes = panels(rows, columns, max(columns * PANEL, 3.2), rows * PANEL + 0.5)
    most = float(np.abs(shown).max()) or 1.0
    for axis, picture in zip(axes, shown, strict=False):
        axis.imshow(picture, cmap=signed(), vmin=-most, vmax=most)
    for axis in axes:
        axis.set_axis_off()
    more = f", the first {MOST_PANELS} of {len(pictures)}" if len(pictures) > MOST_PANELS else ""
    drawing.suptitle(f"{title}{more}", fontsize=9)
    return drawing


def _draw_values(drawing: Drawing, axis: Axes, values: np.ndarray) -> None:
    most = float(np.abs(values).max()) or 1.0
    image = axis.imshow(values, cmap=signed(), vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    drawing.colorbar(image, ax=axis)
    _number_whole(axis.xaxis, axis.yaxis)


def _number_whole(*lines: Axis) -> None:
    """Use integer tick labels only."""
    from matplotlib.ticker import MaxNLocator

    for line in lines:
        line.set_major_locator(MaxNLocator(integer=True))
