"""Gradient-boosted trees as plain arrays: what scikit-learn grew, kept in a model's file and read in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import FileError

if TYPE_CHECKING:
    from ..evaluation.baselines import Baseline

LEAF = -1  # in the place of a feature
BLOCK = 8_192  # rows at once, so that a tree's answers stay in the cache
KINDS = {
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "value": np.float64,
    "missing_left": np.uint8,
    "starts": np.int64,
    "outputs": np.int32,
    "base": np.float64,
}
NamedArrays = Mapping[str, np.ndarray]


class Paths(NamedTuple):
    """One tree as matrices: a leaf is where a row ends whose answers agree with all of the leaf's path.

    Attributes:
        feature, threshold, missing_left: Of each question, ``(questions,)``.
        sides: Of each leaf's path 1 where a question's yes (to the left) leads on, -1 where its no does, else 0,
            ``(leaves, questions)``.
        yes: How many times yes each path has, ``(leaves,)``; only the row's own leaf is answered so often.
        value: What each leaf adds, ``(leaves,)``.

    Reference:
        Nakandala et al. (2020), A tensor compiler for unified machine learning prediction serving, section 4.1.
    """

    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    sides: np.ndarray
    yes: np.ndarray
    value: np.ndarray

    def values(self, columns: np.ndarray, gone: np.ndarray | None) -> np.ndarray:
        """Return what each row finds, ``(rows,)``.

        Args:
            columns: Features, ``(width, rows)``.
            gone: Which of them are missing; None for none.
        """
        answers = columns[self.feature] <= self.threshold[:, None]
        if gone is not None:
            answers |= gone[self.feature] & self.missing_left[:, None]
        ends = self.sides @ answers.astype(np.float32) == self.yes[:, None]  # (leaves, rows), one leaf for each row
        return self.value @ ends


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """Sums of trees, one sum for each output, and what they mean.

    A row goes left where its feature is at most the threshold, or is missing and the node sends those left; each tree
    adds the value of the leaf it ends in. Sums are log odds of two classes or of each label, logits of more classes,
    and numbers as they are.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        width: How many features come in.
        feature: Of each node, which feature is asked; -1 in a leaf, ``(nodes,)``.
        threshold, left, right, value, missing_left: Of each node: up to where it goes left, the node to the left and to
            the right, what a leaf adds, whether missing values go left, ``(nodes,)``.
        starts: Each tree's first node, and the number of nodes, ``(trees + 1,)``.
        outputs: To which sum each tree adds, ``(trees,)``.
        base: Where each sum begins, ``(outputs,)``; minus infinity for a class without a training row.
    """

    task: str
    width: int
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    missing_left: np.ndarray
    starts: np.ndarray
    outputs: np.ndarray
    base: np.ndarray

    @classmethod
    def of(cls, baseline: Baseline, width: int) -> BoostedTrees:
        """Return the trees of fitted scikit-learn models.

        Args:
            baseline: Histogram gradient boosting, one model for each label or number.
            width: How many features it has seen.
        """
        grown: list[tuple[int, np.ndarray]] = []
        base: list[float] = []
        for model in baseline.models:
            begin = len(base)
            base += _bases(baseline, model)
            grown += [(begin + _output(baseline, model, k), nodes) for k, nodes in _trees(model)]
        return cls(baseline.task, width, **_joined(grown), base=np.array(base, np.float64))

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return shares of classes or labels ``(rows, classes)``, or numbers in the targets' units.

        Args:
            x: Features, ``(rows, width)``.
        """
        from scipy.special import expit, softmax

        sums = self.sums(x)
        if self.task == "regression":
            return sums[:, 0] if sums.shape[1] == 1 else sums
        if self.task == "multiclass":
            return softmax(sums, axis=1)
        yes = expit(sums)
        return np.concatenate([1 - yes, yes], axis=1) if self.task == "binary" else yes

    def sums(self, x: np.ndarray) -> np.ndarray:
        """Return what the trees add up to, ``(rows, outputs)``, in scikit-learn's order and so to the same bits."""
        from threadpoolctl import threadpool_limits

        found = np.repeat(self.base[None], x.shape[0], axis=0)
        with threadpool_limits(1):  # for matrices as small as these, threads wait for each other
            for start in range(0, x.shape[0], BLOCK):
                rows = slice(start, start + BLOCK)
                columns = np.ascontiguousarray(x[rows].T, np.float64)
                gone = np.isnan(columns)
                for tree, output in zip(self._paths, self.outputs, strict=True):
                    found[rows, output] += tree.values(columns, gone if gone.any() else None)
        return found

    @cached_property
    def _paths(self) -> tuple[Paths, ...]:
        return tuple(_paths(self, int(start), int(end)) for start, end in pairwise(self.starts))

    def count_params(self) -> int:
        """Return how many numbers were learned: thresholds and leaves."""
        return len(self.feature)

    @property
    def leaves(self) -> int:
        """How many leaves all trees have together."""
        return int((self.feature == LEAF).sum())

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything learned by name."""
        return {name: getattr(self, name) for name in KINDS}

    @classmethod
    def from_arrays(cls, task: str, width: int, outputs: int, arrays: NamedArrays) -> BoostedTrees:
        """Rebuild from :meth:`arrays`, checking that every walk down a tree ends in a leaf.

        Args:
            task, width: As for the class.
            outputs: How many sums the task has.
            arrays: By name.

        Raises:
            FileError: The arrays are no trees of so many features and outputs.
        """
        if arrays.keys() != KINDS.keys() or any(arrays[name].dtype != kind for name, kind in KINDS.items()):
            raise FileError("its arrays are not those of boosted trees.")
        made = cls(task, width, **dict(arrays))
        if not _sound(made, outputs):
            raise FileError("its trees are incomplete.")
        return made


def _paths(trees: BoostedTrees, start: int, end: int) -> Paths:
    """Return one tree's questions and the paths to its leaves."""
    inner = start + np.flatnonzero(trees.feature[start:end] != LEAF)
    place = {int(node): number for number, node in enumerate(inner)}
    found: list[tuple[float, np.ndarray]] = []
    open_ends = [(start, np.zeros(len(inner), np.float32))]
    while open_ends:
        node, path = open_ends.pop()
        if node not in place:
            found.append((float(trees.value[node]), path))
            continue
        for child, side in ((int(trees.left[node]), 1), (int(trees.right[node]), -1)):
            longer = path.copy()
            longer[place[node]] = side
            open_ends.append((child, longer))
    sides = np.stack([path for _, path in found])
    return Paths(
        trees.feature[inner],
        trees.threshold[inner],
        trees.missing_left[inner].astype(bool),
        sides,
        (sides == 1).sum(1).astype(np.float32),
        np.array([value for value, _ in found]),
    )


