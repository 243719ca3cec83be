"""What each unit of a layer detects: the rows to which it responds most, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.spacing import spaced
from ..errors import ShapeError
from ..explain.named_places import default_names
from ..memory.representations.tuning import TuningCurves, tuning_curves
from ..model import Model
from ..model.options import whole
from ..typing import Float, Int
from .activities import MOST_ROWS, activities_of, hidden_layer, require_rows, units_of
from .columns import Trait, WrittenColumn, traits_of
from .look import SAY, InsideView, model_with_layers
from .rows_of_tables import rows_of_table

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

TOP = 5
STRONGEST = 0.1  # the share of rows, those with the largest responses, whose traits are told
MOST_CLASSES = 50  # different whole numbers up to which targets are classes


@dataclass(frozen=True, eq=False, repr=False)
class UnitDetectors(InsideView):
    """What the units of a layer detect.

    Attributes:
        layer: The path of the layer.
        responses: The response of each unit to each row, ``(rows, units)``.
        rows: The number of each row among those given.
        top: For each unit the numbers of the rows with the largest responses, the largest first, ``(units, top)``.
        labels: The class or number of each row; None if not given.
        tuning: The mean response of each unit to each class; None without classes.
        traits: For each unit what its strongest rows have in common, against all rows.
        columns: The columns of the rows as they are written; none for images and sequences.
        inputs: The rows.
    """

    layer: str
    responses: Float[np.ndarray, "rows units"]
    rows: Int[np.ndarray, "rows"]
    top: Int[np.ndarray, "units top"]
    labels: np.ndarray | None
    tuning: TuningCurves | None
    traits: tuple[tuple[Trait, ...], ...]
    columns: tuple[WrittenColumn, ...]
    inputs: np.ndarray

    @property
    def silent(self) -> Int[np.ndarray, "units"]:
        """The units whose response is the same for all rows."""
        return np.flatnonzero(np.ptp(self.responses, 0) == 0)

    @property
    def order(self) -> Int[np.ndarray, "units"]:
        """The units in the order of how much the classes, or without classes their own spread, tell of them."""
        told = self.responses.std(0) if self.tuning is None else self.tuning.explained
        return np.argsort(-told, kind="stable")

    def top_rows(self, unit: int) -> list[dict[str, str]]:
        """Return the columns of the rows to which a unit responds most, as they are written."""
        places = np.searchsorted(self.rows, self.top[unit])
        return [{each.name: each.written(int(place)) for each in self.columns} for place in places]

    def sentences(self) -> list[str]:
        count = self.responses.shape[1]
        said = [SAY("units_are", layer=self.layer, count=count, rows=f"{len(self.rows):,}")]
        if len(self.silent):
            said.append(SAY("units_silent", count=len(self.silent)))
        if self.tuning is not None:
            best = int(self.order[0])
            share = f"{100 * self.tuning.explained[best]:.0f}"
            said.append(SAY("units_best", unit=best, label=self.tuning.preferred[best], share=share))
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each unit.

        The columns are unit, active (the share of rows with a response above 0), mean, deviation, with classes the
        preferred one, selectivity and explained (the share of the variance), what its strongest rows have in common,
        and the numbers of the rows with the largest responses.
        """
        import polars as pl

        columns: dict[str, object] = {
            "unit": np.arange(self.responses.shape[1]),
            "active": (self.responses > 0).mean(0),
            "mean": self.responses.mean(0),
            "deviation": self.responses.std(0),
        }
        if self.tuning is not None:
            columns |= {
                "prefers": [str(each) for each in self.tuning.preferred],
                "selectivity": self.tuning.selectivity,
                "explained": self.tuning.explained,
            }
        columns["detects"] = ["; ".join(f"{trait.words} ({trait.others})" for trait in each) for each in self.traits]
        return pl.DataFrame({**columns, "top_rows": self.top.tolist()})

    def summary(self) -> pl.DataFrame:
        kept = ("unit", "active", "prefers", "explained", "detects", "top_rows")
        frame = self.to_frame()[self.order.tolist()]
        return frame.select([name for name in kept if name in frame.columns])

    def drawing(self) -> Drawing:
        from .units_picture import draw_detectors

        return draw_detectors(self)


