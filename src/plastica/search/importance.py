"""How much each setting matters: functional analysis of variance of a forest fitted to the trials."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import InvalidValue
from ..typing import Float
from .space import Space
from .trials import Trials

TREES = 64
FEWEST_TRIALS = 4


class SettingImportance(NamedTuple):
    """How much a setting matters.

    Attributes:
        name: The setting.
        share: The share of the variance over the whole space that this setting explains alone, from 0 to 1.
        spread: Its standard deviation over the trees of the forest.
    """

    name: str
    share: float
    spread: float


def importance_of(space: Space, trials: Trials, seed: int = 0) -> list[SettingImportance]:
    r"""Return how much each setting matters, the most important first.

    A random forest predicts the metric over the whole space. With $\hat{f}(s)$ the prediction of a tree,
    $\hat{f}_j(v)$ its mean over all settings with value $v$ of setting $j$, and variances over uniform settings,

    .. math:: \text{share}_j = \frac{\operatorname{Var}_v \hat{f}_j(v)}{\operatorname{Var}_s \hat{f}(s)}.

    What is missing to 1 is explained by combinations of settings. Failed trials count as the worst one.

    Args:
        space: The space of the search.
        trials: The trials.
        seed: The seed of the forest.

    Raises:
        InvalidValue: If there are too few trials.

    Reference:
        F. Hutter, H. Hoos, K. Leyton-Brown (2014), An efficient approach for assessing hyperparameter importance.
    """
    if len(trials.good) < FEWEST_TRIALS:
        raise InvalidValue(
            f"importance of {len(trials.good)} trials with a finite value: at least {FEWEST_TRIALS} are needed, and "
            "many more for a reliable answer."
        )
    places = np.array([space.places(trial.settings) for trial in trials])
    values = _values(trials)
    shares = np.stack([_shares(tree, len(space)) for tree in _trees(places, values, seed)])
    found = [
        SettingImportance(name, float(mean), float(spread))
        for name, mean, spread in zip(space, shares.mean(0), shares.std(0), strict=True)
    ]
    return sorted(found, key=lambda each: -each.share)


def _values(trials: Trials) -> np.ndarray:
    """Return the value of each trial, none farther above the third quartile than the best is below it.

    A few trials that diverge would otherwise make up all of the variance.
    """
    good = np.array([trials.sign * trial.value for trial in trials.good])
    quartile = float(np.quantile(good, 0.75))
    limit = quartile + max(quartile - float(good.min()), 1e-12)
    return np.array([min(trials.sign * trial.value, limit) if trial.is_good else limit for trial in trials])


def _trees(
    places: Float[np.ndarray, "trials settings"], values: Float[np.ndarray, "trials"], seed: int
) -> list[object]:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(TREES, min_samples_leaf=2, random_state=seed)
    return [each.tree_ for each in forest.fit(places, values).estimators_]


def _shares(tree: object, settings: int) -> Float[np.ndarray, "settings"]:
    """Return the share of the variance of a tree that each setting explains alone."""
    boxes, values = leaves_of(tree, settings)
    sides = boxes[:, :, 1] - boxes[:, :, 0]
    volumes = sides.prod(1)
    mean = float(volumes @ values)
    total = float(volumes @ (values - mean) ** 2)
    if total <= 0:
        return np.zeros(settings)
    return np.array([_variance_alone(boxes[:, j], sides[:, j], volumes, values, mean) for j in range(settings)]) / total


def _variance_alone(
    ranges: Float[np.ndarray, "leaves two"],
    sides: Float[np.ndarray, "leaves"],
    volumes: Float[np.ndarray, "leaves"],
    values: Float[np.ndarray, "leaves"],
    mean: float,
) -> float:
    """Return the variance over one setting of the mean over all others."""
    edges = np.unique(ranges)
    middles = (edges[1:] + edges[:-1]) / 2
    inside = (ranges[:, :1] < middles) & (middles < ranges[:, 1:])  # (leaves, parts)
    # The share of the other settings' space that a leaf takes is its volume without this side.
    means = (inside * (volumes / sides * values)[:, None]).sum(0)
    return float(np.diff(edges) @ (means - mean) ** 2)


def leaves_of(
    tree: object, settings: int
) -> tuple[Float[np.ndarray, "leaves settings two"], Float[np.ndarray, "leaves"]]:
    """Return the box of each leaf of a tree over the unit cube, and its value."""
    left, right = tree.children_left, tree.children_right  # pyright: ignore
    feature, threshold, value = tree.feature, tree.threshold, tree.value  # pyright: ignore
    boxes, values = [], []
    open_nodes: list[tuple[int, np.ndarray]] = [(0, np.tile([0.0, 1.0], (settings, 1)))]
    while open_nodes:
        node, box = open_nodes.pop()
        # scikit-learn gives leaves the child -1.
        if left[node] < 0:
            boxes.append(box)
            values.append(float(value[node].item()))
            continue
        for child, edge in ((left[node], 1), (right[node], 0)):
            own = box.copy()
            own[feature[node], edge] = threshold[node]
            open_nodes.append((int(child), own))
    return np.array(boxes), np.array(values)