def _bases(baseline: Baseline, model: Any) -> list[float]:
    """Return where the sums of a model begin."""
    if baseline.task == "regression":
        return [float(np.ravel(model._baseline_prediction)[0])]
    alone = isinstance(model, int)  # the only class there was
    if baseline.task != "multiclass":
        return [(np.inf if model else -np.inf) if alone else float(np.ravel(model._baseline_prediction)[0])]
    base = np.full(baseline.classes, -np.inf)
    if alone:
        base[model] = 0.0
    elif len(model.classes_) == 2:
        base[model.classes_] = [0.0, float(np.ravel(model._baseline_prediction)[0])]
    else:
        base[model.classes_] = np.ravel(model._baseline_prediction)
    return base.tolist()


def _output(baseline: Baseline, model: Any, number: int) -> int:
    """Return to which of a model's sums its tree number so and so of a round adds."""
    if baseline.task != "multiclass":
        return 0
    return int(model.classes_[1 if len(model.classes_) == 2 else number])


def _trees(model: Any) -> list[tuple[int, np.ndarray]]:
    """Return a fitted model's trees in the order they are added, each with its number in its round."""
    if isinstance(model, int):
        return []
    # scikit-learn has no public way to its nodes; the test that both answer alike would see a change.
    return [(number, tree.nodes) for grown in model._predictors for number, tree in enumerate(grown)]


def _joined(grown: list[tuple[int, np.ndarray]]) -> dict[str, Any]:
    """Put all trees' nodes one behind the other, with places that count from the first of all."""
    starts = np.cumsum([0, *(len(nodes) for _, nodes in grown)]).astype(np.int64)
    found: dict[str, list[np.ndarray]] = {name: [np.zeros(0)] for name in KINDS}
    for start, (_, nodes) in zip(starts, grown, strict=False):
        leaf = nodes["is_leaf"].astype(bool)
        if nodes["is_categorical"].any():
            raise NotImplementedError("trees with categorical splits")  # none are grown: codes are taken as numbers
        found["feature"].append(np.where(leaf, LEAF, nodes["feature_idx"]))
        found["threshold"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
        found["left"].append(np.where(leaf, 0, start + nodes["left"].astype(np.int64)))
        found["right"].append(np.where(leaf, 0, start + nodes["right"].astype(np.int64)))
        found["value"].append(np.where(leaf, nodes["value"], 0.0))
        found["missing_left"].append(np.where(leaf, 0, nodes["missing_go_to_left"]))
    made: dict[str, Any] = {name: np.concatenate(found[name]).astype(KINDS[name]) for name in found}
    made |= {"starts": starts, "outputs": np.array([output for output, _ in grown], np.int32)}
    del made["base"]
    return made


def _sound(trees: BoostedTrees, outputs: int) -> bool:
    """Whether places lie inside, and children behind their parents in the same tree, so that every walk ends."""
    nodes, starts = len(trees.feature), trees.starts
    if any(array.ndim != 1 for array in trees.arrays().values()) or len(starts) != len(trees.outputs) + 1:
        return False
    if any(len(getattr(trees, name)) != nodes for name in ("threshold", "left", "right", "value", "missing_left")):
        return False
    if len(trees.base) != outputs or starts[0] != 0 or starts[-1] != nodes or (np.diff(starts) < 1).any():
        return False
    if ((trees.outputs < 0) | (trees.outputs >= outputs)).any() or np.isnan(trees.base).any():
        return False
    if not (np.isfinite(trees.value).all() and not np.isnan(trees.threshold).any()):
        return False
    inner = np.flatnonzero(trees.feature != LEAF)
    ends = np.repeat(starts[1:], np.diff(starts))[inner]
    asked = trees.feature[inner]
    inside = all(((inner < side[inner]) & (side[inner] < ends)).all() for side in (trees.left, trees.right))
    return inside and bool(((asked >= 0) & (asked < trees.width)).all())
