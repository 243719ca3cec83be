"""Decisions from probabilities: the largest one, a threshold, weights, or the least expected cost."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from ..typing import Bool, Float, Int, Num

DecisionRule = Literal["largest", "threshold", "weights", "costs"]
Aim = Literal["", "f1", "micro_f1", "balanced_accuracy", "accuracy", "costs"]
Costs = tuple[tuple[float, ...], ...]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The decision from the probabilities of a row to its prediction.

    - "largest": the class of the largest probability.
    - "threshold": yes where the probability of yes is at least the threshold; one for two classes, one for each
      of several labels.
    - "weights": the class of the largest probability times weight.
    - "costs": the class of least expected cost, the argmin over j of the sum over i of P(i|x) C[i, j] (C. Elkan
      (2001), The foundations of cost-sensitive learning, equation 1).

    Args:
        rule: One of the rules above.
        thresholds: The thresholds for "threshold".
        weights: The weight of each class for "weights".
        costs: The costs for "costs", with a row for each true class and a column for each prediction.
        positive: Of two classes, the positive one for the threshold, F1, precision, recall and average precision.
        aim: The metric for which the thresholds were chosen; empty if they were given by the user or are the default.
        rows: The number of validation rows on which they were chosen.

    Example:
        >>> Decision(rule="costs", costs=((0, 1), (9, 0))).decide(np.array([[0.95, 0.05], [0.8, 0.2]]))
        array([0, 1])
    """

    rule: DecisionRule = "largest"
    thresholds: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    costs: Costs = ()
    positive: int = 1
    aim: Aim = ""
    rows: int = 0

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        given = {"threshold": self.thresholds, "weights": self.weights, "costs": self.costs}
        if self.rule != "largest" and not given[self.rule]:
            raise ValueError(f"a decision by {self.rule} without any")
        flat = [*self.thresholds, *self.weights, *(cost for row in self.costs for cost in row)]
        if not np.isfinite(flat).all() or any(len(row) != len(self.costs) for row in self.costs):
            raise ValueError("a decision's thresholds, weights and costs must be finite, the costs a square")
        if self.positive not in (0, 1) or self.rows < 0:
            raise ValueError(f"a decision's positive class is 0 or 1, not {self.positive}")

    def decide(self, shares: Float[np.ndarray, "rows classes"]) -> Int[np.ndarray, "rows *labels"]:
        """Return class indices ``(rows,)``, or 1 and 0 for each of several labels with thresholds.

        Args:
            shares: Probabilities of the classes or labels, ``(rows, classes)``.
        """
        if self.rule == "threshold" and len(self.thresholds) == 1:
            yes = shares[:, self.positive] >= self.thresholds[0]
            return np.where(yes, self.positive, 1 - self.positive)
        if self.rule == "threshold":
            return (shares >= np.array(self.thresholds)).astype(np.int64)
        if self.rule == "weights":
            return (shares * np.array(self.weights)).argmax(1)
        if self.rule == "costs":
            return (shares @ np.array(self.costs)).argmin(1)
        return shares.argmax(1)

    def fits(self, task: str, classes: int) -> bool:
        """Return whether the decision fits a task with this number of classes or labels."""
        sizes = {"weights": len(self.weights), "costs": len(self.costs), "largest": classes}
        if self.costs and (task == "multilabel" or len(self.costs) != classes):
            return False  # costs are used for the mean cost, whatever the rule
        if task == "multilabel":
            return self.rule == "threshold" and len(self.thresholds) == classes
        if self.rule == "threshold":
            return task == "binary" and len(self.thresholds) == 1
        return sizes[self.rule] == classes


def usual_decision(task: str, outputs: int) -> Decision:
    """Return the default decision: the largest probability, or a threshold of 0.5 for each label."""
    return Decision(rule="threshold", thresholds=(0.5,) * outputs) if task == "multilabel" else Decision()


def best_threshold(
    yes: Bool[np.ndarray, "rows"],
    share: Float[np.ndarray, "rows"],
    aim: str,
    costs: Costs = (),
    weight: Num[np.ndarray, "rows"] | None = None,
) -> float:
    """Return the best threshold for these rows, in the middle between two adjacent probabilities.

    Of several equally good thresholds, the one closest to 0.5 is chosen.

    Args:
        yes: Whether each row is positive, ``(rows,)``.
        share: The predicted probability of the positive class.
        aim: "f1", "balanced_accuracy", "accuracy" or "costs".
        costs: For "costs": rows are true no and yes, columns predicted no and yes.
        weight: The weight of each row, ``(rows,)``; None for equal weights.

    Example:
        >>> best_threshold(np.array([False, False, True]), np.array([0.1, 0.2, 0.4]), "f1")
        0.30000000000000004
    """
    order = np.argsort(-share, kind="stable")
    counts = np.ones(len(yes)) if weight is None else weight[order]
    falling, hits, seen = share[order], np.cumsum(counts * yes[order]), np.cumsum(counts)
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    # With the first cut, no row is predicted positive; each further one includes one more probability.
    hit = np.append(0.0, hits[ends])
    false = np.append(0.0, seen[ends] - hits[ends])
    levels = falling[ends]
    middle = (levels[:-1] + levels[1:]) / 2
    middle = np.where(middle > levels[1:], middle, levels[:-1])  # there is nothing between adjacent doubles
    nobody = max((1 + levels[0]) / 2, np.nextafter(levels[0], 2))
    cuts = np.concatenate([[nobody], middle, [0.0]])
    total = float(hits[-1]) if len(hits) else 0.0
    served = _served(aim, hit, false, total, float(seen[-1]) - total if len(seen) else 0.0, costs)
    best = np.flatnonzero(served >= served.max() - 1e-12)
    return float(cuts[best[np.abs(cuts[best] - 0.5).argmin()]])


def _served(
    aim: str,
    hit: Float[np.ndarray, "thresholds"],
    false: Float[np.ndarray, "thresholds"],
    yes: float,
    no: float,
    costs: Costs,
) -> Float[np.ndarray, "thresholds"]:
    """Return the score of each cut from its true and false positives."""
    if aim == "f1":
        return 2 * hit / np.maximum(hit + false + yes, np.finfo(np.float64).tiny)
    if aim == "balanced_accuracy":
        return (hit / (yes or 1) + (no - false) / (no or 1)) / 2
    table = ((0.0, 1.0), (1.0, 0.0)) if aim == "accuracy" else costs
    (right_no, false_yes), (false_no, right_yes) = table
    cost = (no - false) * right_no + false * false_yes + (yes - hit) * false_no + hit * right_yes
    return -cost / (yes + no)
