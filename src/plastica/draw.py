"""Figures of a network: decision boundaries, activations, filters and weights.

Each function returns a :class:`~plastica.drawing.figure.Drawing`, a matplotlib figure that is displayed in notebooks
and that ``save("name.svg")`` writes to a file. ``model.draw()`` draws the layers, ``history.plot()`` the learning
curves, and ``plastica.maps`` self-organizing maps.

Example:
    >>> import numpy as np, plastica as pl
    >>> x, y = np.random.default_rng(0).random((50, 2)), np.arange(50) % 2
    >>> model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(1, activation="sigmoid")])
    >>> model.compile("adam", "binary_crossentropy")
    >>> _ = model.fit(x, y, verbose=0)
    >>> drawing = pl.draw.boundary(model, x, y)
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .data.arrays import to_array
from .data.native import column_names, like
from .drawing import COLOURS, INK, MORE_COLOURS, SOFT, load_matplotlib, own_style
from .errors import InvalidValue, NotFitted, ShapeError
from .model import LayerTrace, Sequential, Trace

if TYPE_CHECKING:
    from .drawing.figure import Drawing

__all__ = ["activations", "boundary", "filters", "weights"]

FINENESS = 160  # grid points along each side
MARGIN = 0.08  # margin on each side, as a fraction of the range of the rows
MOST_PANELS = 64
PANEL = 1.1  # inches
Path = str | os.PathLike[str]


def boundary(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    features: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    path: Path | None = None,
) -> Drawing:
    """Draw what a model of two features predicts everywhere between them, and the rows.

    For classes, the colours are mixed by the predicted probabilities, so that the boundary is where they meet. For a
    number, its value is shown by shades and contour lines.

    Args:
        model: A network with two inputs, or any model with ``predict`` (and ``predict_proba`` for classes).
        x: Rows, ``(rows, 2)``, or a data frame with two columns; they determine the range of the plane.
        y: The targets of the rows: class indices, labels or numbers; None draws the rows in one colour.
        features: The names of the features. Default: the columns of a data frame.
        classes: The names of the classes in the order of the model's outputs.
        path: Where to write the figure (``.svg``, ``.png``, ``.pdf``); None only returns it.

    Raises:
        ShapeError: If there are not two features, or not one target per row.
        InvalidValue: If the model predicts several numbers per row that are not probabilities.
    """
    rows = to_array(x, "x")
    if rows.ndim != 2 or rows.shape[1] != 2:
        raise ShapeError(f"draw.boundary: x has shape {rows.shape}; expected two features, (rows, 2).")
    truth = None if y is None else np.asarray(y).reshape(-1)
    if truth is not None and len(truth) != len(rows):
        raise ShapeError(f"draw.boundary: y has {len(truth)} targets for {len(rows)} rows.")
    low, high = rows.min(0), rows.max(0)
    margin = MARGIN * np.where(high > low, high - low, 1)
    spans = [np.linspace(a, b, FINENESS) for a, b in zip(low - margin, high + margin, strict=True)]
    plane = np.stack(np.meshgrid(*spans), -1).reshape(-1, 2).astype(np.float32)
    answers, probabilities = _answers(model, plane if isinstance(model, Sequential) else like(x, plane))
    shape = (FINENESS, FINENESS, -1)
    extent = (spans[0][0], spans[0][-1], spans[1][0], spans[1][-1])
    with own_style():
        drawing, (axis,) = _panels(1, 1, 5.2, 4.2)
        if probabilities:
            shares = answers.reshape(shape)
            names = _names(classes, truth, shares.shape[2])
            _draw_shares(axis, shares, extent)
            _draw_rows(axis, rows, truth, names)
        else:
            _draw_height(drawing, axis, answers.reshape(shape)[:, :, 0], extent, rows, truth)
        names = features or column_names(x) or ("feature 0", "feature 1")
        axis.set(xlabel=names[0], ylabel=names[1], aspect="auto")
        return drawing.save(path)


def activations(model: Any, layer: int, x: Any = None, *, row: int = 0, path: Path | None = None) -> Drawing:
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
            drawing, (axis,) = _panels(1, 1, 6.4, 2.6)
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
    model: Sequential, layer: int = 0, *, shape: tuple[int, ...] | None = None, path: Path | None = None
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


def weights(model: Sequential, layer: int, *, path: Path | None = None) -> Drawing:
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
        drawing, (matrix, histogram) = _panels(1, 2, 8.4, 3.2)
        _draw_values(drawing, matrix, kernel.reshape(-1, kernel.shape[-1]))
        matrix.set(title=name, xlabel="unit", ylabel="input")
        histogram.hist(kernel.reshape(-1), bins=40, color=COLOURS[0])
        histogram.set(title="distribution", xlabel="weight", ylabel="count")
        return drawing.save(path)


def _answers(model: Any, plane: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the predictions of a model, ``(rows, outputs)``, and whether they are class probabilities."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(plane), np.float64), True
    found = np.asarray(model.predict(plane), np.float64)
    found = found.reshape(len(plane), -1)
    activation = type(model.network.output_activation).__name__ if isinstance(model, Sequential) else ""
    if activation == "Sigmoid" and found.shape[1] == 1:
        return np.concatenate([1 - found, found], axis=1), True
    if found.shape[1] > 1:
        if not np.allclose(found.sum(1), 1, atol=1e-3):
            raise InvalidValue(
                f"draw.boundary: the model predicts {found.shape[1]} numbers per row, which are not class "
                "probabilities. Use a model with a softmax or with one output."
            )
        return found, True
    return found, False


def _names(classes: Sequence[str] | None, truth: np.ndarray | None, count: int) -> list[str]:
    if classes is not None:
        if len(classes) != count:
            raise ShapeError(f"draw.boundary: got {len(classes)} classes; the model has {count}.")
        return [str(each) for each in classes]
    found = [] if truth is None else np.unique(truth).tolist()
    numbered = all(isinstance(each, int | float) for each in found)
    return [str(each) for each in found] if found and not numbered else [f"class {each}" for each in range(count)]


def _draw_shares(axis: Any, shares: np.ndarray, extent: tuple[float, ...]) -> None:
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(colour) for colour in _colours(shares.shape[2])])
    axis.imshow(1 - 0.55 * shares @ (1 - colours), origin="lower", extent=extent, aspect="auto")


def _draw_rows(axis: Any, rows: np.ndarray, truth: np.ndarray | None, names: list[str]) -> None:
    dots = {"marker": "o", "ls": "", "ms": 3.5, "mew": 0.4, "mec": "white"}
    if truth is None:
        axis.plot(*rows.T, color=INK, **dots)
        return
    numbered = np.issubdtype(truth.dtype, np.number) or truth.dtype == bool
    for place, (name, colour) in enumerate(zip(names, _colours(len(names)), strict=True)):
        own = rows[truth.astype(int) == place] if numbered else rows[truth.astype(str) == name]
        axis.plot(*own.T, color=colour, label=name, **dots)
    axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _draw_height(
    drawing: Any, axis: Any, height: np.ndarray, extent: tuple[float, ...], rows: np.ndarray, truth: np.ndarray | None
) -> None:
    known = height if truth is None else np.concatenate([height.reshape(-1), truth.astype(np.float64)])
    scale = {"vmin": float(known.min()), "vmax": float(known.max()), "cmap": "viridis"}
    image = axis.imshow(height, origin="lower", extent=extent, aspect="auto", **scale)
    if height.max() > height.min():
        axis.contour(height, extent=extent, colors="white", linewidths=0.5, levels=8)
    axis.scatter(
        *rows.T,
        c=INK if truth is None else truth,
        s=14,
        edgecolors="white",
        linewidths=0.5,
        **({} if truth is None else scale),
    )
    drawing.colorbar(image, ax=axis, label="prediction")


def _kernel(owner: str, model: Any, layer: int) -> tuple[np.ndarray, str]:
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


def _pictures(pictures: np.ndarray, title: str) -> Any:
    """Draw many small images on one colour scale, blue above 0 and orange below."""
    shown = pictures[:MOST_PANELS]
    columns = min(len(shown), 8)
    rows = -(-len(shown) // columns)
    drawing, axes = _panels(rows, columns, max(columns * PANEL, 3.2), rows * PANEL + 0.5)
    most = float(np.abs(shown).max()) or 1.0
    for axis, picture in zip(axes, shown, strict=False):
        axis.imshow(picture, cmap=_diverging(), vmin=-most, vmax=most)
    for axis in axes:
        axis.set_axis_off()
    more = f", the first {MOST_PANELS} of {len(pictures)}" if len(pictures) > MOST_PANELS else ""
    drawing.suptitle(f"{title}{more}", fontsize=9)
    return drawing


def _draw_values(drawing: Any, axis: Any, values: np.ndarray) -> None:
    most = float(np.abs(values).max()) or 1.0
    image = axis.imshow(values, cmap=_diverging(), vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    drawing.colorbar(image, ax=axis)
    _number_whole(axis.xaxis, axis.yaxis)


def _number_whole(*lines: Any) -> None:
    """Use integer tick labels only."""
    from matplotlib.ticker import MaxNLocator

    for line in lines:
        line.set_major_locator(MaxNLocator(integer=True))


def _diverging() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [COLOURS[1], "#FFFFFF", COLOURS[0]])


def _colours(count: int) -> list[str]:
    known = (*COLOURS, *MORE_COLOURS)
    return [known[place % len(known)] for place in range(count)]


def _panels(rows: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    load_matplotlib()
    from .drawing.figure import Drawing

    drawing = Drawing(width, height, layout="constrained")
    axes = drawing.subplots(rows, columns, squeeze=False)
    return drawing, [axis for line in axes for axis in line]
