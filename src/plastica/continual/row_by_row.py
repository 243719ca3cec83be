"""Online learning: each row is a test first and a lesson then; drift can start learning anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.arrays import to_compact_array
from ..errors import DataError, InvalidValue, ShapeError
from ..model import Model
from ..typing import Float, Num
from .detectors import DriftDetector

if TYPE_CHECKING:
    import os

    import polars

    from ..drawing.figure import Drawing

ACTIONS = ("flag", "relearn")
FEWEST = 30  # rows to learn anew from, at least


@dataclass(frozen=True)
class PrequentialResult:
    """What :func:`prequential` returns.

    Attributes:
        errors: The error of each row before it was learned: 0 or 1 for classes, the absolute error for numbers.
        faded: The prequential error: the mean of the errors so far, older ones counting less.
        drifts: The rows at which drift was found.
        relearned: How many rows were learned anew at each of these; 0 if none.
    """

    errors: Float[np.ndarray, "rows"]
    faded: Float[np.ndarray, "rows"]
    drifts: tuple[int, ...]
    relearned: tuple[int, ...]

    @property
    def mean_error(self) -> float:
        """The mean error over all rows."""
        return float(self.errors.mean())

    def table(self) -> polars.DataFrame:
        """Return a row for each row: its error, the prequential error, whether drift was found."""
        import polars

        drift = np.zeros(len(self.errors), bool)
        drift[list(self.drifts)] = True
        return polars.DataFrame(
            {"row": np.arange(len(self.errors)), "error": self.errors, "prequential_error": self.faded, "drift": drift}
        )

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the prequential error, and where drift was found.

        Args:
            path: A file for the picture: .svg, .png or .pdf.
        """
        from .picture import draw_prequential

        return draw_prequential(range(len(self.faded)), self.faded, self.drifts).save(path)

    def __repr__(self) -> str:
        """Show the mean error and the drifts."""
        return f"<{len(self.errors):,} rows: mean error {self.mean_error:.3f}, drift at {list(self.drifts)}>"


def prequential(
    model: Model,
    x: object,
    y: object,
    *,
    detector: DriftDetector | None = None,
    on_drift: str = "flag",
    batch_size: int = 1,
    relearn_epochs: int = 10,
    fading: float = 0.995,
    on_rows: Callable[[int, int], None] | None = None,
) -> PrequentialResult:
    r"""Predict each row, then learn it: test, then train.

    When to use: for rows that come one by one and of which the rule may change. The model itself learns; call it again
    to go on with further rows.

    The prequential error with fading factor :math:`\alpha` is :math:`P_i = \frac{\sum_k \alpha^{i-k} e_k}{\sum_k
    \alpha^{i-k}}`.

    Args:
        model: A compiled model with one output: class numbers are learned by a softmax or a sigmoid, other targets are
            numbers.
        x, y: Rows in the order in which they come, and their targets.
        detector: A detector that is given each error. For numbers an error e is given as :math:`e / (e + \bar e)`, with
            the mean of the errors so far, so that it is from 0 to 1. None looks for no drift.
        on_drift: ``"flag"`` records where drift was found; ``"relearn"`` also begins with new weights, from the rows
            that the detector believes to be after the change, if the error rose.
        batch_size: The number of rows that are predicted, then learned, in one step.
        relearn_epochs: The passes over these rows.
        fading: The factor :math:`\alpha`, from above 0 to 1; 1 is the plain mean.
        on_rows: Called with the number of rows so far, and of all.

    Raises:
        DataError: If there are no rows, or values are NaN or infinite.
        ShapeError: If x and y have different numbers of rows.
        InvalidValue: If a number is out of range, or there is nothing to relearn on.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x, y = pl.continual.drifting_table(experiences=1, rows=300, features=3).rows()
        >>> model = pl.Sequential([pl.Dense(1, "sigmoid")])
        >>> model.compile(pl.optimizers.Adam(0.1), "binary_crossentropy")
        >>> bool(prequential(model, x, y, batch_size=10).mean_error < 0.4)
        True

    Reference:
        J. Gama, R. Sebastião, P. P. Rodrigues (2013), On evaluating stream learning algorithms, equation 4.
    """
    inputs, targets = to_compact_array(x, "x"), to_compact_array(y, "y")
    _check(inputs, targets, detector, on_drift, batch_size, relearn_epochs, fading)
    errors, drifts, relearned = np.zeros(len(inputs)), [], []
    mean, began = 0.0, 0
    if not model.built:
        model.build(inputs.shape[1:])
    model.replace_weights(model.params, model.state)  # the first row is a test of initial weights, on purpose
    model.reset_metrics()
    for start in range(0, len(inputs), batch_size):
        part = slice(start, start + batch_size)
        errors[part] = _errors(model, inputs[part], targets[part])
        model.train_on_batch(inputs[part], targets[part])
        found = False
        for number in range(start, min(start + batch_size, len(inputs))):
            mean += (errors[number] - mean) / (number + 1)
            if detector is not None and detector.update(_scaled(model, errors[number], mean)):
                drifts.append(number)
                relearned.append(0)
                found = detector.rose
        if found and detector is not None and on_drift == "relearn":
            recent = max(min(FEWEST, start + batch_size - began), detector.recent)
            began = max(0, min(start + batch_size, len(inputs)) - recent)
            rows = slice(began, start + batch_size)
            relearned[-1] = len(inputs[rows])
            _begin_anew(model, inputs[rows], targets[rows], relearn_epochs)
        if on_rows is not None:
            on_rows(min(start + batch_size, len(inputs)), len(inputs))
    return PrequentialResult(errors, _faded(errors, fading), tuple(drifts), tuple(relearned))


