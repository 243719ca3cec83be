"""How each unit of a layer responds while one input varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.spacing import spaced
from ..errors import ShapeError
from ..explain.answering import AnswerFunction
from ..explain.curves import partial_dependence
from ..model import Model
from ..model.options import whole
from ..typing import Float
from .activities import activities_of, hidden_layer, require_rows, units_of
from .look import SAY, InsideView, model_with_layers
from .rows_of_tables import rows_of_table

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

ROWS = 200
POINTS = 30


@dataclass(frozen=True, eq=False, repr=False)
class UnitResponses(InsideView):
    """How units respond while one input varies.

    Attributes:
        feature: The name of the input.
        layer: The path of the layer.
        grid: Values of the input, ``(points,)``.
        mean: The mean response of each unit over the rows, ``(points, units)``.
        spread: Its standard deviation over the rows, ``(points, units)``: how far the other inputs decide.
    """

    feature: str
    layer: str
    grid: Float[np.ndarray, "points"]
    mean: Float[np.ndarray, "points units"]
    spread: Float[np.ndarray, "points units"]

    @property
    def reach(self) -> Float[np.ndarray, "units"]:
        """How far the mean response of each unit changes over the grid."""
        return np.ptp(self.mean, 0)

    @property
    def shape(self) -> list[str]:
        """How each unit responds: "rises", "falls", "both" ways, or "flat" if it changes less than rounding."""
        steps = np.diff(self.mean, axis=0)
        room = 1e-3 * np.maximum(self.reach, 1e-12)
        up, down = (steps > room).any(0), (steps < -room).any(0)
        flat = self.reach <= 1e-6 * max(float(np.abs(self.mean).max()), 1e-12)
        names = np.where(up & down, "both", np.where(up, "rises", "falls"))
        return np.where(flat, "flat", names).tolist()

    def sentences(self) -> list[str]:
        best = int(self.reach.argmax())
        told = {"feature": self.feature, "low": f"{self.grid[0]:.4g}", "high": f"{self.grid[-1]:.4g}"}
        ends = {"first": f"{self.mean[0, best]:.3g}", "last": f"{self.mean[-1, best]:.3g}"}
        return [SAY("responses_most", layer=self.layer, unit=best, **told, **ends)]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each unit and value: unit, value of the input, mean response, deviation over rows."""
        import polars as pl

        points, units = self.mean.shape
        return pl.DataFrame(
            {
                "unit": np.repeat(np.arange(units), points),
                self.feature: np.tile(self.grid, units),
                "response": self.mean.T.ravel(),
                "deviation": self.spread.T.ravel(),
            }
        )

    def summary(self) -> pl.DataFrame:
        import polars as pl

        at = self.grid[self.mean.argmax(0)]
        found = {"unit": np.arange(len(at)), "reach": self.reach, "shape": self.shape, "largest_at": at}
        return pl.DataFrame(found).sort("reach", descending=True)

    def drawing(self) -> Drawing:
        from .responses_picture import draw_responses

        return draw_responses(self)


def unit_responses(
    model: Model,
    x: object,
    feature: int | str,
    *,
    layer: int | str | None = None,
    grid: int | ArrayLike = POINTS,
    feature_names: Sequence[str] | None = None,
    rows: int = ROWS,
) -> UnitResponses:
    """Return the response of each unit of a layer while one input varies, on average over rows.

    Use it to see what the units make of an input: which of them has a threshold, which answers to a range in the
    middle, which does not mind. The other inputs are those of the rows, as in partial dependence.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, features)``.
        feature: The number or the name of the input.
        layer: The number or the path of the layer. Default: the one that the output layer reads.
        grid: Values of the input, or how many quantiles from 1 % to 99 % of it.
        feature_names: A name for each input. Default: ``x0``, ``x1`` ...
        rows: The largest number of rows, spaced evenly.

    Raises:
        ShapeError: If rows have more than one axis.
        UnknownName: If there is no such input or layer.
        DataError: If the input is constant.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(2, "relu"), pl.Dense(1)])
        >>> model.build((1,))
        >>> model.set_weights([np.array([[1.0, -1.0]]), np.zeros(2), np.ones((2, 1)), np.zeros(1)])
        >>> found = pl.inside.unit_responses(model, [[0.0], [1.0]], 0, grid=[-2.0, 0.0, 2.0])
        >>> found.mean.T.tolist(), found.shape
        ([[0.0, 0.0, 2.0], [2.0, 0.0, 0.0]], ['rises', 'falls'])

    Reference:
        J. Friedman (2001), Greedy function approximation, section 8.2 (partial dependence, here of hidden units).
    """
    given, most = model_with_layers("unit_responses", model), whole("rows", rows, 1)
    assert most is not None
    inputs = np.asarray(x, np.float32)
    require_rows("unit_responses", inputs)
    if inputs.ndim != 2:
        raise ShapeError(f"unit_responses: x has shape {inputs.shape}; expected (rows, features).")
    return _responses(given, inputs[spaced(len(inputs), most)], feature, layer, grid, feature_names)


def table_unit_responses(
    network: object,
    source: object,
    column: str,
    *,
    layer: int | str | None = None,
    points: int = POINTS,
    rows: int = ROWS,
) -> UnitResponses:
    """Return the response of each unit of a network for tables while one column of numbers varies.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``. Of an ensemble or of folds, the first network.
        source: A table: a file, a data frame, a dict.
        column: The name of a column of numbers.
        layer: As for :func:`unit_responses`.
        points: How many quantiles from 1 % to 99 % of the column.
        rows: The largest number of rows, spaced evenly.

    Raises:
        InvalidValue: If the model has no network, or the column has no numbers.
        UnknownName: If there is no such column or layer.
    """
    most, count = whole("rows", rows, 1), whole("points", points, 2)
    assert most is not None and count is not None
    found = rows_of_table("table_unit_responses", network, source, most)
    encoder, place, written = found.number_column("table_unit_responses", column)
    values = written.values[np.isfinite(written.values)]
    grid = np.unique(np.quantile(values, np.linspace(0.01, 0.99, count), method="nearest"))
    names = [str(each) for each in range(found.x.shape[1])]
    made = _responses(found.model, found.x, place, layer, encoder.scaling(grid), names)
    return UnitResponses(column, made.layer, grid, made.mean, made.spread)


def _responses(
    model: Model,
    x: Float[np.ndarray, "rows features"],
    feature: int | str,
    layer: int | str | None,
    grid: int | ArrayLike,
    names: Sequence[str] | None,
) -> UnitResponses:
    path = hidden_layer("unit_responses", model, activities_of(model, x), layer)

    def respond(rows: np.ndarray) -> np.ndarray:
        return units_of(activities_of(model, rows.astype(np.float32))[path])

    function = AnswerFunction(respond)
    found = partial_dependence(function, x, feature, grid=grid, feature_names=names)
    assert found.curves is not None
    return UnitResponses(found.feature, path, found.grid, found.mean, found.curves.std(0))
