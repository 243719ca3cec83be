"""Findings of the fit: what predictions for training and validation rows say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import numpy as np

from ..calibration import TemperatureScaling
from ..checks.findings import Finding, listed_names, observed, percent
from ..evaluation.inference import paired
from ..evaluation.intervals import Figure
from ..typing import Float
from .sources import GUO, INTERVAL, MEASURED
from .tasks import TaskRows

GAP = 0.1  # of accuracy or R2
BETTER = 0.05
FEWEST, FEW_OF_A_CLASS = 50, 5
TOO_SURE, GAINED = 1.5, 0.05
WILKS = 6.63  # the 99 % quantile of chi squared with one degree of freedom, for one parameter (Wilks 1938)
ALL_OF_IT, NONE_OF_IT = 0.9, 0.05
TREES = 50


class Rival(Protocol):
    """What is used of scikit-learn's forests."""

    def fit(self, x: np.ndarray, y: np.ndarray, /) -> Self: ...
    def predict(self, x: np.ndarray, /) -> np.ndarray: ...


def fit_findings(learn: TaskRows, held_out: TaskRows, names: tuple[str, ...]) -> Iterator[Finding]:
    """Find what predictions for training and validation rows say: underfitting, memorizing, false confidence.

    Args:
        learn: Training rows.
        held_out: Validation rows.
        names: The names of the columns; empty if they have none.
    """
    if len(held_out.x) >= FEWEST:
        yield from _gap(learn, held_out)
        yield from _underfits(learn, held_out)
        yield from _too_sure(held_out)
        if learn.x.ndim == 2:
            yield from _shortcut(learn, held_out, names)


def never_predicted(rows: TaskRows) -> Iterator[Finding]:
    """Find classes of which no row is recognised."""
    if not rows.decides or rows.classes < 2:
        return
    true = np.bincount(rows.y, minlength=rows.classes)
    right = np.bincount(rows.y[rows.predicted == rows.y], minlength=rows.classes)
    missed = np.flatnonzero((true >= FEW_OF_A_CLASS) & (right == 0))
    if len(missed):
        named = [f"class {place}" for place in missed]
        yield observed(
            "class_never_predicted",
            "warning",
            where=named[0],
            value=0.0,
            threshold=0.0,
            source=MEASURED,
            remedy=f"class_weight={{{missed[0]}: {true.max() / true[missed[0]]:.3g}, ...}}",
            classes=listed_names(named),
            rows=int(true[missed].sum()),
        )


def _gap(learn: TaskRows, held_out: TaskRows) -> Iterator[Finding]:
    """Find training rows that are predicted far better than others."""
    gap = learn.score - held_out.score
    spread = np.sqrt(_variance(learn) + _variance(held_out))
    low = gap - 1.96 * spread
    if gap > GAP and low > GAP / 2 and learn.score > 0:
        yield observed(
            "train_test_gap",
            "serious" if gap > 3 * GAP else "warning",
            value=gap,
            threshold=GAP,
            source=MEASURED,
            certainty="likely",
            remedy="Dropout(0.3)",
            figure="r2" if learn.task == "regression" else "accuracy",
            train=f"{learn.score:.3f}",
            held_out=f"{held_out.score:.3f}",
            limit=f"{GAP:g}",
        )


def _variance(rows: TaskRows) -> float:
    if rows.task != "regression":
        return rows.score * (1 - rows.score) / len(rows.y)
    errors = ((rows.y - rows.answers) ** 2).sum(1)
    spread = ((rows.y - rows.y.mean(0)) ** 2).sum(1).mean()
    return float(errors.var() / len(errors) / spread**2) if spread > 0 else 0.0


def _underfits(learn: TaskRows, held_out: TaskRows) -> Iterator[Finding]:
    """Find that a forest of trees predicts unseen rows better than the network predicts those it was trained on."""
    if learn.task == "multilabel" or learn.flat.shape[1] > 500:
        return
    found = _against_forest(learn, held_out)
    rival = held_out.score + found.value
    if found.value < BETTER or found.low is None or found.low <= BETTER / 2 or learn.score > rival - BETTER / 2:
        return
    yield observed(
        "underfitting",
        "serious" if found.value > 4 * BETTER else "warning",
        value=found.value,
        threshold=BETTER,
        source=INTERVAL,
        certainty="likely",
        remedy="Dense(4 * units)",
        figure="r2" if learn.task == "regression" else "accuracy",
        train=f"{learn.score:.3f}",
        held_out=f"{held_out.score:.3f}",
        rival=f"{rival:.3f}",
    )


