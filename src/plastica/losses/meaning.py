"""The meaning of outputs and targets, declared by losses and used by metrics."""

from __future__ import annotations

from typing import Literal, NamedTuple

Outputs = Literal["probabilities", "potentials", "margins", "values"]
Targets = Literal["labels", "classes", "class_numbers", "pairs", "values"]


class Meaning(NamedTuple):
    """The meaning of the outputs and targets of a loss.

    Attributes:
        outputs: The outputs of the network: "probabilities"; "potentials" (logits); "margins" (scores whose sign is
            the prediction); or "values".
        targets: The targets: "labels" (independent binary outputs); "classes" (one column per class);
            "class_numbers"; "pairs" (class numbers, with an output for each pair of classes); or "values".
        apart: Whether the outputs are independent binary classifiers although the targets are classes.
    """

    outputs: Outputs = "values"
    targets: Targets = "values"
    apart: bool = False


def of_shares(from_logits: bool, targets: Targets) -> Meaning:
    """Return the meaning of a loss of probabilities or logits."""
    return Meaning("potentials" if from_logits else "probabilities", targets)
