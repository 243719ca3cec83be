"""Checks for leakage: rows in both training and test set, and columns that reveal the target."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Protocol, Self

import numpy as np

from ..data.ranks import ranks as ranks_of
from ..data.table import show
from ..typing import Bool, Float, Int
from .arrays import TableArrays
from .findings import Finding, finding, percent

TWINS = 0.01  # the share of the test rows from which there is a finding
MANY_TWINS = 0.2
TORN = 0.8  # if no network can be correct in more than this share of the rows, columns are missing
VARIED = 50  # unless a numeric column has more distinct values than this, equal rows are chance
AGREE = 0.99  # duplicates have the same target; rows equal by chance sometimes have another
LEAKS, SURELY_LEAKS = 0.99, 0.999  # area under the ROC curve, or R2
MOST_ROWS, MOST_COLUMNS = 5_000, 300
LEAF = 5
FEW_ROWS = 20  # too few to evaluate a column


class _Regressor(Protocol):
    """What is used of scikit-learn's models."""

    def fit(self, x: np.ndarray, y: np.ndarray, /) -> Self: ...
    def predict(self, x: np.ndarray, /) -> np.ndarray: ...


def repeated_rows(prepared: TableArrays) -> Iterator[Finding]:
    """Find rows that are equal in every used column: across the split, and with different targets."""
    names = [column.name for column in prepared.encoder.columns]
    groups = _groups(prepared, names)
    alike = _groups(prepared, [*names, *prepared.target.names])
    repeats = prepared.table.height - int(alike.max()) - 1
    if repeats:
        yield finding("duplicates", "note", rows=repeats, all=prepared.table.height)
    twins = twins_of_training(prepared, groups)
    share = float(twins.mean()) if len(twins) else 0.0
    if share >= TWINS:
        data = {"share": percent(share), "rows": int(twins.sum())}
        if _copied(prepared, groups, alike):
            yield finding("twins", "serious" if share >= MANY_TWINS else "warning", **data)
        else:
            yield finding("natural_twins", "note", **data)
    if prepared.target.task in ("binary", "multiclass"):
        yield from _conflicts(groups, prepared.y)


def twins_across(prepared: TableArrays, rows: np.ndarray, folds: np.ndarray) -> Iterator[Finding]:
    """Find duplicates in different folds, which the network of a fold has seen although it should not.

    Args:
        prepared: The table.
        rows: The rows that were predicted.
        folds: The fold of each.
    """
    groups = _groups(prepared, [column.name for column in prepared.encoder.columns])
    own = groups[rows]
    _, places, sizes = np.unique(own, return_inverse=True, return_counts=True)
    _, inside, counts = np.unique(np.stack([places, folds]), axis=1, return_inverse=True, return_counts=True)
    twins = sizes[places] > counts[inside.reshape(-1)]
    share = float(twins.mean())
    alike = _groups(prepared, [*(column.name for column in prepared.encoder.columns), *prepared.target.names])
    if share >= TWINS and _copied(prepared, groups, alike):
        severity = "serious" if share >= MANY_TWINS else "warning"
        yield finding("fold_twins", severity, share=percent(share), rows=int(twins.sum()))


def group_columns(prepared: TableArrays) -> Iterator[Finding]:
    """Find columns that name the group of each row: one value for each group, and one group for each value."""
    groups = prepared.scheme.groups
    if groups is None or len(np.unique(groups)) == len(groups):
        return
    own, number = groups[: prepared.own], len(np.unique(groups))
    for column in prepared.encoder.columns:
        values = _groups(prepared, [column.name])[: len(own)]
        pairs = np.unique(np.stack([values, own]), axis=1).shape[1]
        if pairs == number == len(np.unique(values)):
            name, by = show(column.name), show(prepared.scheme.by)
            yield finding("group_column", "warning", column=name, by=by, option=shlex.quote(column.name))


def twins_of_training(
    prepared: TableArrays, groups: Int[np.ndarray, "rows"] | None = None
) -> Bool[np.ndarray, "test_rows"]:
    """Return for each test row whether a training or validation row is equal in every used column."""
    if groups is None:
        groups = _groups(prepared, [column.name for column in prepared.encoder.columns])
    seen = np.concatenate([prepared.split.train, prepared.split.validation])
    return np.isin(groups[prepared.split.test], groups[seen])


def leaking_columns(prepared: TableArrays) -> Iterator[Finding]:
    """Find columns from each of which a small model alone predicts the target almost perfectly on unseen rows.

    One tree of depth 4 for each column (for numbers, a tree of depth 8 and a line), fitted to at most 5,000 training
    rows and evaluated by the area under the ROC curve (mean over classes) or R2 on the validation rows, or on the test
    rows if there are none.
    """
    train, judged, part = prepared.split.train, prepared.split.validation, "validation"
    if len(judged) < FEW_ROWS:
        judged, part = prepared.split.test, "held-out"
    if len(judged) < FEW_ROWS or len(train) < FEW_ROWS:
        return
    train, judged = _thinned(train), _thinned(judged)
    y = _one_hot(prepared)
    measure = "R2" if prepared.target.task == "regression" else "AUC"
    for name, features in list(features_by_column(prepared).items())[:MOST_COLUMNS]:
        value = _told(prepared, features, y, train, judged)
        if value >= LEAKS:
            yield finding(
                "leak",
                "serious" if value >= SURELY_LEAKS else "warning",
                column=show(name),
                measure=measure,
                value=round(value, 4),
                part=part,
                option=shlex.quote(name),
            )


