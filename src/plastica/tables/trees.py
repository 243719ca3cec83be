"""Gradient-boosted trees as plain arrays: fitted by scikit-learn, saved in a model file, evaluated in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import numpy as np

from ..errors import FileError

if TYPE_CHECKING:
    from ..evaluation.baselines import Baseline

LEAF = -1  # in the place of a feature
BLOCK = 8_192  # rows at a time, so that the results of a tree stay in the cache
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


class TreesFit(Protocol):
    """Fitted histogram gradient boosting of scikit-learn, which has no public access to its nodes."""

    classes_: np.ndarray  # of classifiers only
    _baseline_prediction: np.ndarray
    _predictors: Sequence[Sequence[GrownTree]]  # by round, then by output


class GrownTree(Protocol):
    """A tree of scikit-learn."""

    nodes: np.ndarray


class Paths(NamedTuple):
    """One tree as matrices: a row reaches the leaf whose path agrees with all its decisions.

    Attributes:
        feature, threshold, missing_left: The fields of each decision node, ``(questions,)``.
        sides: For each leaf, 1 for decision nodes whose left branch leads to it, -1 for those whose right branch does,
            and 0 for the others, ``(leaves, questions)``.
        yes: The number of left branches on the path to each leaf, ``(leaves,)``; the product of ``sides`` with the
            decisions has this value only for the leaf that a row reaches.
        value: The value added by each leaf, ``(leaves,)``.

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
        """Return the value of the leaf of each row, ``(rows,)``.

        Args:
            columns: Features, ``(width, rows)``.
            gone: Which of them are missing, or None.
        """
        answers = columns[self.feature] <= self.threshold[:, None]
        if gone is not None:
            answers |= gone[self.feature] & self.missing_left[:, None]
        ends = self.sides @ answers.astype(np.float32) == self.yes[:, None]  # (leaves, rows), one leaf for each row
        return self.value @ ends


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """Sums of trees, one for each output.

    A row takes the left branch if its feature is at most the threshold, or is missing and the node sends missing values
    left; each tree adds the value of its leaf. The sums are log odds for two classes or for each label, logits for more
    classes, and numbers for regression.

    Args:
        task: "binary", "multiclass", "multilabel" or "regression".
        width: The number of features.
        feature: The feature of each node, -1 for a leaf, ``(nodes,)``.
        threshold, left, right, value, missing_left: For each node, the largest value for the left branch, the left and
            right child, the value of a leaf, and whether missing values take the left branch, ``(nodes,)``.
        starts: The first node of each tree, and the number of nodes, ``(trees + 1,)``.
        outputs: The sum to which each tree adds, ``(trees,)``.
        base: The initial value of each sum, ``(outputs,)``; minus infinity for a class without training rows.
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
            width: The number of features in its training.
        """
        grown: list[tuple[int, np.ndarray]] = []
        base: list[float] = []
        for model in cast("tuple[TreesFit | int, ...]", baseline.models):
            begin = len(base)
            base += _bases(baseline, model)
            if not isinstance(model, int):
                grown += [(begin + _output(baseline, model, k), nodes) for k, nodes in _trees(model)]
        return cls(baseline.task, width, **_joined(grown), base=np.array(base, np.float64))

    def answers(self, x: np.ndarray) -> np.ndarray:
        """Return probabilities of classes or labels ``(rows, classes)``, or numbers in the units of the targets.

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
        """Return the sums of the trees, ``(rows, outputs)``, in the order of scikit-learn and thus equal to the bit."""
        from threadpoolctl import threadpool_limits

        found = np.repeat(self.base[None], x.shape[0], axis=0)
        with threadpool_limits(1):  # several threads are slower for such small matrices
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
        """Return the number of fitted parameters: thresholds and leaf values."""
        return len(self.feature)

    @property
    def leaves(self) -> int:
        """The number of leaves in all trees."""
        return int((self.feature == LEAF).sum())

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the fitted arrays by name."""
        return {name: getattr(self, name) for name in KINDS}

    @classmethod
    def from_arrays(cls, task: str, width: int, outputs: int, arrays: NamedArrays) -> BoostedTrees:
        """Return the trees from the result of :meth:`arrays`, checking that every path ends in a leaf.

        Args:
            task, width: As for the class.
            outputs: The number of sums of the task.
            arrays: The arrays by name.

        Raises:
            FileError: If the arrays are not valid trees with this number of features and outputs.
        """
        if arrays.keys() != KINDS.keys() or any(arrays[name].dtype != kind for name, kind in KINDS.items()):
            raise FileError("its arrays are not those of boosted trees.")
        made = cls(task, width, **dict(arrays))
        if not _sound(made, outputs):
            raise FileError("its trees are incomplete.")
        return made


def _paths(trees: BoostedTrees, start: int, end: int) -> Paths:
    """Return the decision nodes of one tree and the paths to its leaves."""
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


def _bases(baseline: Baseline, model: TreesFit | int) -> list[float]:
    """Return the initial values of the sums of a model, or those that always give the single class."""
    several = baseline.task == "multiclass"
    base = np.full(baseline.classes if several else 1, -np.inf)
    if isinstance(model, int):
        if several:
            base[model] = 0.0
        else:
            base[0] = np.inf if model else -np.inf
    elif not several:
        base[0] = np.ravel(model._baseline_prediction)[0]
    elif len(model.classes_) == 2:
        base[model.classes_] = [0.0, float(np.ravel(model._baseline_prediction)[0])]
    else:
        base[model.classes_] = np.ravel(model._baseline_prediction)
    return base.tolist()


def _output(baseline: Baseline, model: TreesFit, number: int) -> int:
    """Return the output to which a tree adds, given its number within a boosting round."""
    if baseline.task != "multiclass":
        return 0
    return int(model.classes_[1 if len(model.classes_) == 2 else number])


def _trees(model: TreesFit) -> list[tuple[int, np.ndarray]]:
    """Return the trees of a fitted model in the order of summation, each with its number within its round."""
    # The nodes are private to scikit-learn; a test of equal predictions would detect a change.
    return [(number, tree.nodes) for grown in model._predictors for number, tree in enumerate(grown)]


def _joined(grown: list[tuple[int, np.ndarray]]) -> dict[str, np.ndarray]:
    """Concatenate the nodes of all trees, with indices relative to the first node of the first tree."""
    starts = np.cumsum([0, *(len(nodes) for _, nodes in grown)]).astype(np.int64)
    found: dict[str, list[np.ndarray]] = {name: [np.zeros(0)] for name in KINDS}
    for start, (_, nodes) in zip(starts, grown, strict=False):
        leaf = nodes["is_leaf"].astype(bool)
        if nodes["is_categorical"].any():
            raise NotImplementedError("trees with categorical splits")  # never fitted: codes are passed as numbers
        found["feature"].append(np.where(leaf, LEAF, nodes["feature_idx"]))
        found["threshold"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
        found["left"].append(np.where(leaf, 0, start + nodes["left"].astype(np.int64)))
        found["right"].append(np.where(leaf, 0, start + nodes["right"].astype(np.int64)))
        found["value"].append(np.where(leaf, nodes["value"], 0.0))
        found["missing_left"].append(np.where(leaf, 0, nodes["missing_go_to_left"]))
    made: dict[str, np.ndarray] = {name: np.concatenate(found[name]).astype(KINDS[name]) for name in found}
    made |= {"starts": starts, "outputs": np.array([output for output, _ in grown], np.int32)}
    del made["base"]
    return made


def _sound(trees: BoostedTrees, outputs: int) -> bool:
    """Return whether indices are in range and children follow their parents in the same tree, so that paths end."""
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
