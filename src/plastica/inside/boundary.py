"""Where the decision of a network changes: on a plane through its inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.spacing import spaced
from ..errors import ShapeError
from ..explain.answering import AnswerFunction, answer_function, ready
from ..explain.named_places import default_names, place_of
from ..model.options import whole
from ..typing import Float
from .look import SAY, InsideView
from .planes import InputPlane, plane_of_columns, plane_of_inputs, principal_plane
from .rows_of_tables import rows_of_table

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

POINTS = 121
ROWS = 2_000
MARGIN = 0.08  # on each side, as a fraction of the range of the rows


@dataclass(frozen=True, eq=False, repr=False)
class DecisionBoundary(InsideView):
    """What a model answers on a plane through its inputs.

    Attributes:
        axes: The names of the two axes.
        grid: The coordinates along each axis, ``(points,)`` each.
        answers: Probabilities or numbers, ``(second axis, first axis, outputs)``.
        places: The coordinates of the rows, ``(rows, 2)``.
        truth: The class or number of each row; None if not given.
        output_names: The names of the outputs.
        decides: Whether the answers are probabilities of classes.
        agreement: The share of rows for which the plane gives the class that the model gives for the whole row, or for
            numbers the R2 of the plane's answers with the model's. Near 1 the picture shows what the model does.
        held: What the other inputs are held at; empty for principal axes.
    """

    axes: tuple[str, str]
    grid: tuple[Float[np.ndarray, "points"], Float[np.ndarray, "points"]]
    answers: Float[np.ndarray, "points points outputs"]
    places: Float[np.ndarray, "rows 2"]
    truth: np.ndarray | None
    output_names: tuple[str, ...]
    decides: bool
    agreement: float
    held: str = ""

    @property
    def shares(self) -> dict[str, float]:
        """The share of the plane in which each class is answered; empty for numbers."""
        if not self.decides:
            return {}
        chosen = self.answers.argmax(2)
        return {name: float((chosen == place).mean()) for place, name in enumerate(self.output_names)}

    def sentences(self) -> list[str]:
        names = {"first": self.axes[0], "second": self.axes[1]}
        if self.decides:
            parts = ", ".join(f"{name} {100 * share:.0f} %" for name, share in self.shares.items() if share >= 0.005)
            said = [SAY("boundary_shares", shares=parts, **names)]
            said.append(SAY("boundary_agreement", share=f"{100 * self.agreement:.0f}"))
        else:
            low, high = (f"{each:.4g}" for each in (self.answers.min(), self.answers.max()))
            said = [SAY("boundary_range", low=low, high=high, **names)]
            said.append(SAY("boundary_fit", fit=f"{self.agreement:.2f}"))
        return [*said, *([SAY("boundary_held", held=self.held)] if self.held else [])]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each point: its coordinates, and the answer of each output."""
        import polars as pl

        first, second = np.meshgrid(*self.grid)
        outputs = {name: self.answers[:, :, place].ravel() for place, name in enumerate(self.output_names)}
        return pl.DataFrame({self.axes[0]: first.ravel(), self.axes[1]: second.ravel(), **outputs})

    def summary(self) -> pl.DataFrame:
        import polars as pl

        if self.decides:
            return pl.DataFrame({"class": list(self.shares), "share_of_plane": list(self.shares.values())})
        table = {"answer": ["lowest", "mean", "highest"]}
        found = [self.answers.min((0, 1)), self.answers.mean((0, 1)), self.answers.max((0, 1))]
        return pl.DataFrame(
            table | {name: [float(each[k]) for each in found] for k, name in enumerate(self.output_names)}
        )

    def drawing(self) -> Drawing:
        from .boundary_picture import draw_boundary

        return draw_boundary(self)


