"""What a model of two features predicts everywhere between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..data.arrays import to_array
from ..data.native import column_names, like
from ..drawing import INK, ArtistOption, own_style
from ..errors import InvalidValue, ShapeError
from ..model import Sequential
from .panels import PicturePath, colours_for, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing

FINENESS = 160  # grid points along each side
MARGIN = 0.08  # margin on each side, as a fraction of the range of the rows


class PredictingModel(Protocol):
    """A network, or any other model whose predictions can be drawn."""

    @property
    def predict(self) -> Callable[..., object]:
        """Return the predictions for rows."""
        ...


def boundary(
    model: PredictingModel,
    x: object,
    y: ArrayLike | None = None,
    *,
    features: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    path: PicturePath | None = None,
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
        drawing, (axis,) = panels(1, 1, 5.2, 4.2)
        if probabilities:
            shares = answers.reshape(shape)
            names = _names(classes, truth, shares.shape[2])
            draw_shares(axis, shares, extent)
            draw_rows(axis, rows, truth, names)
        else:
            draw_height(drawing, axis, answers.reshape(shape)[:, :, 0], extent, rows, truth)
        names = features or column_names(x) or ("feature 0", "feature 1")
        axis.set(xlabel=names[0], ylabel=names[1], aspect="auto")
        return drawing.save(path)


def _answers(model: PredictingModel, plane: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the predictions of a model, ``(rows, outputs)``, and whether they are class probabilities."""
    probabilities = getattr(model, "predict_proba", None)
    if probabilities is not None:
        return np.asarray(probabilities(plane), np.float64), True
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


def draw_shares(axis: Axes, shares: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    """Draw probabilities of classes, ``(rows, columns, classes)``, as mixed colours."""
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(colour) for colour in colours_for(shares.shape[2])])
    # Paler than the rows, which lie on top.
    axis.imshow(1 - 0.55 * shares @ (1 - colours), origin="lower", extent=extent, aspect="auto")


def draw_rows(axis: Axes, rows: np.ndarray, truth: np.ndarray | None, names: list[str]) -> None:
    """Draw rows at their places, ``(rows, 2)``, in the colours of their classes."""
    dots: dict[str, ArtistOption] = {"marker": "o", "ls": "", "ms": 3.5, "mew": 0.4, "mec": "white"}
    if truth is None:
        axis.plot(*rows.T, color=INK, **dots)
        return
    numbered = np.issubdtype(truth.dtype, np.number) or truth.dtype == bool
    for place, (name, colour) in enumerate(zip(names, colours_for(len(names)), strict=True)):
        own = rows[truth.astype(int) == place] if numbered else rows[truth.astype(str) == name]
        axis.plot(*own.T, color=colour, label=name, **dots)
    axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def draw_height(
    drawing: Drawing,
    axis: Axes,
    height: np.ndarray,
    extent: tuple[float, float, float, float],
    rows: np.ndarray,
    truth: np.ndarray | None,
) -> None:
    """Draw one number everywhere, ``(rows, columns)``, and the rows with their numbers in the same colours."""
    # One scale for the plane and the rows, so that equal colours are equal values.
    known = height if truth is None else np.concatenate([height.reshape(-1), truth.astype(np.float64)])
    scale: dict[str, ArtistOption] = {"vmin": float(known.min()), "vmax": float(known.max()), "cmap": "viridis"}
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
