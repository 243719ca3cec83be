"""Boosted trees as arrays: equal to scikit-learn, with damaged arrays rejected."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import FileError
from plastica.evaluation.baselines import fit_baselines
from plastica.tables.trees import BoostedTrees

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 4)).astype(np.float32)
Z = X.copy()
X[RNG.random(X.shape) < 0.1] = np.nan  # never produced by the encoder, but handled by the nodes
TARGETS = {
    "binary": (2, (Z[:, 0] + 0.5 * Z[:, 1] > 0).astype(int)),
    "two of three": (3, np.where(Z[:, 0] > 0, 2, 0)),
    "one of three": (3, np.ones(500, int)),
    "multiclass": (4, np.digitize(Z[:, 0] + Z[:, 1], [-1, 1])),
    "multilabel": (3, np.stack([Z[:, 0] > 0, Z[:, 1] > 1, np.zeros(500)], axis=1).astype(np.float32)),
    "regression": (0, 3 * Z[:, 0] + RNG.normal(size=500)),
    "several numbers": (0, np.stack([Z[:, 0], 1000 * Z[:, 1] ** 2], axis=1)),
}
TASKS = {"two of three": "multiclass", "one of three": "multiclass", "several numbers": "regression"}


def grown(name):
    classes, y = TARGETS[name]
    task = TASKS.get(name, name)
    return fit_baselines(task, X[:300], y[:300], classes, None, ("trees",))["trees"]


@pytest.mark.parametrize("name", TARGETS)
def test_trees_as_arrays_answer_as_scikit_learns(name):
    baseline = grown(name)
    trees = BoostedTrees.of(baseline, 4)
    wanted = baseline.answers(X)
    np.testing.assert_allclose(trees.answers(X), wanted, rtol=1e-12, atol=1e-15)
    again = BoostedTrees.from_arrays(trees.task, 4, len(trees.base), trees.arrays())
    np.testing.assert_array_equal(again.answers(X[:7]), trees.answers(X)[:7])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("feature", lambda array: np.where(array >= 0, 4, array)),  # a feature that does not exist
        ("left", np.zeros_like),  # back to the root: an endless path
        ("right", lambda array: array + 10_000),  # outside the tree
        ("starts", lambda array: array[:-1]),
        ("outputs", lambda array: array + 1),
        ("value", lambda array: array * np.nan),
        ("value", lambda array: array.astype(np.float32)),
        ("base", lambda array: np.append(array, 0.0)),
    ],
)
def test_arrays_that_are_no_whole_trees_are_refused(name, change):
    trees = BoostedTrees.of(grown("binary"), 4)
    with pytest.raises(FileError, match="trees"):
        BoostedTrees.from_arrays("binary", 4, 1, {**trees.arrays(), name: change(trees.arrays()[name])})
    with pytest.raises(FileError, match="trees"):
        BoostedTrees.from_arrays("binary", 4, 1, {k: v for k, v in trees.arrays().items() if k != name})
