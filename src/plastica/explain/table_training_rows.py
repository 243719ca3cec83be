"""Which training rows of a table a prediction owes itself to, and which the network treats alike."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np

from ..data.inputs import as_table
from ..data.table import Table, show
from ..errors import DataError, InvalidValue
from ..model import Model
from ..notes import note
from .named_places import place_of
from .table_answers import ExplainsTable, outputs_of, require_one_target, require_row
from .training_rows import NearestRows, RowInfluence, last_layer_influence, nearest_rows, tracin

InfluenceMethod = Literal["tracin", "last_layer"]
METHODS = {"tracin": tracin, "last_layer": last_layer_influence}


def table_influence(
    network: ExplainsTable,
    source: object,
    training: object,
    *,
    row: int = 0,
    method: InfluenceMethod = "tracin",
    output: int | str | None = None,
) -> RowInfluence:
    """Return how much each training row speaks for the prediction for a row of a table.

    Of classes, it is the influence on the loss of the row as if the predicted class were true; of numbers, on the loss
    of the row itself, whose target the table must have.

    Args:
        network: The model, such as ``pl.load("runs/titanic-1")``; of the models of folds, the first.
        source: A table with the row: a file, a data frame, a dict.
        training: A table with the training rows and their targets.
        row: The number of the row, from 0.
        method: "tracin", with the present weights, or "last_layer"; see :func:`tracin` and
            :func:`last_layer_influence`.
        output: The class that rows speak for. Default: the predicted one.

    Raises:
        DataError: If a column or a target is missing.
        InvalidValue: If there is no such row or method, or the model is no network with one target.
        UnknownName: If there is no such class.
    """
    if method not in METHODS:
        raise InvalidValue(note("explain.no_influence", method=repr(method)))
    table, others = as_table(source), as_table(training)
    require_row(table, row)
    require_one_target("table_influence", network.target)
    own, model = _network(network)
    picked = table.take([row])
    x, behind = own.encoder.transform(picked, []), own.encoder.transform(others, [])
    lacking = own.target.missing(others) if all(name in others.columns for name in own.target.names) else None
    if lacking is None or lacking.any():
        column = show(own.target.name)
        raise DataError(note("explain.training_target", source=others.source, column=column))
    wanted = _number(own, table, row) if own.target.task == "regression" else _class(network, picked, output)
    return METHODS[method](model, x, wanted, behind, own.target.encode(others))


def table_nearest(
    network: ExplainsTable, source: object, training: object, *, row: int = 0, most: int = 5
) -> NearestRows:
    """Return the training rows that the last hidden layer of a network treats most like a row of a table.

    Args:
        network, source, training, row: As for :func:`table_influence`; targets are not needed.
        most: The number of training rows.

    Raises:
        DataError: If a column is missing.
        InvalidValue: If there is no such row, there are fewer training rows, or the model is no network.
    """
    table, others = as_table(source), as_table(training)
    require_row(table, row)
    own, model = _network(network)
    x, behind = own.encoder.transform(table.take([row]), []), own.encoder.transform(others, [])
    return nearest_rows(model, x, behind, most=most)


def _network(network: ExplainsTable) -> tuple[ExplainsTable, Model]:
    """Return the model for tables, of folds the first, and its network."""
    own = (network.members or (network,))[0]
    model = cast(Any, own).model
    if not isinstance(model, Model):
        raise InvalidValue(note("explain.no_network", kind=type(model).__name__))
    return own, model


def _class(network: ExplainsTable, picked: Table, output: int | str | None) -> np.ndarray:
    """Return the number of the class that training rows speak for."""
    names = outputs_of(network.target)
    wanted = str(cast(Any, network).predict(picked).labels[0]) if output is None else output
    return np.array([place_of("table_influence", "class", wanted, names)])


def _number(own: ExplainsTable, table: Table, row: int) -> np.ndarray:
    """Return the encoded target of the row."""
    one = table.take([row])
    if not all(name in table.columns for name in own.target.names) or own.target.missing(one).any():
        column = show(own.target.name)
        raise DataError(note("explain.row_target", source=table.source, column=column, row=str(row)))
    return own.target.encode(one)
