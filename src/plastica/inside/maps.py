"""Maps: the activity of a layer for many rows, and the weights of all layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.spacing import spaced
from ..errors import ShapeError
from ..layers.walk import walk
from ..model import Model
from ..model.options import whole
from ..typing import Float, Int
from .activities import activities_of, hidden_layer, require_rows, units_of
from .look import SAY, InsideView, model_with_layers
from .magnitudes import kernels_of
from .rows_of_tables import rows_of_table

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

ROWS = 400
SMALL = 0.01  # of the largest weight of a kernel


@dataclass(frozen=True, eq=False, repr=False)
class ActivityMap(InsideView):
    """The activity of a layer for many rows, rows and units in an order that shows their groups.

    Attributes:
        layer: The path of the layer.
        activity: ``(rows, units)``, in the order of the map.
        rows: The number of each row among those given.
        units: The number of each unit.
        labels: The class or number of each row; None if not given.
    """

    layer: str
    activity: Float[np.ndarray, "rows units"]
    rows: Int[np.ndarray, "rows"]
    units: Int[np.ndarray, "units"]
    labels: np.ndarray | None

    def sentences(self) -> list[str]:
        active = f"{100 * float((self.activity != 0).mean()):.0f}"
        silent = int((np.ptp(self.activity, 0) == 0).sum())
        told = {"rows": f"{len(self.rows):,}", "active": active, "layer": self.layer}
        return [SAY("activity_is", count=len(self.units), **told)] + (
            [SAY("units_silent", count=silent)] if silent else []
        )

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each row of the map: its number, its class, and the activity of each unit."""
        import polars as pl

        own = {} if self.labels is None else {"label": [str(each) for each in self.labels]}
        values = {f"unit {unit}": self.activity[:, place] for place, unit in enumerate(self.units)}
        return pl.DataFrame({"row": self.rows, **own, **values})

    def summary(self) -> pl.DataFrame:
        import polars as pl

        values = self.activity
        found = {"unit": self.units, "mean": values.mean(0), "deviation": values.std(0), "lowest": values.min(0)}
        return pl.DataFrame({**found, "highest": values.max(0), "active": (values > 0).mean(0)})

    def drawing(self) -> Drawing:
        from .maps_picture import draw_activity

        return draw_activity(self)