def features_by_column(prepared: TableArrays) -> dict[str, slice]:
    """Return the features of each used column."""
    found: dict[str, slice] = {}
    start = 0
    for encoder in prepared.encoder.encoders:
        end = start + len(encoder.feature_names)
        found[encoder.column.name] = slice(start, end)
        start = end
    return found


def _groups(prepared: TableArrays, names: list[str]) -> Int[np.ndarray, "rows"]:
    """Return a number for each row, equal for rows that are equal in these columns."""
    import polars as pl

    frame = pl.DataFrame([prepared.table.column(name).alias(str(place)) for place, name in enumerate(names)])
    return frame.hash_rows().rank("dense").to_numpy().astype(np.int64) - 1


def _copied(prepared: TableArrays, groups: Int[np.ndarray, "rows"], alike: Int[np.ndarray, "rows"]) -> bool:
    """Return whether equal rows are duplicates rather than equal by chance."""
    if not any(column.kind == "number" and column.distinct > VARIED for column in prepared.encoder.columns):
        return False
    repeats, same = len(groups) - int(groups.max()) - 1, len(alike) - int(alike.max()) - 1
    return same >= AGREE * repeats


def _conflicts(groups: Int[np.ndarray, "rows"], y: Int[np.ndarray, "rows"]) -> Iterator[Finding]:
    counts = np.unique(np.stack([groups, y]), axis=1, return_counts=True)
    (group, _), size = counts
    most = np.zeros(int(groups.max()) + 1, np.int64)
    np.maximum.at(most, group, size)
    sizes = np.bincount(groups)
    torn = most < sizes
    if torn.any():
        rows, best = int(sizes[torn].sum()), float(most.sum() / len(y))
        yield finding("conflicts", "warning" if best < TORN else "note", rows=rows, share=percent(best))


def _thinned(rows: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "kept"]:
    return rows if len(rows) <= MOST_ROWS else rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)]


def _one_hot(prepared: TableArrays) -> Float[np.ndarray, "rows outputs"]:
    y = prepared.y
    if prepared.target.task in ("binary", "multiclass"):
        y = (y[:, None] == np.arange(len(prepared.target.classes))).astype(np.float64)
    return y.reshape(len(y), -1)


def _told(
    prepared: TableArrays,
    features: slice,
    y: Float[np.ndarray, "rows outputs"],
    train: Int[np.ndarray, "train"],
    judged: Int[np.ndarray, "judged"],
) -> float:
    """Return how well these features alone predict the target; for several targets, the best value."""
    x, numbers = prepared.x[:, features], prepared.target.task == "regression"
    return told_by(x, y, train, judged, numbers, best=prepared.target.task in ("multilabel", "regression"))


def told_by(
    x: Float[np.ndarray, "rows features"],
    y: Float[np.ndarray, "rows outputs"],
    train: Int[np.ndarray, "train"],
    judged: Int[np.ndarray, "judged"],
    numbers: bool,
    best: bool,
) -> float:
    """Return how well features predict targets by a small tree (for numbers, also a line): the AUC, or R2.

    Args:
        x: The features.
        y: Numbers, or an indicator of each class.
        train, judged: The rows that models are fitted to and evaluated on.
        numbers: Whether targets are numbers.
        best: Whether the best of several outputs counts, and not their mean.
    """
    from sklearn.linear_model import LinearRegression  # pyright: ignore[reportMissingTypeStubs]
    from sklearn.tree import DecisionTreeRegressor  # pyright: ignore[reportMissingTypeStubs]

    # On class indicators, the squared error of a regression tree is the Gini impurity.
    depth = 8 if numbers else 4
    models: list[_Regressor] = [DecisionTreeRegressor(max_depth=depth, min_samples_leaf=LEAF, random_state=0)]
    models += [LinearRegression()] * numbers  # a change of units, for which a tree has too few leaves
    truth = y[judged]
    varying = np.ptp(truth, axis=0) > 0
    if not varying.any():
        return 0.0
    told: list[np.ndarray] = [
        model.fit(x[train], y[train]).predict(x[judged]).reshape(len(judged), -1) for model in models
    ]
    measure = _r2 if numbers else _auc
    values = np.max([measure(truth[:, varying], each[:, varying]) for each in told], axis=0)
    return float(values.max() if best else values.mean())


def _r2(
    truth: Float[np.ndarray, "rows outputs"], told: Float[np.ndarray, "rows outputs"]
) -> Float[np.ndarray, "outputs"]:
    return 1 - ((truth - told) ** 2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0)


def _auc(
    truth: Float[np.ndarray, "rows outputs"], told: Float[np.ndarray, "rows outputs"]
) -> Float[np.ndarray, "outputs"]:
    """Return the area under the ROC curve of each output from ranks, vectorized for hundreds of columns and outputs."""
    yes = truth > 0.5
    hits = yes.sum(0)
    ranks = np.where(yes, ranks_of(told), 0.0).sum(0)
    return (ranks - hits * (hits + 1) / 2) / (hits * (len(yes) - hits))
