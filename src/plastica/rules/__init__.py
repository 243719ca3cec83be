"""Learning rules: one file a rule, all under one interface."""

from __future__ import annotations

from collections.abc import Callable

from ..registry import look_up
from .alignment import Alignment, alignment
from .backprop import Backprop
from .chain import Chain, chain
from .direct_feedback_alignment import DirectFeedbackAlignment
from .feedback_alignment import FeedbackAlignment
from .greedy import Greedy
from .kohonen import Kohonen
from .local import LayerRule, Learned
from .oja import Oja
from .rule import Batch, Facts, Rule, Signal
from .sign_symmetry import SignSymmetry
from .target_propagation import TargetPropagation

RuleLike = Rule | str

# A name stands for a rule with its defaults; where a rule is made of others, for the usual way to put them together.
NAMES: dict[str, Callable[[], Rule]] = {
    "backprop": Backprop,
    "direct_feedback_alignment": DirectFeedbackAlignment,
    "feedback_alignment": FeedbackAlignment,
    "kohonen": Kohonen,
    "oja": Oja,
    "sign_symmetry": SignSymmetry,
    "sign_symmetry_batch_random": lambda: SignSymmetry("batch_random"),
    "target_propagation": TargetPropagation,
}


def get(value: RuleLike) -> Rule:
    """Return the rule that a name or a rule stands for.

    Raises:
        UnknownName: For a name that no rule has.
    """
    return value if isinstance(value, Rule) else look_up("rule", value, NAMES)()


__all__ = [
    "NAMES",
    "Alignment",
    "Backprop",
    "Batch",
    "Chain",
    "DirectFeedbackAlignment",
    "Facts",
    "FeedbackAlignment",
    "Greedy",
    "Kohonen",
    "LayerRule",
    "Learned",
    "Oja",
    "Rule",
    "RuleLike",
    "SignSymmetry",
    "Signal",
    "TargetPropagation",
    "alignment",
    "chain",
    "get",
]
