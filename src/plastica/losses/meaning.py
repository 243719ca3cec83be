"""The meaning of outputs and targets, declared by losses and used by checks, metrics, class weights and rules."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .targets import AMOUNTS, Targets

Outputs = Literal["probabilities", "potentials", "margins", "values"]


class Meaning(NamedTuple):
    """The meaning of the outputs and targets of a loss.

    Attributes:
        outputs: The outputs of the network: "probabilities"; "potentials" (logits); "margins" (scores whose sign is
            the prediction); or "values".
        targets: The kind of the targets; it checks and converts them.
        apart: Whether the outputs are independent binary classifiers although the targets are classes.
    """

    outputs: Outputs = "values"
    targets: Targets = AMOUNTS
    apart: bool = False

    @property
    def exclusive(self) -> bool:
        """Whether the largest output is the prediction."""
        return self.targets.exclusive and not self.apart

    @property
    def decides(self) -> bool:
        """Whether outputs are decisions between classes, and not amounts."""
        return self.targets.binary or self.targets.exclusive


def of_shares(from_logits: bool, targets: Targets) -> Meaning:
    """Return the meaning of a loss of probabilities or logits."""
    return Meaning("potentials" if from_logits else "probabilities", targets)
