"""What is kept of a rule: plain numbers that go to JSON and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import mean, stdev

import msgspec

Numbers = list[float | None]
SAME_DIRECTION = 0.05  # degrees; rounding in single precision makes less


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one rule did. What is not finite is None; lists over seeds go in the order of ``seeds``.

    Attributes:
        name: What the rule is called.
        variant_of: The rule of which this one is a variant; empty where it stands for itself.
        unranked: Why the rule's figure on classes or numbers says nothing of it; empty where it does.
        rule, optimizer, layers: Both as they were written, and the layers that learned.
        reason: Why the rule was not trained; empty where it was.
        notes: What is to be said of the run.
        facts: What the rule asks of whoever would run it.
        seeds: One network for each.
        epochs, planned: Epochs made, and how many were to be.
        failed: Seeds that met a number that is not finite, and where.
        figure: By what it is judged: "accuracy" or "r2".
        train, test: That figure for each seed, on training and on held-out rows.
        test_losses: The held-out loss at the end, for each seed.
        train_loss, test_loss, curve: The two losses and the figure, of each seed, epoch by epoch.
        clock: The seconds of one network at the end of each epoch, without compiling.
        compile_seconds: How long compiling took.
        epoch_seconds: An epoch of one network.
        spent: All the seconds that the rule took, of all its networks: compiling, measuring, learning, judging, angles.
        steps: Steps of an epoch.
        row_error: The standard error of the figure that comes from the held-out rows being so many and no more.
        reached: After how many epochs each seed reached the loss, None where it did not.
        angles_begin, angles_end: Degrees from the rule's direction to the true gradient in each layer, before and
            after training, the mean over the seeds; None where the two cannot be compared.
        sparseness: Treves and Rolls' lifetime sparseness of each hidden layer: 0 for units that always answer
            the same, 1 for units that answer to one row alone.
        silent: The share of each hidden layer's units that answer no row.
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
    epochs: int = 0
    planned: int = 0
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
        """Return each seed's held-out figure after so many epochs; nothing where there were fewer."""
        return [values[epochs - 1] for values in self.curve] if 0 < epochs <= self.epochs else []

    @property
    def seconds(self) -> float:
        """How long one network learned."""
        return self.clock[-1] if self.clock else 0.0

    @property
    def seconds_to_target(self) -> list[float | None]:
        """How long each seed took to the loss."""
        return [None if epoch is None else self.clock[epoch - 1] for epoch in self.reached]


def finite(values: Iterable[float]) -> Numbers:
    """Return numbers as JSON takes them."""
    return [float(value) if math.isfinite(value) else None for value in values]


def middle(values: Iterable[float | None]) -> float | None:
    """Return the mean of what there is."""
    found = [value for value in values if value is not None]
    return mean(found) if found else None


def spread(values: Iterable[float | None]) -> float | None:
    """Return the standard deviation over the seeds (n - 1); None for fewer than two."""
    found = [value for value in values if value is not None]
    return stdev(found) if len(found) > 1 else None
