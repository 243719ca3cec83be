"""Rows of a table as a network reads them, beside their columns as a person wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from ..data.encoders.number import NumberEncoder
from ..data.inputs import as_table
from ..data.spacing import spaced
from ..data.table import Table, show
from ..data.values import as_text, read_numbers
from ..errors import DataError, InvalidValue, UnknownName
from ..explain.named_places import place_of
from ..model import Sequential
from ..notes import Note, note
from ..tables import TableNetwork
from ..typing import Float, Shaped
from .columns import WrittenColumn

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class RowsOfTable:
    """Rows of a table for a network.

    Attributes:
        network: The model for tables; that of the first fold if there are several.
        model: Its network.
        rows: The number of each row in the table, from 0.
        x: Features, ``(rows, features)``.
        y: Encoded targets; None if the table has not the target.
        labels: What is predicted of each row as it is written: classes or numbers; None likewise, or for several
            targets.
        columns: The columns as they are written.
    """

    network: TableNetwork
    model: Sequential
    rows: Shaped[np.ndarray, "rows"]
    x: Float[np.ndarray, "rows features"]
    y: np.ndarray | None
    labels: np.ndarray | None
    columns: tuple[WrittenColumn, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes; none for numbers."""
        return () if self.network.task == "regression" else tuple(map(str, self.network.target.classes))

    def require_targets(self, owner: str) -> np.ndarray:
        """Return the targets.

        Raises:
            DataError: If the table has none.
        """
        if self.y is None:
            raise DataError(note("looks.no_target", owner=owner, column=show(self.network.target.name)))
        return self.y

    def number_column(self, owner: str, name: str) -> tuple[NumberEncoder, int, WrittenColumn]:
        """Return the encoder of a column of numbers, the place of its feature, and its values.

        Raises:
            UnknownName: If the model reads no such column.
            InvalidValue: If it is no number.
        """
        place_of(owner, "column", name, [each.name for each in self.columns])
        start = 0
        for encoder in self.network.encoder.encoders:
            if encoder.column.name == name:
                if not isinstance(encoder, NumberEncoder):
                    raise InvalidValue(note("looks.no_numbers", owner=owner, column=show(name)))
                return encoder, start, next(each for each in self.columns if each.name == name)
            start += len(encoder.feature_names)
        raise UnknownName(note("looks.no_column", owner=owner, column=show(name)))


def rows_of_table(owner: str, network: object, source: object, most: int) -> RowsOfTable:
    """Return rows of a table, spaced evenly; rows without a target are left out if the table has one.

    Args:
        owner: The name of the function that asks, for messages.
        network: The model for tables.
        source: The table: a file, a data frame, a dict.
        most: The largest number of rows.

    Raises:
        InvalidValue: If the model has no network to look into.
        DataError: If a column is missing, or the table has no rows.
    """
    if not isinstance(network, TableNetwork):
        raise InvalidValue(note("looks.no_table_model", owner=owner, given=type(network).__name__))
    own = cast("TableNetwork", network.members[0]) if network.members else network
    if not isinstance(own.model, Sequential):
        raise InvalidValue(note("looks.no_network", owner=owner, given=type(own.model).__name__))
    table = as_table(source)
    target, numbers = own.target, np.arange(table.height)
    has_target = all(name in table.columns for name in target.names)
    if has_target:
        numbers = numbers[~target.missing(table)]
    if not len(numbers):
        key = "looks.no_rows_with_target" if has_target else "looks.no_rows"
        raise DataError(note(key, owner=owner, source=table.source))
    numbers = numbers[spaced(len(numbers), most)]
    picked = table.take(numbers)
    notes: list[Note] = []
    x = own.encoder.transform(picked, notes)
    y = target.encode(picked) if has_target else None
    labels = None if y is None or len(target.names) > 1 or target.task == "multilabel" else np.ravel(target.decode(y))
    return RowsOfTable(own, own.model, numbers, x, y, labels, tuple(_written(picked, own.encoder.encoders)))


def _written(table: Table, encoders: Sequence[object]) -> list[WrittenColumn]:
    """Return the columns that a model reads: numbers as numbers, others as texts."""
    found = []
    for encoder in encoders:
        column = encoder.column  # pyright: ignore[reportAttributeAccessIssue]
        if isinstance(encoder, NumberEncoder):
            found.append(WrittenColumn(column.name, read_numbers(table, column)))
        else:
            texts = ["" if each is None else str(each) for each in as_text(table.column(column.name)).to_list()]
            found.append(WrittenColumn(column.name, np.array(texts, dtype=object)))
    return found
