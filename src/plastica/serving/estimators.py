"""An estimator in service: rows as objects or arrays, with the predictions of its ``predict``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..data.bad_cells import BadCells
from ..data.column import Column
from ..data.formulas import shown_frame
from ..data.table import Table
from ..data.values import read_numbers
from ..estimators.base import NetworkEstimator, outputs_for, predictions_from
from ..estimators.inputs import input_names, layout_of
from ..notes import Note
from ..tables.answers import Answers
from ..typing import Document
from .drift import Drift
from .replies import Prediction
from .row_models import RowEncoder
from .schema import row_schema

WANTED = "a number of float32, up to 3.4e38"


class EstimatorModel:
    """A :class:`~plastica.NetworkClassifier` or :class:`~plastica.NetworkRegressor`.

    Args:
        estimator: The fitted estimator.
    """

    kind = "estimator"

    def __init__(self, estimator: NetworkEstimator) -> None:
        self.estimator, self.order = estimator, input_names(estimator)
        encoder = estimator.encoder_
        self.encoders: Sequence[RowEncoder] = [PlainNumbers(self.order) if encoder is None else encoder]
        self.names = tuple(map(str, estimator.target_names_))
        self.target = ", ".join(self.names)
        self.classes: tuple[object, ...] = tuple(getattr(estimator, "classes_", ()))  # of a classifier

    def outputs(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Return probabilities or scaled numbers."""
        return outputs_for(self.estimator, features[0])

    def decided(self, outputs: np.ndarray) -> Answers:
        """Return what ``predict`` and ``predict_proba`` return."""
        labels = predictions_from(self.estimator, outputs)
        return Answers(labels, outputs if self.classes else None, (), self.names, self.classes)

    def predictions(self, table: Table, answers: Answers) -> list[Prediction]:
        """Return the prediction for each row, with all digits."""
        found = answers.labels.tolist()
        if answers.labels.ndim == 2:
            found = [dict(zip(self.names, each, strict=True)) for each in found]
        if answers.probabilities is None:
            return [Prediction(each) for each in found]
        classes = [str(label) for label in self.classes]
        shares = answers.probabilities.tolist()
        return [Prediction(each, dict(zip(classes, row, strict=True))) for each, row in zip(found, shares, strict=True)]

    def csv(self, table: Table, answers: Answers, probabilities: bool) -> str:
        """Return the columns of ``predict_frame``, and one for each class."""
        return shown_frame(answers.to_frame(probabilities)).write_csv()

    def schema(self, used: Mapping[str, str]) -> Document:
        """Return the JSON Schema of a row, with the target and an example."""
        told: Document = {"names": [*self.names], "task": self.estimator.task_}
        if self.classes:
            told["classes"] = [str(label) for label in self.classes]
        return row_schema(self.target, told, [column for each in self.encoders for column in each.columns])

    def drift(self, used: Iterable[str], remembered: int) -> Drift:
        """Return that of no column: the file of an estimator does not describe the table that it was trained on."""
        return Drift([], 0, remembered)


class PlainNumbers:
    """Numbers as they are, for an estimator with ``encode=False``.

    Args:
        names: The names of the columns.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.columns = [Column(name, "number") for name in names]
        self.layout = layout_of(None, len(names))

    def transform(self, table: Table, notes: list[Note] | None = None) -> np.ndarray:
        """Return the numbers of each row.

        Raises:
            BadCells: If one is missing, too large for float32 or no number.
        """
        found = np.zeros((table.height, len(self.columns)))
        for place, column in enumerate(self.columns):
            found[:, place] = numbers = read_numbers(table, column)
            bad = np.flatnonzero(~(np.abs(numbers) <= np.finfo(np.float32).max)).tolist()
            if bad:
                values = [None if np.isnan(each) else each for each in numbers[bad].tolist()]
                told = f"{table.cell(bad[0], column.name)}: {values[0]} is not {WANTED}."
                raise BadCells(told, column.name, bad, values, WANTED)
        return found