@dataclass(frozen=True, eq=False, repr=False)
class WeightMaps(InsideView):
    """The kernels of a network.

    Attributes:
        kernels: Each as a matrix, ``(inputs, units)``, by layer and name; of a convolution all places of the filter
            are inputs, of copies all their inputs.
    """

    kernels: dict[str, Float[np.ndarray, "inputs units"]]

    def sentences(self) -> list[str]:
        count = sum(each.size for each in self.kernels.values())
        return [SAY("weights_are", count=len(self.kernels), weights=f"{count:,}")]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each kernel.

        The columns are kernel, inputs, units, mean, deviation, largest (magnitude), norm (the largest singular value:
        by how much the layer may stretch its inputs), stable_rank (the squared Frobenius norm over that of the largest
        singular value: how many directions it uses), and small (the share of weights below 1 % of the largest).
        """
        import polars as pl

        rows = []
        for name, kernel in self.kernels.items():
            lengths = np.linalg.svd(kernel, compute_uv=False)
            largest = float(np.abs(kernel).max())
            rows.append(
                {
                    "kernel": name,
                    "inputs": kernel.shape[0],
                    "units": kernel.shape[1],
                    "mean": float(kernel.mean()),
                    "deviation": float(kernel.std()),
                    "largest": largest,
                    "norm": float(lengths[0]),
                    "stable_rank": float((lengths**2).sum() / max(lengths[0] ** 2, 1e-300)),
                    "small": float((np.abs(kernel) < SMALL * largest).mean()) if largest else 1.0,
                }
            )
        return pl.DataFrame(rows)

    def drawing(self) -> Drawing:
        from .maps_picture import draw_weights

        return draw_weights(self)


def activity_map(
    model: Model, x: object, y: ArrayLike | None = None, *, layer: int | str | None = None, rows: int = ROWS
) -> ActivityMap:
    """Return the activity of a layer for many rows at once.

    Use it to see at a glance which rows a layer treats alike, which units go together, and which never respond. Rows
    come by class, and within a class, like the units, in the order of the leaves of a tree of similar ones
    (Ward's method).

    Args:
        model: A plastica model.
        x: Rows, ``(rows, *shape)``.
        y: The class or number of each row; None for neither.
        layer: The number or the path of the layer. Default: the one that the output layer reads.
        rows: The largest number of rows, spaced evenly.

    Raises:
        ShapeError: If there is not one class for each row.
        UnknownName: If there is no such layer.

    Reference:
        M. Eisen, P. Spellman, P. Brown, D. Botstein (1998), Cluster analysis and display of genome-wide expression
        patterns.
    """
    given, most = model_with_layers("activity_map", model), whole("rows", rows, 2)
    assert most is not None
    inputs = np.asarray(x)
    require_rows("activity_map", inputs)
    labels = None if y is None else np.asarray(y).reshape(-1)
    if labels is not None and len(labels) != len(inputs):
        raise ShapeError(f"activity_map: y has {len(labels)} values for {len(inputs)} rows.")
    chosen = spaced(len(inputs), most)
    return _mapped(given, inputs[chosen], chosen, None if labels is None else labels[chosen], layer)


def table_activity_map(
    network: object, source: object, *, layer: int | str | None = None, rows: int = ROWS
) -> ActivityMap:
    """Return the activity of a layer of a network for tables; as :func:`activity_map`.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``. Of an ensemble or of folds, the first network.
        source: A table: a file, a data frame, a dict; with the target, rows come by class.
        layer, rows: As for :func:`activity_map`.

    Raises:
        InvalidValue: If the model has no network.
        UnknownName: If there is no such layer.
    """
    most = whole("rows", rows, 2)
    assert most is not None
    found = rows_of_table("table_activity_map", network, source, most)
    return _mapped(found.model, found.x, found.rows, found.labels, layer)


def weight_maps(model: Model) -> WeightMaps:
    """Return the weights of all kernels of a network.

    Use it to compare layers: one whose weights hardly spread was not trained; a large norm stretches noise; a low
    stable rank uses few directions of its inputs; many small weights may be pruned.

    Args:
        model: A plastica model, built.

    Raises:
        InvalidValue: If it has no kernel.

    Reference:
        C. Martin, M. Mahoney (2021), Implicit self-regularization in deep neural networks (norms and stable ranks).
    """
    given = model_with_layers("weight_maps", model)
    kernels_of("weight_maps", given)
    found = {}
    for path, _, own in walk(given.network, given.answering()[1]):
        for name, array in (own or {}).items():
            if "kernel" in name and np.ndim(array) > 1:
                found[f"{path}: {name}"] = np.asarray(array, np.float64).reshape(-1, np.shape(array)[-1])
    return WeightMaps(found)


def _mapped(
    model: Model, x: np.ndarray, rows: Int[np.ndarray, "rows"], labels: np.ndarray | None, layer: int | str | None
) -> ActivityMap:
    found = activities_of(model, x)
    path = hidden_layer("activity_map", model, found, layer)
    activity = units_of(found[path]).astype(np.float64)
    order = np.array(_grouped(activity, labels))
    units = _leaves(activity.T)
    shown = activity[np.ix_(order, units)]
    return ActivityMap(path, shown, rows[order], units, None if labels is None else labels[order])


def _grouped(activity: Float[np.ndarray, "rows units"], labels: np.ndarray | None) -> list[int]:
    """Return the order of rows: by class, or by number where there are too many, and alike ones together."""
    if labels is None:
        return _leaves(activity).tolist()
    if labels.dtype.kind == "f":
        return np.argsort(labels, kind="stable").tolist()
    names = labels.astype(str)
    found: list[int] = []
    for name in np.unique(names):
        own = np.flatnonzero(names == name)
        found += own[_leaves(activity[own])].tolist()
    return found


def _leaves(points: Float[np.ndarray, "points axes"]) -> Int[np.ndarray, "points"]:
    """Return the order of the leaves of a tree of similar points."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(points) < 3:
        return np.arange(len(points))
    return leaves_list(linkage(points, "ward"))
