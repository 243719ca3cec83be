"""What a network's outputs and its targets stand for, which a loss declares and metrics ask."""

from __future__ import annotations

from typing import Literal, NamedTuple

Outputs = Literal["probabilities", "potentials", "margins", "values"]
Targets = Literal["labels", "classes", "class_numbers", "pairs", "values"]


class Meaning(NamedTuple):
    """What stands on both sides of a loss.

    Attributes:
        outputs: What the network answers with its last activity. "probabilities", from 0 to 1; "potentials"
            (logits), which a sigmoid or a softmax would turn into probabilities; "margins", whose sign decides;
            "values", which stand for themselves.
        targets: What is wanted. "labels": each output by itself is yes or no; "classes": one column a class;
            "class_numbers"; "pairs": class numbers for outputs that each decide between two classes; "values".
        apart: Whether each output answers yes or no by itself, though the targets name one class.
    """

    outputs: Outputs = "values"
    targets: Targets = "values"
    apart: bool = False


def of_shares(from_logits: bool, targets: Targets) -> Meaning:
    """Return the meaning of a loss of probabilities that may be given as potentials."""
    return Meaning("potentials" if from_logits else "probabilities", targets)
