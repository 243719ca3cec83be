"""The results of one rule as plain numbers, which are saved as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import mean, stdev
from typing import TypedDict

import msgspec

Numbers = list[float | None]
SAME_DIRECTION = 0.05  # degrees; rounding errors in single precision are smaller


class RuleRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The results of one rule. Values that are not finite are None; lists over seeds are in the order of ``seeds``.

    Attributes:
        name: The name of the rule.
        variant_of: The rule of which this one is a variant; empty for a rule of its own.
        unranked: Why the rule's test result cannot be ranked; empty if it can.
        rule, optimizer, layers: The rule, its optimizer and the trained layers, as written in Python.
        reason: Why the rule was not trained; empty if it was.
        notes: Remarks in files of earlier versions.
        facts: What the rule requires, see :class:`~plastica.rules.Facts`.
        seeds: The seeds, one network each.
        planned_seeds: The number of seeds that were to be trained; 0 in files of earlier versions.
        epochs, planned: The numbers of completed and of planned epochs.
        layer_epochs: The epochs of each layer if the rule trains one layer after another, otherwise 0.
        failed: Seeds with values that were not finite, and where they occurred.
        figure: The main metric: "accuracy" or "r2".
        train, test: The main metric of each seed on the training set and on the test set.
        test_losses: The test loss of each seed after training.
        train_loss, test_loss, curve: Both losses and the main metric on the test set, for each seed and epoch.
        clock: Training time of one network at the end of each epoch, in seconds, without compilation.
        compile_seconds: Compilation time in seconds.
        epoch_seconds: Seconds per epoch of one network.
        spent: Total seconds for all networks: compilation, measurement, training, evaluation and angles.
        steps: Steps per epoch.
        row_error: The standard error of the main metric due to the limited number of test rows.
        reached: The number of epochs after which each seed reached the target loss; None if it did not.
        angles_begin, angles_end: The angle in degrees between the rule's direction and the true gradient in each
            layer, before and after training, averaged over the seeds; None if the two cannot be compared.
        sparseness: Lifetime sparseness (Treves and Rolls) of each hidden layer: 0 for units that respond equally to
            all rows, 1 for units that respond to a single row.
        silent: The fraction of units in each hidden layer that respond to no row.
    """

    name: str
    variant_of: str = ""
    unranked: str = ""
    rule: str = ""
    optimizer: str = ""
    layers: list[str] = []
    reason: str = ""
    notes: list[str] = []
    facts: dict[str, str | bool | int] | None = None
    seeds: list[int] = []
    planned_seeds: int = 0
    epochs: int = 0
    planned: int = 0
    layer_epochs: int = 0
    failed: dict[str, str] = {}
    figure: str = "accuracy"
    train: Numbers = []
    test: Numbers = []
    test_losses: Numbers = []
    train_loss: list[Numbers] = []
    test_loss: list[Numbers] = []
    curve: list[Numbers] = []
    clock: list[float] = []
    compile_seconds: float = 0.0
    epoch_seconds: float = 0.0
    spent: float = 0.0
    steps: int = 0
    row_error: float | None = None
    reached: list[int | None] = []
    angles_begin: Numbers | None = None
    angles_end: Numbers | None = None
    sparseness: Numbers = []
    silent: Numbers = []

    @property
    def is_backprop(self) -> bool:
        """Whether the rule's direction is the gradient in every layer, before and after training."""
        angles = [*(self.angles_begin or [None]), *(self.angles_end or [None])]
        same = all(angle is not None and angle < SAME_DIRECTION for angle in angles)
        return same and not self.rule.startswith("Backprop(")

    def after(self, epochs: int) -> Numbers:
        """Return the main metric of each seed on the test set after a number of epochs; empty if there were fewer."""
        return [values[epochs - 1] for values in self.curve] if 0 < epochs <= self.epochs else []

    @property
    def seconds(self) -> float:
        """Training time of one network in seconds."""
        return self.clock[-1] if self.clock else 0.0

    @property
    def seconds_to_target(self) -> list[float | None]:
        """Training time of each seed until it reached the target loss, in seconds."""
        return [None if epoch is None else self.clock[epoch - 1] for epoch in self.reached]


class TrainingCurves(TypedDict):
    """The part of a record that is known from the epochs of training."""

    epochs: int
    train_loss: list[Numbers]
    test_loss: list[Numbers]
    curve: list[Numbers]
    clock: list[float]
    compile_seconds: float
    epoch_seconds: float


class TestFigures(TypedDict):
    """The part of a record that the trained networks are evaluated for."""

    train: Numbers
    test: Numbers
    test_losses: Numbers


class HiddenFigures(TypedDict):
    """The part of a record about the activity of hidden layers."""

    sparseness: Numbers
    silent: Numbers


def finite(values: Iterable[float]) -> Numbers:
    """Replace values that are not finite by None, since JSON has no NaN."""
    return [float(value) if math.isfinite(value) else None for value in values]


def middle(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are not None; None if there are none."""
    found = [value for value in values if value is not None]
    return mean(found) if found else None


def spread(values: Iterable[float | None]) -> float | None:
    """Return the standard deviation over the seeds (n - 1); None for fewer than two values."""
    found = [value for value in values if value is not None]
    return stdev(found) if len(found) > 1 else None
