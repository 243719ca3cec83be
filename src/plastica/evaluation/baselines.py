"""What a network must beat: a guess that looks at no column, a linear model and trees, on the same features."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ..data.encoding import FeatureLayout
from ..notes import Note, note
from ..settings import BASELINES

MOST_ROWS = 200_000  # a baseline learns from as many at most, so that it takes seconds
# Boosting grows a hundred trees for each output: with more outputs times features it takes minutes, and with more
# rows times that it is given fewer rows.
MOST_WIDTH = 1_000
MOST_WORK = 20_000_000
FEW_ROWS = 100_000  # on two cores a thread of its own gains little up to here, and waiting for a busy one costs minutes


@dataclass(frozen=True, eq=False)
class Baseline:
    """A model of scikit-learn's, fitted.

    Args:
        name: "linear", "trees" or "dummy".
        task: "binary", "multiclass", "multilabel" or "regression".
        classes: How many classes or labels there are; 0 for numbers.
        layout: What stands where among the features.
        models: Of classes one, of labels and numbers one for each; a class number in the place of one that saw no
            other.
    """

    name: str
    task: str
    classes: int
    layout: FeatureLayout | None
    models: tuple[Any, ...]

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return shares of classes or labels ``(rows, classes)``, or numbers, as a network answers."""
        given = _spread(x, self.layout) if self.name == "linear" else x
        with _few_threads(len(x)):
            if self.task == "regression":
                found = [model.predict(given).astype(np.float64) for model in self.models]
                return found[0] if len(found) == 1 else np.stack(found, axis=1)
            if self.task == "multilabel":
                return np.stack([_shares(model, given, 2)[:, 1] for model in self.models], axis=1)
            return _shares(self.models[0], given, self.classes)


def baseline_answers(
    task: str,
    x: np.ndarray,
    y: np.ndarray,
    held_out: np.ndarray,
    classes: int,
    layout: FeatureLayout | None = None,
    names: tuple[str, ...] = BASELINES,
    notes: list[Note] | None = None,
) -> dict[str, np.ndarray]:
    """Return what each baseline answers for the held-out rows; the arguments are those of :func:`fit_baselines`."""
    found = fit_baselines(task, x, y, classes, layout, names, notes)
    return {name: baseline.answers(held_out) for name, baseline in found.items()}


def fit_baselines(
    task: str,
    x: np.ndarray,
    y: np.ndarray,
    classes: int,
    layout: FeatureLayout | None = None,
    names: tuple[str, ...] = BASELINES,
    notes: list[Note] | None = None,
    wanted: str = "",
) -> dict[str, Baseline]:
    """Fit what stands beside a network.

    "linear": logistic regression, one for each of several labels, and for numbers ridge regression; "trees":
    gradient-boosted trees; "dummy": the classes' shares, and the mean. All of them scikit-learn's, with its
    defaults.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        x, y: Features and targets of the training rows.
        classes: How many classes or labels there are; 0 for numbers.
        layout: What stands where among the features; category codes are spread out for the linear model.
        names: Which of them.
        notes: A list that takes what is to be said.
        wanted: The one that a person asked for: it learns from all rows, however long that takes.
    """
    said = notes if notes is not None else []
    outputs = classes if task == "multiclass" else 1 if y.ndim == 1 else y.shape[1]
    found = {}
    for name in names:
        most = MOST_ROWS
        if name == wanted:
            most = len(x)
        elif name == "trees":
            if outputs * x.shape[1] > MOST_WIDTH:
                said.append(note("deciding.no_trees", outputs=outputs, features=x.shape[1]))
                continue
            most = min(MOST_ROWS, MOST_WORK // (outputs * x.shape[1]))
        rows = _some(len(x), most)
        if len(rows) < len(x):
            said.append(note("deciding.baseline_rows", name=name, rows=len(rows), all=len(x)))
        given = _spread(x[rows], layout) if name == "linear" else x[rows]
        with warnings.catch_warnings(), _few_threads(len(rows)):
            warnings.simplefilter("ignore")  # that it would need more steps: it is a baseline as it is
            found[name] = Baseline(name, task, classes, layout, _fitted(task, _model(name, task), given, y[rows]))
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


def _fitted(task: str, made: Callable[[], Any], x: Any, y: np.ndarray) -> tuple[Any, ...]:
    if task == "regression":
        return tuple(made().fit(x, numbers) for numbers in y.reshape(len(y), -1).T)
    if task == "multilabel":
        return tuple(_of_classes(made, x, yes.astype(np.int64)) for yes in y.T)
    return (_of_classes(made, x, y),)


def _of_classes(made: Callable[[], Any], x: Any, y: np.ndarray) -> Any:
    return int(y[0]) if len(np.unique(y)) == 1 else made().fit(x, y)


def _shares(model: Any, x: Any, classes: int) -> np.ndarray:
    shares = np.zeros((x.shape[0], classes))
    if isinstance(model, int):
        shares[:, model] = 1
        return shares
    shares[:, model.classes_] = model.predict_proba(x)
    return shares / shares.sum(1, keepdims=True)  # from float32 they do not quite sum to 1


def _spread(x: np.ndarray, layout: FeatureLayout | None) -> Any:
    """Give each category code a column of its own behind the others, for a model that can only add."""
    if layout is None or not layout.codes:
        return x
    from scipy import sparse
    from sklearn.preprocessing import OneHotEncoder

    places = [place for place, _ in layout.codes]
    others = np.setdiff1d(np.arange(layout.width), places)
    known = OneHotEncoder(
        categories=cast(Any, [np.arange(count) for _, count in layout.codes]), handle_unknown="ignore"
    )
    coded = known.fit(x[:1, places]).transform(x[:, places])
    return sparse.hstack([sparse.csr_matrix(x[:, others]), coded], format="csr")
