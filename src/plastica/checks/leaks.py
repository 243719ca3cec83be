"""Where answers leak: rows that stand on both sides of the split, columns that are the target in disguise."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..data.table import show
from .findings import Finding, finding, percent

if TYPE_CHECKING:
    from .prepared import Prepared

TWINS = 0.01  # a share of the held-out rows worth saying
MANY_TWINS = 0.2
TORN = 0.8  # where no network can be right in more rows than this, columns are lacking
VARIED = 50  # without a number that takes more values than this, equal rows are chance
AGREE = 0.99  # copies have the same target too; rows that meet by chance now and then have another
LEAKS, SURELY_LEAKS = 0.99, 0.999  # area under the ROC curve, or R2
MOST_ROWS, MOST_COLUMNS = 5_000, 300
LEAF = 5
FEW_ROWS = 20  # too few to judge a column on


def repeated_rows(prepared: Prepared) -> Iterator[Finding]:
    """Find rows that are equal in every used column: across the parts, and with other targets."""
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


def twins_of_training(prepared: Prepared, groups: np.ndarray | None = None) -> np.ndarray:
    """Return for each held-out row whether a training or validation row is equal in every used column."""
    if groups is None:
        groups = _groups(prepared, [column.name for column in prepared.encoder.columns])
    seen = np.concatenate([prepared.split.train, prepared.split.validation])
    return np.isin(groups[prepared.split.test], groups[seen])


def leaking_columns(prepared: Prepared) -> Iterator[Finding]:
    """Find columns from which alone a small model tells the target almost perfectly on rows it has not seen.

    One tree of depth 4 for each column (for numbers one of depth 8, and a line), fitted to at most 5,000 training
    rows; judged by the area under the ROC curve (mean over classes) or R2 on the validation rows, without any on
    the held-out ones.
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


def features_by_column(prepared: Prepared) -> dict[str, slice]:
    """Return where each used column's features stand."""
    found: dict[str, slice] = {}
    start = 0
    for encoder in prepared.encoder.encoders:
        end = start + len(encoder.feature_names)
        found[encoder.column.name] = slice(start, end)
        start = end
    return found


def _groups(prepared: Prepared, names: list[str]) -> np.ndarray:
    """Return a number for each row, equal for rows that are equal in these columns."""
    import polars as pl

    frame = pl.DataFrame([prepared.table.column(name).alias(str(place)) for place, name in enumerate(names)])
    return frame.hash_rows().rank("dense").to_numpy().astype(np.int64) - 1


def _copied(prepared: Prepared, groups: np.ndarray, alike: np.ndarray) -> bool:
    """Whether equal rows are copies and did not meet by chance."""
    if not any(column.kind == "number" and column.distinct > VARIED for column in prepared.encoder.columns):
        return False
    repeats, same = len(groups) - int(groups.max()) - 1, len(alike) - int(alike.max()) - 1
    return same >= AGREE * repeats


def _conflicts(groups: np.ndarray, y: np.ndarray) -> Iterator[Finding]:
    counts = np.unique(np.stack([groups, y]), axis=1, return_counts=True)
    (group, _), size = counts
    most = np.zeros(int(groups.max()) + 1, np.int64)
    np.maximum.at(most, group, size)
    sizes = np.bincount(groups)
    torn = most < sizes
    if torn.any():
        rows, best = int(sizes[torn].sum()), float(most.sum() / len(y))
        yield finding("conflicts", "warning" if best < TORN else "note", rows=rows, share=percent(best))


def _thinned(rows: np.ndarray) -> np.ndarray:
    return rows if len(rows) <= MOST_ROWS else rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)]


def _one_hot(prepared: Prepared) -> np.ndarray:
    y = prepared.y
    if prepared.target.task in ("binary", "multiclass"):
        y = (y[:, None] == np.arange(len(prepared.target.classes))).astype(np.float64)
    return y.reshape(len(y), -1)


def _told(prepared: Prepared, features: slice, y: np.ndarray, train: np.ndarray, judged: np.ndarray) -> float:
    """Return how well these features alone tell the target; for several targets the best told."""
    from sklearn.linear_model import LinearRegression
    from sklearn.tree import DecisionTreeRegressor

    numbers = prepared.target.task == "regression"
    # On shares of classes a regression tree's squared error is the Gini impurity.
    models = [DecisionTreeRegressor(max_depth=8 if numbers else 4, min_samples_leaf=LEAF, random_state=0)]
    models += [LinearRegression()] * numbers  # a change of units, which a tree has too few leaves for
    x, truth = prepared.x[:, features], y[judged]
    varying = np.ptp(truth, axis=0) > 0
    if not varying.any():
        return 0.0
    told = (model.fit(x[train], y[train]).predict(x[judged]).reshape(len(judged), -1) for model in models)
    measure = _r2 if numbers else _auc
    values = np.max([measure(truth[:, varying], each[:, varying]) for each in told], axis=0)
    return float(values.max() if prepared.target.task in ("multilabel", "regression") else values.mean())


def _r2(truth: np.ndarray, told: np.ndarray) -> np.ndarray:
    return 1 - ((truth - told) ** 2).sum(0) / ((truth - truth.mean(0)) ** 2).sum(0)


def _auc(truth: np.ndarray, told: np.ndarray) -> np.ndarray:
    """The area under the ROC curve of each output from ranks, all at once: hundreds of columns times outputs."""
    from scipy.stats import rankdata

    yes = truth > 0.5
    hits = yes.sum(0)
    ranks = np.where(yes, rankdata(told, axis=0), 0.0).sum(0)
    return (ranks - hits * (hits + 1) / 2) / (hits * (len(yes) - hits))