def _errors(
    model: Model, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"]
) -> Float[np.ndarray, "rows"]:
    answers = np.asarray(model.predict_on_batch(x)).reshape(len(x), -1)
    if answers.shape[1] > 1 and y.size == len(y):
        return (answers.argmax(1) != y.reshape(-1)).astype(np.float64)
    if _answers_classes(model):
        return ((answers[:, 0] > 0.5) != (y.reshape(-1) > 0.5)).astype(np.float64)
    return np.abs(answers - y.reshape(len(y), -1)).mean(1)


def _answers_classes(model: Model) -> bool:
    from ..activations import Sigmoid, Softmax

    return isinstance(model.network.output_activation, Sigmoid | Softmax)


def _scaled(model: Model, error: float, mean: float) -> float:
    if _answers_classes(model):
        return float(error)
    return float(error / (error + mean)) if error else 0.0


def _begin_anew(
    model: Model, x: Num[np.ndarray, "rows *features"], y: Num[np.ndarray, "rows *targets"], epochs: int
) -> None:
    """Give the model new weights, and let it learn some rows."""
    model.build(model.input_shape)
    model.fit(x, y, epochs=epochs, verbose=0)


def _faded(errors: Float[np.ndarray, "rows"], fading: float) -> Float[np.ndarray, "rows"]:
    found, total, count = np.zeros(len(errors)), 0.0, 0.0
    for place, error in enumerate(errors):
        total, count = error + fading * total, 1 + fading * count
        found[place] = total / count
    return found


def _check(
    x: Num[np.ndarray, "rows *features"],
    y: Num[np.ndarray, "targets *shape"],
    detector: DriftDetector | None,
    on_drift: str,
    batch_size: int,
    relearn_epochs: int,
    fading: float,
) -> None:
    if not len(x):
        raise DataError("prequential: there are no rows.")
    if len(x) != len(y):
        raise ShapeError(f"prequential: x has {len(x)} rows and y {len(y)}; they must agree.")
    if on_drift not in ACTIONS:
        raise InvalidValue(f"on_drift={on_drift!r}: expected one of {', '.join(ACTIONS)}.")
    if on_drift == "relearn" and detector is None:
        raise InvalidValue('on_drift="relearn" needs a detector, such as detector=ADWIN().')
    if batch_size < 1 or relearn_epochs < 1 or not 0 < fading <= 1:
        raise InvalidValue(
            f"batch_size={batch_size}, relearn_epochs={relearn_epochs}, fading={fading}: expected at least 1, at least "
            "1, and from above 0 to 1."
        )