def unit_detectors(
    model: Model,
    x: object,
    y: ArrayLike | None = None,
    *,
    layer: int | str | None = None,
    top: int = TOP,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    rows: int = MOST_ROWS,
) -> UnitDetectors:
    """Return what each unit of a layer detects: the rows to which it responds most, and what these have in common.

    Use it to give units of a small network a meaning, and to see how many of a large one never respond. The response of
    a unit to a sequence is the mean over its steps; to an image the largest over all pixels.

    A trait of a unit is a column in which the tenth of the rows with the largest responses differs from all rows by at
    least half a standard deviation.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, *shape)``.
        y: The class of each row (whole numbers or names), or numbers; None for neither.
        layer: The number or the path of the layer. Default: the one that the output layer reads.
        top: How many rows are named for each unit.
        feature_names: A name for each feature of a row. Default: ``x0``, ``x1`` ...
        class_names: A name for each class, where ``y`` has whole numbers from 0.
        rows: The largest number of rows, spaced evenly.

    Raises:
        ShapeError: If there is not one class for each row, or not one name for each feature.
        UnknownName: If there is no such layer.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(2, "relu"), pl.Dense(1)])
        >>> model.build((2,))
        >>> model.set_weights([np.eye(2), np.zeros(2), np.ones((2, 1)), np.zeros(1)])
        >>> x = np.array([[0.0, 3.0], [5.0, 0.0], [1.0, 1.0]])
        >>> pl.inside.unit_detectors(model, x, ["b", "a", "c"], top=1).to_frame()["prefers"].to_list()
        ['a', 'b']

    Reference:
        D. Bau, B. Zhou, A. Khosla, A. Oliva, A. Torralba (2017), Network dissection: quantifying interpretability of
        deep visual representations. A. Morcos, D. Barrett, N. Rabinowitz, M. Botvinick (2018), On the importance of
        single directions for generalization, equation 1 (selectivity).
    """
    given = model_with_layers("unit_detectors", model)
    count, most = whole("top", top, 1), whole("rows", rows, 2)
    assert count is not None and most is not None
    inputs = np.asarray(x)
    require_rows("unit_detectors", inputs)
    labels = None if y is None else np.asarray(y)
    if labels is not None and labels.shape != inputs.shape[:1]:
        raise ShapeError(
            f"unit_detectors: y has shape {labels.shape} for {len(inputs)} rows; expected one class or number a row."
        )
    if labels is not None and class_names is not None:
        labels = np.asarray(class_names, dtype=object)[labels.astype(int)]
    chosen = spaced(len(inputs), most)
    columns: tuple[WrittenColumn, ...] = ()
    if inputs.ndim == 2:
        names = default_names(inputs.shape[1:]) if feature_names is None else tuple(map(str, feature_names))
        if len(names) != inputs.shape[1]:
            raise ShapeError(f"unit_detectors: feature_names has {len(names)} names for {inputs.shape[1]} features.")
        columns = tuple(
            WrittenColumn(name, inputs[chosen, place].astype(np.float64)) for place, name in enumerate(names)
        )
    return _detected(
        given, inputs[chosen], chosen, None if labels is None else labels[chosen], columns, layer=layer, top=count
    )


def table_unit_detectors(
    network: object,
    source: object,
    *,
    layer: int | str | None = None,
    top: int = TOP,
    rows: int = MOST_ROWS,
) -> UnitDetectors:
    """Return what each unit of a network for tables detects, by the columns as they are written.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``. Of an ensemble or of folds, the first network.
        source: A table: a file, a data frame, a dict; with the target, classes are told too.
        layer, top, rows: As for :func:`unit_detectors`; rows are numbered as in the table, from 0.

    Raises:
        InvalidValue: If the model has no network.
        DataError: If a column is missing, or a value is invalid.
        UnknownName: If there is no such layer.
    """
    count, most = whole("top", top, 1), whole("rows", rows, 2)
    assert count is not None and most is not None
    found = rows_of_table("table_unit_detectors", network, source, most)
    return _detected(found.model, found.x, found.rows, found.labels, found.columns, layer=layer, top=count)


def _detected(
    model: Model,
    x: np.ndarray,
    rows: Int[np.ndarray, "rows"],
    labels: np.ndarray | None,
    columns: tuple[WrittenColumn, ...],
    *,
    layer: int | str | None,
    top: int,
) -> UnitDetectors:
    found = activities_of(model, x)
    path = hidden_layer("unit_detectors", model, found, layer)
    responses = units_of(found[path]).astype(np.float64)
    best = np.argsort(-responses, axis=0, kind="stable")
    strongest = max(1, round(STRONGEST * len(x)))
    traits = tuple(
        traits_of(columns, best[:strongest, unit]) if np.ptp(responses[:, unit]) > 0 else ()
        for unit in range(responses.shape[1])
    )
    tuning = tuning_curves(responses, labels) if labels is not None and _are_classes(labels) else None
    return UnitDetectors(path, responses, rows, rows[best[:top].T], labels, tuning, traits, columns, x)


def _are_classes(labels: np.ndarray) -> bool:
    different = len(np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels))
    return different > 1 and (labels.dtype.kind != "f" or different <= 2) and different <= MOST_CLASSES
