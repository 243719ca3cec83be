"""What is explained of a model for a table: its answers for encoded rows, and the columns as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

import numpy as np

from ..data.encoding import TableEncoder
from ..data.table import Table
from ..data.target import Target
from ..data.values import as_text
from ..errors import InvalidValue
from ..model import Model
from ..notes import Note, note
from ..typing import Float
from .answering import AnswerFunction, with_shuffled_weights


class ExplainsTable(Protocol):
    """What is used of a model for a table, such as :class:`~plastica.tables.TableNetwork`."""

    @property
    def encoder(self) -> TableEncoder: ...
    @property
    def target(self) -> Target: ...
    @property
    def members(self) -> Sequence[ExplainsTable]: ...
    def answers(self, x: np.ndarray) -> np.ndarray: ...


def outputs_of(target: Target) -> tuple[str, ...]:
    """Return the names of the answers: the classes or labels, or the targets of a regression."""
    return tuple(map(str, target.names if target.task == "regression" else target.classes))


def encoded(network: ExplainsTable, table: Table, notes: list[Note]) -> Float[np.ndarray, "rows features"]:
    """Return the features of a table; those of the networks of folds, each with its own encoding, side by side."""
    parts = [each.encoder.transform(table, notes) for each in network.members or (network,)]
    return np.concatenate(parts, axis=1)


def answers_of(network: ExplainsTable, x: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows *outputs"]:
    """Return the answers for :func:`encoded` rows: the mean over the networks of folds."""
    parts = network.members or (network,)
    ends = np.cumsum([each.encoder.layout.width for each in parts])[:-1]
    found = [each.answers(own) for each, own in zip(parts, np.split(x, ends, axis=1), strict=True)]
    return np.mean(found, axis=0)


def table_answers(network: ExplainsTable) -> AnswerFunction:
    """Return the answers of a model for :func:`encoded` rows; of networks, their weights can be shuffled."""
    own = AnswerFunction(lambda features: answers_of(network, features), names=outputs_of(network.target))
    parts = cast("Sequence[Any]", network.members or (network,))
    if not all(isinstance(each.model, Model) for each in parts):
        return own  # trees have no weights

    def shuffled(seed: int) -> AnswerFunction:
        made = [replace(each, model=with_shuffled_weights(each.model, seed), members=()) for each in parts]
        other = replace(cast(Any, network), model=made[0].model, members=made if network.members else ())
        return replace(own, function=lambda features: answers_of(other, cast(np.ndarray, features)))

    return replace(own, shuffled=shuffled)


def require_row(table: Table, row: int) -> None:
    """Refuse the number of a row that a table has not."""
    if not 0 <= row < table.height:
        raise InvalidValue(note("explain.no_row", row=str(row), source=table.source, last=table.height - 1))


def require_one_target(method: str, target: Target) -> None:
    """Refuse models with several targets."""
    if target.task == "multilabel" or len(target.names) > 1:
        raise InvalidValue(note("explain.one_target", method=method))


def columns_of(network: ExplainsTable) -> dict[str, list[int | str]]:
    """Return the features of each column."""
    found: dict[str, list[int | str]] = {}
    start = 0
    for each in network.members or (network,):
        for encoder in each.encoder.encoders:
            end = start + len(encoder.feature_names)
            found.setdefault(encoder.column.name, []).extend(range(start, end))
            start = end
    return found


def cells_of(
    table: Table, names: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None
) -> tuple[tuple[str, ...], ...]:
    """Return the texts in some columns, row by row; empty for missing values. Those of a group are listed."""
    given = groups or {}

    def texts(name: str) -> list[str]:
        return ["" if each is None else str(each) for each in as_text(table.column(name)).to_list()]

    def listed(names: Sequence[str]) -> list[str]:
        cells = zip(*(texts(name) for name in names), strict=True)
        return ["; ".join(each for each in row if each) for row in cells]

    found = [listed(given[name]) if name in given else texts(name) for name in names]
    return tuple(zip(*found, strict=True))
