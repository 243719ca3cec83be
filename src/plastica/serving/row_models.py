"""What a model for rows says of itself in service: a model for a table, or an estimator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from ..data.column import Column
from ..data.encoding import FeatureLayout
from ..data.formulas import shown_frame
from ..data.table import Table
from ..notes import Note
from ..tables.answers import Answers
from ..tables.answers_frame import answers_frame
from ..tables.base import BaseTableNetwork
from ..typing import Document
from .drift import Drift
from .replies import Prediction, table_predictions
from .schema import row_schema


class RowEncoder(Protocol):
    """Encodes rows as features."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns that are read."""
        ...

    @property
    def layout(self) -> FeatureLayout:
        """The layout of the features."""
        ...

    def transform(self, table: Table, notes: list[Note] | None = None) -> np.ndarray:
        """Return the features, ``(rows, features)``; ``BadCells`` for cells that cannot be read."""
        ...


class RowModel(Protocol):
    """A model whose rows are encoded, predicted and described.

    Attributes:
        kind: The kind of the model, in messages.
        target: The name of what is predicted.
        encoders: The encoders, one for each input of :meth:`outputs`.
        order: The names of columns of a row that is an array; empty if rows are objects.
    """

    @property
    def kind(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def encoders(self) -> Sequence[RowEncoder]: ...
    @property
    def order(self) -> Sequence[str]: ...

    def outputs(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Return the outputs for the features of each encoder, ``(rows, outputs)``."""
        ...

    def decided(self, outputs: np.ndarray) -> Answers:
        """Return the predictions that follow from outputs."""
        ...

    def predictions(self, table: Table, answers: Answers) -> list[Prediction]:
        """Return the prediction for each row, for JSON."""
        ...

    def csv(self, table: Table, answers: Answers, probabilities: bool) -> str:
        """Return the predictions as CSV."""
        ...

    def schema(self, used: Mapping[str, str]) -> Document:
        """Return the JSON Schema of a row."""
        ...

    def drift(self, used: Iterable[str], remembered: int) -> Drift:
        """Return the drift against training, of no rows yet."""
        ...


class ServedTableModel:
    """A model of ``plastica train``.

    Args:
        network: The model.
    """

    kind = "table"
    order: Sequence[str] = ()

    def __init__(self, network: BaseTableNetwork) -> None:
        self.network, self.target = network, network.target.name
        # The models whose predictions are averaged: those of the folds, or the only one.
        self.models: Sequence[BaseTableNetwork] = network.members or (network,)
        self.encoders = [each.encoder for each in self.models]

    def outputs(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Return probabilities or numbers, the mean over folds."""
        found = [model.answers(x) for model, x in zip(self.models, features, strict=True)]
        return np.mean(found, axis=0) if self.network.members else found[0]

    def decided(self, outputs: np.ndarray) -> Answers:
        """Return the predictions that follow from outputs."""
        target, decision = self.network.target, self.network.facts.decision
        if decision is None:
            return Answers(outputs, None, (), target.names)
        return Answers(target.decode(decision.decide(outputs)), outputs, (), target.names, target.classes)

    def predictions(self, table: Table, answers: Answers) -> list[Prediction]:
        """Return the prediction for each row, with the digits that ``plastica predict`` writes."""
        return table_predictions(self.network.target, table, answers)

    def csv(self, table: Table, answers: Answers, probabilities: bool) -> str:
        """Return the bytes that ``plastica predict`` writes."""
        keep = [name for name in table.names if name in self.network.facts.identifiers]
        return shown_frame(answers_frame(self.network.target, table, answers, keep, probabilities)).write_csv()

    def schema(self, used: Mapping[str, str]) -> Document:
        """Return the JSON Schema of a row, with the target and an example."""
        network = self.network
        columns = {column.name: column for column in (*network.encoder.columns, *network.facts.columns)}
        told: Document = {"names": list(network.target.names), "task": network.task}
        if network.target.classes:
            told["classes"] = [str(label) for label in network.target.classes]
        return row_schema(self.target, told, [columns[name] for name in used])

    def drift(self, used: Iterable[str], remembered: int) -> Drift:
        """Return the drift against training, of no rows yet."""
        rows = self.network.facts.rows
        columns = [column for column in self.network.facts.columns if column.name in used]
        return Drift(columns, rows.train + rows.validation + rows.test, remembered)
