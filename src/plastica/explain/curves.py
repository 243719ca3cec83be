"""How answers depend on one feature over all rows: partial dependence, individual curves, accumulated local effects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue, ShapeError
from ..language import Texts
from ..model.options import whole
from ..notes import note
from ..typing import Float, Int, Shaped
from .category_order import order_by_likeness
from .dependence import FeatureValues, accumulated, dependence
from .explained import WITHOUT, Explained, ExplainOptions, explained
from .feature_effects import FeatureEffect
from .named_places import place_of

SAY = Texts("explain")
EDGES = (0.01, 0.99)  # quantiles; the most extreme values are not representative


def partial_dependence(
    model: object,
    x: object,
    feature: int | str,
    *,
    grid: int | ArrayLike = 30,
    **options: Unpack[ExplainOptions],
) -> FeatureEffect:
    """Set a feature to each of several values in all rows, and return the mean answer and that of each row.

    Use it where features are not strongly correlated; otherwise rows are made that do not occur, and
    :func:`accumulated_local_effects` is safer. The curves of single rows (individual conditional expectation) show
    whether the mean hides rows that depend on the feature in opposite ways.

        PD(z) = 1/n sum_i f(x_i with feature = z)

    Args:
        model: A plastica model, an estimator with ``predict_proba`` or ``predict``, or a function from rows to answers.
        x: Rows, ``(rows, features)``, or a data frame: some hundred of the training rows.
        feature: Its number or name. A column of a data frame that is no number is a category; so is a group of
            features, such as one-hot columns: ``groups={"island": ["Biscoe", "Dream"]}``, which are set together.
        grid: Values of the feature, or how many quantiles from 1 % to 99 % of it; of a category how many of its most
            frequent values.
        options: See :class:`ExplainOptions`.

    Raises:
        UnknownName: If there is no such feature.
        DataError: If the feature is constant.
        InvalidValue: If the grid is neither a number of points nor values.

    Example:
        >>> import numpy as np, plastica as pl
        >>> found = pl.explain.partial_dependence(lambda x: 2 * x[:, 0] + x[:, 1], np.eye(2), 0, grid=[0.0, 1.0])
        >>> found.mean[:, 0].tolist()
        [0.5, 2.5]

    Reference:
        J. Friedman (2001), Greedy function approximation, section 8.2. A. Goldstein, A. Kapelner, J. Bleich, E. Pitkin
        (2015), Peeking inside the black box: individual conditional expectation.
    """
    found = _asked("partial_dependence", model, x, feature, options)
    if not _is_ordered(found.own):
        count = whole("grid", grid, 2)
        assert count is not None
        return dependence(found.asked, _categories(found, count))
    values = _numbers(found)
    if isinstance(grid, int | np.integer):
        if grid < 2:
            raise InvalidValue(note("explain.few_points", grid=str(grid)))
        known = values[np.isfinite(values)]
        at = np.unique(np.quantile(known, np.linspace(*EDGES, int(grid)), method="nearest"))
        return dependence(found.asked, _points(found, values, at))
    at = _given(grid, found.name)
    nowhere = np.full(len(values), -1)
    return dependence(found.asked, FeatureValues(found.name, found.places, at[:, None], at, (), nowhere))


def accumulated_local_effects(
    model: object, x: object, feature: int | str, *, bins: int = 20, **options: Unpack[ExplainOptions]
) -> FeatureEffect:
    """Accumulate the mean change of the answer while a feature moves within a small bin, over the bins.

    Use it for correlated features: each row is moved only to the ends of its own bin, so that no rows are made that do
    not occur, and the effect of other features is not mixed in.

        ALE(z_K) = sum_{k <= K} 1/n_k sum_{i in bin k} (f(z_k, rest_i) - f(z_{k-1}, rest_i)) - constant

    The values of a category are put in an order in which neighbours are alike in the other features; the rows of two
    neighbours are moved from one to the other.

    Args:
        model, x, feature: As for :func:`partial_dependence`.
        bins: The largest number of bins, each with about as many rows; of a category how many of its most frequent
            values.
        options: See :class:`ExplainOptions`.

    Returns:
        The effects at the edges of the bins, or for each value of a category; their mean over the rows is 0.

    Raises:
        UnknownName: If there is no such feature.
        DataError: If the feature is constant.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
        >>> found = pl.explain.accumulated_local_effects(lambda x: 3 * x[:, 0] + x[:, 1], x, 0)
        >>> np.diff(found.mean[:, 0]) / np.diff(found.grid)
        array([3., 3.])

    Reference:
        D. Apley, J. Zhu (2020), Visualizing the effects of predictor variables in black box supervised learning models,
        equations 15 and 16, and supplement E.
    """
    count = whole("bins", bins, 1)
    assert count is not None
    found = _asked("accumulated_local_effects", model, x, feature, options)
    if not _is_ordered(found.own):
        return accumulated(found.asked, in_likely_order(_categories(found, max(2, count)), found.asked.x))
    values = _numbers(found)
    known = values[np.isfinite(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, count + 1), method="inverted_cdf"))
    return accumulated(found.asked, _points(found, values, edges))


def interval_of(values: Float[np.ndarray, "rows"], edges: Float[np.ndarray, "points"]) -> Int[np.ndarray, "rows"]:
    """Return the number of the upper edge of the interval that each value lies in; -1 for missing values."""
    own = np.clip(np.searchsorted(edges, values, side="left"), 1, len(edges) - 1)
    return np.where(np.isfinite(values), own, -1)


def in_likely_order(feature: FeatureValues, x: Shaped[np.ndarray, "rows features"]) -> FeatureValues:
    """Return the values of a category in an order in which neighbours are alike in the other features."""
    others = np.delete(x, feature.places, axis=1)
    order = order_by_likeness(feature.own, len(feature.values), others)
    place = np.append(order.argsort(), -1)  # the last one is that of -1
    labels = tuple(feature.labels[each] for each in order)
    return feature._replace(values=feature.values[order], labels=labels, own=place[feature.own])


class _Asked(NamedTuple):
    """What is asked about one feature: its columns, and its values in the rows."""

    asked: Explained
    name: str
    places: Int[np.ndarray, "places"]
    own: Shaped[np.ndarray, "rows places"]


def _asked(method: str, model: object, x: object, feature: int | str, options: ExplainOptions) -> _Asked:
    asked = explained(method, model, x, WITHOUT, options)
    if asked.x.ndim != 2:
        raise ShapeError(note("explain.no_columns", method=method, shape=str(asked.x.shape)))
    place = place_of(method, "feature", feature, asked.names)
    places = np.flatnonzero(asked.labels == place)
    return _Asked(asked, asked.names[place], places, asked.x[:, places])


def _is_ordered(own: Shaped[np.ndarray, "rows places"]) -> bool:
    """Return whether the values are numbers or dates, and not those of a category or of a group of features."""
    if own.shape[1] > 1:
        return False
    if own.dtype.kind in "fiub":
        return True
    known = [each for each in own[:, 0] if each is not None]
    return _are_dates(known) or all(isinstance(each, int | float | np.number) for each in known)


def _are_dates(values: Iterable[object]) -> bool:
    return all(isinstance(each, date) for each in values)


def _numbers(found: _Asked) -> Float[np.ndarray, "rows"]:
    """Return the values as numbers, dates in seconds since 1970; NaN if missing."""
    values = found.own[:, 0]
    if values.dtype.kind == "O" and _are_dates(each for each in values if each is not None):
        dates = values.astype("datetime64[s]")
        values = np.where(np.isnat(dates), np.nan, dates.astype(np.float64))
    values = values.astype(np.float64)
    known = values[np.isfinite(values)]
    if not len(known) or np.ptp(known) == 0:
        only = str(found.own[0, 0])
        raise DataError(note("explain.constant", feature=repr(found.name), value=only, count=len(values)))
    return values


def _points(found: _Asked, values: Float[np.ndarray, "rows"], at: Float[np.ndarray, "points"]) -> FeatureValues:
    """Return values that occur, each from a row that has it."""
    order = np.argsort(values, kind="stable")
    donors = order[np.searchsorted(values[order], at)]
    written = found.own[donors]
    labels = tuple(str(each) for each in written[:, 0]) if _are_dates(written[:, 0]) else ()
    return FeatureValues(found.name, found.places, written, at, labels, interval_of(values, at))


def _given(grid: ArrayLike, name: str) -> Float[np.ndarray, "points"]:
    at = np.asarray(grid, np.float64)
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all():
        raise InvalidValue(note("explain.bad_grid", grid=repr(grid), feature=repr(name)))
    return at


def _categories(found: _Asked, most: int) -> FeatureValues:
    """Return the most frequent values of a category, of one column or of several."""
    texts = [_label(row, [found.asked.feature_names[place] for place in found.places]) for row in found.own]
    names, first, codes, counts = np.unique(texts, return_index=True, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise DataError(note("explain.constant", feature=repr(found.name), value=str(names[0]), count=len(texts)))
    kept = np.argsort(-counts, kind="stable")[:most]
    number = np.full(len(names), -1)
    number[kept] = np.arange(len(kept))
    values, labels = found.own[first[kept]], tuple(str(names[each]) for each in kept)
    grid = np.arange(len(kept), dtype=np.float64)
    return FeatureValues(found.name, found.places, values, grid, labels, number[codes.reshape(-1)], True)


def _label(row: Shaped[np.ndarray, "places"], names: list[str]) -> str:
    """Return a value of a category as text: that of its column, or the name of the only column that is not 0."""
    if len(row) == 1:
        return SAY("missing") if row[0] is None or row[0] != row[0] else str(row[0])
    hot = [name for name, value in zip(names, row.tolist(), strict=True) if value]
    return hot[0] if len(hot) == 1 and set(row.tolist()) <= {0, 1} else ", ".join(f"{value:.4g}" for value in row)