def forest(rows: TaskRows) -> Rival:
    """Return a small forest of trees for a task."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesClassifier if rows.decides else ExtraTreesRegressor
    return kind(TREES, min_samples_leaf=2, random_state=0)


def _against_forest(learn: TaskRows, held_out: TaskRows) -> Figure:
    """Return by how much a forest is better on the same rows, with its interval."""
    target = learn.y if learn.decides else learn.y.reshape(len(learn.y), -1)
    x, others = (rows.x.reshape(len(rows.x), -1) for rows in (learn, held_out))
    answers = forest(learn).fit(x, target if target.ndim == 1 or target.shape[1] > 1 else target[:, 0]).predict(others)
    if learn.decides:
        return paired((answers == held_out.y).astype(np.float64) - (held_out.predicted == held_out.y))
    truth = held_out.y.reshape(len(held_out.y), -1)
    spread = ((truth - truth.mean(0)) ** 2).sum(1).mean()
    own, its = (((truth - each.reshape(truth.shape)) ** 2).sum(1) for each in (held_out.answers, answers))
    return paired((own - its) / spread) if spread > 0 else Figure(0.0)


def _too_sure(held_out: TaskRows) -> Iterator[Finding]:
    """Find probabilities that are far too close to 0 and 1, by the temperature that suits them best."""
    if not held_out.decides or len(held_out.x) < 2 * FEWEST or len(np.unique(held_out.y)) < 2:
        return
    scaling = TemperatureScaling().fit(held_out.answers, held_out.y)
    temperature = scaling.temperature or 1.0
    places = np.arange(len(held_out.y)), held_out.y
    before, after = (
        float(-np.log(np.maximum(shares[places], 1e-12)).mean())
        for shares in (held_out.answers, scaling.transform(held_out.answers))
    )
    gained = (before - after) / before if before > 0 else 0.0
    # A temperature fitted to few rows differs from 1 by chance: twice the gain in log-likelihood has to be significant.
    is_clear = 2 * len(held_out.y) * (before - after) > WILKS
    if temperature > TOO_SURE and gained > GAINED and is_clear:
        yield observed(
            "miscalibrated",
            "warning",
            value=temperature,
            threshold=TOO_SURE,
            source=GUO,
            certainty="likely",
            remedy="pl.calibration.TemperatureScaling().fit(model.predict(x_val), y_val)",
            temperature=f"{temperature:.2f}",
            limit=f"{TOO_SURE:g}",
            before=f"{before:.3g}",
            after=f"{after:.3g}",
        )


def _shortcut(learn: TaskRows, held_out: TaskRows, names: tuple[str, ...]) -> Iterator[Finding]:
    """Find a column that stands for nearly all that the network knows although the others say much as well.

    What a forest predicts without the column shows what the others say.
    """
    features = learn.x.shape[1]
    if learn.task == "multilabel" or not 2 <= features <= 50:
        return
    base = _nothing_known(held_out)
    known = held_out.score - base
    if known < 2 * GAP or _forest_score(learn, held_out, list(range(features))) - base < GAP:
        return
    weights = column_correlations(learn)
    place = int(np.argmax(weights))
    others = [each for each in range(features) if each != place]
    rest = [weights[each] for each in others]
    if weights[place] < ALL_OF_IT or max(rest) > 1 - ALL_OF_IT + NONE_OF_IT:
        return
    left = _forest_score(learn, held_out, others) - base
    if left < 0.5 * known:
        return
    yield observed(
        "shortcut_column",
        "warning",
        where=names[place] if names else f"column {place}",
        value=weights[place],
        threshold=ALL_OF_IT,
        source="Geirhos et al. 2020, Shortcut learning in deep neural networks",
        certainty="possible",
        remedy=f"x = np.delete(x, {place}, axis=1)",
        share=percent(weights[place]),
        left=percent(left / known),
        places=str(place),
    )


def column_correlations(rows: TaskRows) -> Float[np.ndarray, "features"]:
    """Return how much of the predictions each column explains alone: R2 by its deciles."""
    answers = rows.answers - rows.answers.mean(0)
    whole = float((answers**2).sum())
    found = np.zeros(rows.x.shape[1])
    if not whole > 0:
        return found
    for place, column in enumerate(rows.x.T):
        edges = np.unique(np.quantile(column, np.linspace(0, 1, 21)[1:-1]))
        groups = np.searchsorted(edges, column)
        sums = np.stack([np.bincount(groups, weights=each, minlength=len(edges) + 1) for each in answers.T], axis=1)
        counts = np.maximum(np.bincount(groups, minlength=len(edges) + 1), 1)
        found[place] = float((sums**2 / counts[:, None]).sum() / whole)
    return found


def _forest_score(learn: TaskRows, held_out: TaskRows, places: list[int]) -> float:
    target = learn.y if learn.decides else learn.y[:, 0]
    answers = forest(learn).fit(learn.x[:, places], target).predict(held_out.x[:, places])
    if learn.decides:
        return float((answers == held_out.y).mean())
    truth = held_out.y[:, 0]
    return float(1 - ((truth - answers) ** 2).mean() / truth.var()) if truth.var() > 0 else 0.0


def _nothing_known(rows: TaskRows) -> float:
    return float(np.bincount(rows.y).max() / len(rows.y)) if rows.decides else 0.0
