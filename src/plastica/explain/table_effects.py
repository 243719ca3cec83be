"""How the answers of a model for a table depend on one column, as the person wrote it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.column import Column
from ..data.inputs import as_table
from ..data.spacing import spaced
from ..data.table import Table
from ..data.values import as_text, read_categories, read_ordered
from ..errors import DataError, InvalidValue
from ..notes import note
from ..typing import Float, Int
from .curves import in_likely_order, interval_of
from .dependence import FeatureValues, accumulated, dependence
from .explained import explained
from .feature_effects import FeatureEffect
from .named_places import place_of
from .table_answers import ExplainsTable, columns_of, encoded, table_answers

MOST_ROWS = 200
POINTS, MOST_CATEGORIES = 20, 12
EDGES = (0.01, 0.99)  # quantiles; the most extreme values are not representative
METHODS = ("partial_dependence", "accumulated_local_effects")


def table_effect(
    network: ExplainsTable,
    source: object,
    column: str,
    *,
    method: str = "partial_dependence",
    rows: int | Sequence[int] | Int[np.ndarray, "rows"] = MOST_ROWS,
    output: int | str | Sequence[int | str] | None = None,
    points: int = POINTS,
    categories: int = MOST_CATEGORIES,
    edges: tuple[float, float] = EDGES,
) -> FeatureEffect:
    """Return how the answers of a model for a table depend on one of its columns.

    A category or a date is one column, however many numbers the network reads of it. All rows are set to values that
    occur in the table.

    Args:
        network: The model, such as ``pl.load("runs/penguins-1")``.
        source: A table with the columns of the model: a file, a data frame, a dict.
        column: The column.
        method: "partial_dependence", or "accumulated_local_effects" where columns are correlated; see the functions of
            these names.
        rows: The numbers of the rows whose answers are averaged, or how many of them, spaced evenly.
        output: The class, label or target; several in a list. Default: all.
        points: The largest number of values of a number or a date, at quantiles.
        categories: The largest number of values of a category, the most frequent ones.
        edges: The lowest and the highest quantile.

    Raises:
        UnknownName: If the model reads no such column.
        InvalidValue: If the column is free text, or there is no such method.
        DataError: If the column has a single value.

    Example:
        >>> from plastica.settings import Settings
        >>> from plastica.tables import TableNetwork
        >>> network = TableNetwork.fit("penguins", "species", Settings(epochs=2))
        >>> table_effect(network, "penguins", "island").labels
        ('Biscoe', 'Dream', 'Torgersen')
    """
    if method not in METHODS:
        raise InvalidValue(note("explain.no_effect_method", method=repr(method)))
    table = as_table(source)
    columns = {each.column.name: each.column for each in (network.members or (network,))[0].encoder.encoders}
    names = tuple(columns)
    name = names[place_of("table_effect", "column", column, names)]
    kept = spaced(table.height, rows) if isinstance(rows, int) else np.asarray(rows, np.int64)
    picked = table.take(kept)
    x = encoded(network, picked, [])
    features = [str(place) for place in range(x.shape[1])]
    asked = explained("table_effect", table_answers(network), x, options={"output": output, "feature_names": features})
    own = np.array(columns_of(network)[name], np.int64)
    if columns[name].kind in ("number", "date"):
        feature = _ordered(network, table, kept, columns[name], own, np.linspace(*edges, points))
    elif columns[name].kind == "text":
        raise InvalidValue(note("explain.no_curve", column=repr(name)))
    else:
        feature = _category(network, table, kept, columns[name], own, categories)
    if method == "partial_dependence":
        return dependence(asked, feature)
    return accumulated(asked, in_likely_order(feature, asked.x) if feature.is_category else feature)


def _ordered(
    network: ExplainsTable,
    table: Table,
    rows: Int[np.ndarray, "rows"],
    column: Column,
    own: Int[np.ndarray, "places"],
    quantiles: Float[np.ndarray, "points"],
) -> FeatureValues:
    """Return quantiles of a number or a date, each from a row that has it."""
    numbers = read_ordered(table, column)
    order = np.argsort(numbers, kind="stable")[: int(np.isfinite(numbers).sum())]
    places = np.round(np.quantile(np.arange(len(order)), quantiles)).astype(np.int64) if len(order) else order
    at, first = np.unique(numbers[order[places]], return_index=True)
    if len(at) < 2:
        raise DataError(note("explain.constant", feature=repr(column.name), value=str(*at[:1]), count=table.height))
    donors = order[places][first]
    labels = tuple(_texts(table, column, donors)) if column.kind == "date" else ()
    values = encoded(network, table.take(donors), [])[:, own]
    return FeatureValues(column.name, own, values, at, labels, interval_of(numbers[rows], at))


def _category(
    network: ExplainsTable,
    table: Table,
    rows: Int[np.ndarray, "rows"],
    column: Column,
    own: Int[np.ndarray, "places"],
    most: int,
) -> FeatureValues:
    """Return the most frequent values of a category, each from a row that has it."""
    texts = read_categories(table, column)
    counted = texts.drop_nulls().value_counts(sort=True)
    labels = tuple(map(str, counted[texts.name].to_list()[: max(2, most)]))
    if len(labels) < 2:
        told = {"value": labels[0] if labels else "", "count": table.height}
        raise DataError(note("explain.constant", feature=repr(column.name), **told))
    number = {label: place for place, label in enumerate(labels)}
    codes = np.array([-1 if each is None else number.get(str(each), -1) for each in texts.to_list()], np.int64)
    donors = np.array([np.flatnonzero(codes == place)[0] for place in range(len(labels))])
    values = encoded(network, table.take(donors), [])[:, own]
    grid = np.arange(len(labels), dtype=np.float64)
    return FeatureValues(column.name, own, values, grid, labels, codes[rows], True)


def _texts(table: Table, column: Column, rows: Int[np.ndarray, "rows"]) -> list[str]:
    return [str(each) for each in as_text(table.take(rows).column(column.name)).to_list()]
