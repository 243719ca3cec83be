"""Baselines for a network: a guess without any column, a linear model and boosted trees, on the same features."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# Functions of scikit-learn and SciPy.
from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias, cast

import numpy as np

from ..data.encoding import FeatureLayout
from ..notes import Note, note
from ..settings import BASELINES
from ..typing import Float, Int, Num

MOST_ROWS = 200_000  # maximum number of training rows of a baseline, so that it takes seconds
# Boosting grows a hundred trees for each output. With more outputs times features, it takes minutes and is skipped;
# with more rows times outputs times features, it is trained on fewer rows.
MOST_WIDTH = 1_000
MOST_WORK = 20_000_000
FEW_ROWS = 100_000  # up to here, several threads gain little on two cores, and waiting for a busy core may cost minutes


class _SparseRows(Protocol):
    """What is used of SciPy's sparse matrices, which hold the one-hot codes of many categories."""

    shape: tuple[int, int]


ModelFeatures: TypeAlias = np.ndarray | _SparseRows


class _Model(Protocol):
    """What is used of scikit-learn's models; those of classes have the last two, those of numbers only the first."""

    classes_: np.ndarray

    def fit(self, x: ModelFeatures, y: np.ndarray, /) -> Self: ...
    def predict(self, x: ModelFeatures, /) -> np.ndarray: ...
    def predict_proba(self, x: ModelFeatures, /) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Baseline:
    """A fitted scikit-learn model.

    Args:
        name: "linear", "trees" or "dummy".
        task: "binary", "multiclass", "multilabel" or "regression".
        classes: The number of classes or labels; 0 for regression.
        layout: The layout of the features.
        models: One model for classification, one per label or number otherwise; a class index in place of a model whose
            training set has a single class.
    """

    name: str
    task: str
    classes: int
    layout: FeatureLayout | None
    models: tuple[_Model | int, ...]

    def answers(self, x: Float[np.ndarray, "rows features"]) -> Float[np.ndarray, "rows *outputs"]:
        """Return probabilities of classes or labels ``(rows, classes)``, or numbers, like a network."""
        given = _spread(x, self.layout) if self.name == "linear" else x
        with _few_threads(len(x)):
            if self.task == "regression":
                found = [cast("_Model", model).predict(given).astype(np.float64) for model in self.models]
                return found[0] if len(found) == 1 else np.stack(found, axis=1)
            if self.task == "multilabel":
                return np.stack([_shares(model, given, 2)[:, 1] for model in self.models], axis=1)
            return _shares(self.models[0], given, self.classes)


def baseline_answers(
    task: str,
    x: Float[np.ndarray, "rows features"],
    y: Num[np.ndarray, "rows *outputs"],
    held_out: Float[np.ndarray, "test_rows features"],
    classes: int,
    layout: FeatureLayout | None = None,
    names: tuple[str, ...] = BASELINES,
    notes: list[Note] | None = None,
) -> dict[str, np.ndarray]:
    """Return the predictions of each baseline for the test rows; see :func:`fit_baselines` for the arguments."""
    found = fit_baselines(task, x, y, classes, layout, names, notes)
    return {name: baseline.answers(held_out) for name, baseline in found.items()}


def fit_baselines(
    task: str,
    x: Float[np.ndarray, "rows features"],
    y: Num[np.ndarray, "rows *outputs"],
    classes: int,
    layout: FeatureLayout | None = None,
    names: tuple[str, ...] = BASELINES,
    notes: list[Note] | None = None,
    wanted: str = "",
) -> dict[str, Baseline]:
    """Fit the baselines of a network.

    "linear" is logistic regression (one per label for several labels), or ridge regression for numbers; "trees" is
    gradient-boosted trees; "dummy" predicts the class frequencies or the mean. All are from scikit-learn, with default
    settings.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        x, y: Features and targets of the training rows.
        classes: The number of classes or labels; 0 for regression.
        layout: The layout of the features; category codes are one-hot encoded for the linear model.
        names: The baselines to fit.
        notes: A list that receives notes.
        wanted: The model requested by the user, which is trained on all rows, however long that takes.
    """
    said = notes if notes is not None else []
    outputs = classes if task == "multiclass" else 1 if y.ndim == 1 else y.shape[1]
    found: dict[str, Baseline] = {}
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
            warnings.simplefilter("ignore")  # non-convergence is acceptable for a baseline
            found[name] = Baseline(name, task, classes, layout, _fitted(task, _model(name, task), given, y[rows]))
    return found


def _some(rows: int, most: int) -> Int[np.ndarray, "chosen"]:
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.Generator(np.random.PCG64(0)).choice(rows, most, replace=False))


def _few_threads(rows: int) -> AbstractContextManager[object]:
    """Limit the number of threads for small tables, where waiting threads are slow, especially on a busy machine."""
    from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]

    return nullcontext() if rows > FEW_ROWS else threadpool_limits(1)


def _model(name: str, task: str) -> Callable[[], _Model]:
    from sklearn.dummy import DummyClassifier, DummyRegressor  # pyright: ignore[reportMissingTypeStubs]
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # pyright: ignore[reportMissingTypeStubs]
    from sklearn.linear_model import LogisticRegression, Ridge  # pyright: ignore[reportMissingTypeStubs]

    if task == "regression":
        kinds: dict[str, object] = {
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
    return cast("Callable[[], _Model]", kinds[name])


def _fitted(
    task: str, made: Callable[[], _Model], x: ModelFeatures, y: Num[np.ndarray, "rows *outputs"]
) -> tuple[_Model | int, ...]:
    if task == "regression":
        return tuple(made().fit(x, numbers) for numbers in y.reshape(len(y), -1).T)
    if task == "multilabel":
        return tuple(_of_classes(made, x, yes.astype(np.int64)) for yes in y.T)
    return (_of_classes(made, x, y),)


def _of_classes(made: Callable[[], _Model], x: ModelFeatures, y: Num[np.ndarray, "rows *outputs"]) -> _Model | int:
    return int(y[0]) if len(np.unique(y)) == 1 else made().fit(x, y)


def _shares(model: _Model | int, x: ModelFeatures, classes: int) -> Float[np.ndarray, "rows classes"]:
    shares = np.zeros((x.shape[0], classes))
    if isinstance(model, int):
        shares[:, model] = 1
        return shares
    shares[:, model.classes_] = model.predict_proba(x)
    return shares / shares.sum(1, keepdims=True)  # in float32, the sum is not exactly 1


def _spread(x: Float[np.ndarray, "rows features"], layout: FeatureLayout | None) -> ModelFeatures:
    """Replace category codes by one-hot columns after the other features, for a linear model."""
    if layout is None or not layout.codes:
        return x
    from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]
    from sklearn.preprocessing import OneHotEncoder  # pyright: ignore[reportMissingTypeStubs]

    places = [place for place, _ in layout.codes]
    others = np.setdiff1d(np.arange(layout.width), places)
    known = OneHotEncoder(
        categories=cast("str", [np.arange(count) for _, count in layout.codes]), handle_unknown="ignore"
    )
    coded = known.fit(x[:1, places]).transform(x[:, places])
    return cast("_SparseRows", sparse.hstack([sparse.csr_matrix(x[:, others]), coded], format="csr"))