def decision_boundary(
    model: object,
    x: object,
    y: ArrayLike | None = None,
    *,
    axes: tuple[int | str, int | str] | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    points: int = POINTS,
    rows: int = ROWS,
) -> DecisionBoundary:
    """Compute what a model answers on a plane through its inputs, in two of them or along two principal axes.

    Use it to see where and how sharply decisions change. A plane through many inputs is one cut of many; how often it
    decides as the model does for the whole rows is told.

    Args:
        model: A plastica model, an estimator, or a function from rows to probabilities or numbers.
        x: Rows, ``(rows, *shape)``.
        y: The class (numbers from 0, or names) or the number of each row, for the picture.
        axes: Two inputs, by number or name; the others are held at their medians. Default: the two principal axes of
            the standardized rows, for two inputs these themselves.
        feature_names: A name for each input. Default: ``x0``, ``x1`` ...
        class_names: A name for each class in the order of the outputs.
        points: The number of points along each side.
        rows: The largest number of rows, spaced evenly.

    Raises:
        ShapeError: If ``y`` has not one value for each row, or there are too few inputs or names.
        UnknownName: If there is no such input.
        InvalidValue: If an axis is constant, or both are the same.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.array([[-1.0, 0.0], [1.0, 1.0], [1.0, -1.0]])
        >>> found = pl.inside.decision_boundary(lambda x: np.stack([x[:, 0] < 0, x[:, 0] >= 0], 1) * 1.0, x, points=11)
        >>> found.agreement, {name: round(share, 2) for name, share in found.shares.items()}
        (1.0, {'0': 0.45, '1': 0.55})
    """
    count, most = whole("points", points, 2), whole("rows", rows, 3)
    assert count is not None and most is not None
    inputs = np.asarray(x)
    function = ready(answer_function(model), model)
    if inputs.ndim < 2 or inputs[0].size < 2:
        raise ShapeError(f"decision_boundary: x has shape {inputs.shape}; expected rows of at least two inputs.")
    truth = None if y is None else np.asarray(y).reshape(-1)
    if truth is not None and len(truth) != len(inputs):
        raise ShapeError(f"decision_boundary: y has {len(truth)} values for {len(inputs)} rows.")
    chosen = spaced(len(inputs), most)
    flat = inputs[chosen].reshape(len(chosen), -1).astype(np.float64)
    names = default_names(inputs.shape[1:]) if feature_names is None else tuple(map(str, feature_names))
    if len(names) != flat.shape[1]:
        raise ShapeError(f"decision_boundary: feature_names has {len(names)} names for {flat.shape[1]} inputs.")
    if axes is None and flat.shape[1] == 2:
        axes = (0, 1)
    if axes is None:
        plane, held = principal_plane(flat), ""
    else:
        pair = tuple(place_of("decision_boundary", "input", each, names) for each in axes)
        plane, held = plane_of_inputs(flat, (pair[0], pair[1]), names), SAY("held_medians") if flat.shape[1] > 2 else ""

    def ask(rows: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows outputs"]:
        return function(rows.astype(np.float32).reshape(len(rows), *inputs.shape[1:]))

    labels, own = None if truth is None else truth[chosen], ask(flat)
    return _boundary(plane, ask, own, labels, _output_names(function, class_names, labels, own.shape[1]), count, held)


def table_decision_boundary(
    network: object,
    source: object,
    columns: tuple[str, str] | None = None,
    *,
    points: int = POINTS,
    rows: int = ROWS,
) -> DecisionBoundary:
    """Compute what a model for tables answers on a plane: in two columns of numbers, or along two principal axes.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``.
        source: A table: a file, a data frame, a dict; with the target, the rows are coloured by it.
        columns: Two columns of numbers, in their units; the other columns are held at their values in the row nearest
            to the middle of all. Default: the principal axes of the features.
        points, rows: As for :func:`decision_boundary`.

    Raises:
        InvalidValue: If the model has no network, or a column has no numbers.
        UnknownName: If there is no such column.
    """
    count, most = whole("points", points, 2), whole("rows", rows, 3)
    assert count is not None and most is not None
    found = rows_of_table("table_decision_boundary", network, source, most)
    target = found.network.target
    names = tuple(map(str, found.classes or target.names))
    if columns is None:
        plane, held = principal_plane(found.x.astype(np.float64)), ""
    else:
        plane, held = plane_of_columns(found, columns)

    def ask(rows: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows outputs"]:
        answers = np.asarray(found.network.answers(rows.astype(np.float32)), np.float64)
        return answers.reshape(len(rows), -1)

    return _boundary(plane, ask, ask(found.x), found.labels, names, count, held)


def _boundary(
    plane: InputPlane,
    ask: Callable[[np.ndarray], np.ndarray],
    own: Float[np.ndarray, "rows outputs"],
    truth: np.ndarray | None,
    names: Sequence[str],
    count: int,
    held: str,
) -> DecisionBoundary:
    """Ask for the answers on a plane, and compare those at the places of the rows with the model's own."""
    first, second = (_span(plane.places[:, axis], count) for axis in (0, 1))
    grid = np.stack(np.meshgrid(first, second), -1)
    answers, decides = _decided(ask(plane.rows_at(grid.reshape(-1, 2))), len(names))
    known = np.isfinite(plane.places).all(1)
    there, _ = _decided(ask(plane.rows_at(plane.places[known])), len(names))
    mine, _ = _decided(own[known], len(names))
    if decides:
        agreement = float((there.argmax(1) == mine.argmax(1)).mean())
    else:
        spread = float(((mine - mine.mean(0)) ** 2).sum())
        agreement = 1 - float(((mine - there) ** 2).sum()) / max(spread, 1e-12)
    return DecisionBoundary(
        plane.axes, (first, second), answers.reshape(count, count, -1), plane.places, truth, tuple(names), decides,
        agreement, held,
    )  # fmt: skip


def _decided(answers: Float[np.ndarray, "rows outputs"], names: int) -> tuple[Float[np.ndarray, "rows classes"], bool]:
    """Return answers with a probability for each class, and whether they are probabilities."""
    if answers.shape[1] == 1 and names == 2:
        return np.concatenate([1 - answers, answers], 1), True
    return answers, answers.shape[1] > 1 and bool(np.allclose(answers.sum(1), 1, atol=1e-3))


def _span(values: Float[np.ndarray, "rows"], count: int) -> Float[np.ndarray, "points"]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = MARGIN * (high - low)
    return np.linspace(low - margin, high + margin, count)


def _output_names(
    function: AnswerFunction, given: Sequence[str] | None, truth: np.ndarray | None, outputs: int
) -> tuple[str, ...]:
    """Return a name for each class, or for each output of numbers."""
    model = function.model
    is_binary = outputs == 1 and model is not None and type(model.network.output_activation).__name__ == "Sigmoid"
    count = 2 if is_binary else outputs
    if given is not None:
        if len(given) != count:
            raise ShapeError(f"decision_boundary: class_names has {len(given)} names for {count} classes.")
        return tuple(map(str, given))
    if len(function.names) == count:
        return function.names
    # Classes by name are in the order of the alphabet, as everywhere.
    known = () if truth is None or truth.dtype.kind == "f" else np.unique(truth.astype(str))
    is_named = truth is not None and truth.dtype.kind not in "iubf" and len(known) == count
    return tuple(map(str, known)) if is_named else tuple(map(str, range(count)))
