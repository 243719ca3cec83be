"""What a network must beat: a guess that looks at no column, a linear model and trees, on the same features."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import numpy as np

from ..data.encoding import FeatureLayout
from .settings import BASELINES

MOST_ROWS = 200_000  # a baseline learns from as many at most, so that it takes seconds
# Boosting grows a hundred trees for each output: with more outputs times features it takes minutes, and with more
# rows times that it is given fewer rows.
MOST_WIDTH = 1_000
MOST_WORK = 20_000_000
FEW_ROWS = 100_000  # on two cores a thread of its own gains little up to here, and waiting for a busy one costs minutes


def baseline_answers(
    task: str,
    x: np.ndarray,
    y: np.ndarray,
    held_out: np.ndarray,
    classes: int,
    layout: FeatureLayout | None = None,
    names: tuple[str, ...] = BASELINES,
    notes: list[str] | None = None,
) -> dict[str, np.ndarray]:
    """Return what each baseline answers for the held-out rows.

    "linear": logistic regression, one for each of several labels, and for numbers ridge regression; "trees":
    gradient-boosted trees; "dummy": the classes' shares, and the mean. All of them scikit-learn's, with its
    defaults.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        x, y: Features and targets of the training rows.
        held_out: Features of the held-out rows.
        classes: How many classes or labels there are; 0 for numbers.
        layout: What stands where among the features; category codes are spread out for the linear model.
        names: Which of them.
        notes: A list that takes what is to be said.
    """
    said = notes if notes is not None else []
    outputs = classes if task == "multiclass" else 1 if y.ndim == 1 else y.shape[1]
    found = {}
    for name in names:
        if name == "trees" and outputs * x.shape[1] > MOST_WIDTH:
            said.append(f"no trees beside the network: {outputs} outputs of {x.shape[1]} features would take minutes.")
            continue
        most = min(MOST_ROWS, MOST_WORK // (outputs * x.shape[1])) if name == "trees" else MOST_ROWS
        rows = _some(len(x), most)
        if len(rows) < len(x):
            said.append(f"the baseline {name!r} learned from {len(rows):,} of the {len(x):,} training rows.")
        pair = _spread(x[rows], held_out, layout) if name == "linear" else (x[rows], held_out)
        with warnings.catch_warnings(), _few_threads(len(rows)):
            warnings.simplefilter("ignore")  # that it would need more steps: it is a baseline as it is
            found[name] = _answers(task, _model(name, task), *pair, y[rows], classes)
    return found


def _some(rows: int, most: int) -> np.ndarray:
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.Generator(np.random.PCG64(0)).choice(rows, most, replace=False))


def _few_threads(rows: int) -> AbstractContextManager[Any]:
    """Threads that wait for each other make small tables slower, on a busy machine by far."""
    from threadpoolctl import threadpool_limits

    return nullcontext() if rows > FEW_ROWS else threadpool_limits(1)


def _model(name: str, task: str) -> Callable[[], Any]:
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    if task == "regression":
        kinds = {
            "linear": Ridge,
            "dummy": DummyRegressor,
            "trees": lambda: HistGradientBoostingRegressor(random_state=0),
        }
    else:
        kinds = {
            "linear": lambda: LogisticRegression(max_iter=1000),
            "dummy": DummyClassifier,
            "trees": lambda: HistGradientBoostingClassifier(random_state=0),
        }
    return kinds[name]


def _answers(task: str, made: Callable[[], Any], x: Any, held_out: Any, y: np.ndarray, classes: int) -> np.ndarray:
    """Answers in the form of the network's: shares of classes or labels, or numbers."""
    if task == "multilabel":
        return np.stack([_shares(made, x, held_out, yes.astype(np.int64), 2)[:, 1] for yes in y.T], axis=1)
    if task != "regression":
        return _shares(made, x, held_out, y, classes)
    if y.ndim == 1:
        return made().fit(x, y).predict(held_out).astype(np.float64)
    return np.stack([made().fit(x, numbers).predict(held_out) for numbers in y.T], axis=1).astype(np.float64)


def _shares(made: Callable[[], Any], x: Any, held_out: Any, y: np.ndarray, classes: int) -> np.ndarray:
    shares = np.zeros((held_out.shape[0], classes))
    if len(np.unique(y)) == 1:
        shares[:, y[0]] = 1
        return shares
    model = made().fit(x, y)
    shares[:, model.classes_] = model.predict_proba(held_out)
    return shares / shares.sum(1, keepdims=True)  # from float32 they do not quite sum to 1


def _spread(x: np.ndarray, held_out: np.ndarray, layout: FeatureLayout | None) -> tuple[Any, Any]:
    """Give each category code a column of its own, for a model that can only add."""
    if layout is None or not layout.codes:
        return x, held_out
    from scipy import sparse
    from sklearn.preprocessing import OneHotEncoder

    places = [place for place, _ in layout.codes]
    others = np.setdiff1d(np.arange(layout.width), places)
    known = OneHotEncoder(
        categories=cast(Any, [np.arange(count) for _, count in layout.codes]), handle_unknown="ignore"
    )
    known.fit(x[:1, places])

    def spread(rows: np.ndarray) -> Any:
        return sparse.hstack([sparse.csr_matrix(rows[:, others]), known.transform(rows[:, places])], format="csr")

    return spread(x), spread(held_out)
