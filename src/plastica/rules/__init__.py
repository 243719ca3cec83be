"""Learning rules, one file for each, with a common interface."""

from __future__ import annotations

from collections.abc import Callable

from ..layers.chain import Chain
from ..registry import look_up
from .alignment import Alignment, alignment
from .backprop import Backprop
from .bcm import BCM
from .chain import chain
from .competitive import Competitive
from .contrastive_divergence import ContrastiveDivergence
from .delta import Delta, largest_rate
from .direct_feedback_alignment import DirectFeedbackAlignment
from .equilibrium_propagation import EquilibriumPropagation
from .facts import Facts
from .feedback_alignment import FeedbackAlignment
from .forward_forward import ForwardForward
from .greedy import Greedy
from .hebb import Hebb
from .kohonen import Kohonen
from .krotov_hopfield import KrotovHopfield
from .local import LayerRule, Learned
from .oja import Oja
from .perceptron import Perceptron
from .predictive_coding import PredictiveCoding
from .rule import Batch, Rule, Signal
from .sanger import Sanger
from .sign_symmetry import SignSymmetry
from .target_propagation import TargetPropagation

RuleLike = Rule | str

# A name stands for a rule with its defaults; for a rule that combines others, for the usual combination.
NAMES: dict[str, Callable[[], Rule]] = {
    "backprop": Backprop,
    "bcm": BCM,
    "competitive": Competitive,
    "contrastive_divergence": ContrastiveDivergence,
    "deep_belief": lambda: Greedy(ContrastiveDivergence(), then=Backprop()),
    "delta": Delta,
    "direct_feedback_alignment": DirectFeedbackAlignment,
    "equilibrium_propagation": EquilibriumPropagation,
    "feedback_alignment": FeedbackAlignment,
    "forward_forward": ForwardForward,
    "hebb": lambda: Hebb(limit=1.0),  # without a limit the weights grow without bound
    "kohonen": Kohonen,
    "krotov_hopfield": lambda: Greedy(KrotovHopfield(), epochs=10),
    "oja": lambda: Oja(0.1, relative=True, subspace=True),
    "perceptron": Perceptron,
    "predictive_coding": PredictiveCoding,
    "predictive_coding_fixed_prediction": lambda: PredictiveCoding("fixed_prediction", step_size=0.5),
    "predictive_coding_zero_divergence": lambda: PredictiveCoding("zero_divergence"),
    "sanger": lambda: Sanger(0.1, relative=True),
    "sign_symmetry": SignSymmetry,
    "sign_symmetry_batch_random": lambda: SignSymmetry("batch_random"),
    "target_propagation": TargetPropagation,
}

# Variants of a rule, and the name of the rule itself.
VARIANTS = {
    "predictive_coding_fixed_prediction": "predictive_coding",
    "predictive_coding_zero_divergence": "predictive_coding",
    "sign_symmetry_batch_random": "sign_symmetry",
}


def get(value: RuleLike) -> Rule:
    """Return a rule by its name; a rule is returned unchanged.

    Raises:
        UnknownName: If no rule has this name.
    """
    return value if isinstance(value, Rule) else look_up("rule", value, NAMES)()


__all__ = [
    "BCM",
    "NAMES",
    "VARIANTS",
    "Alignment",
    "Backprop",
    "Batch",
    "Chain",
    "Competitive",
    "ContrastiveDivergence",
    "Delta",
    "DirectFeedbackAlignment",
    "EquilibriumPropagation",
    "Facts",
    "FeedbackAlignment",
    "ForwardForward",
    "Greedy",
    "Hebb",
    "Kohonen",
    "KrotovHopfield",
    "LayerRule",
    "Learned",
    "Oja",
    "Perceptron",
    "PredictiveCoding",
    "Rule",
    "RuleLike",
    "Sanger",
    "SignSymmetry",
    "Signal",
    "TargetPropagation",
    "alignment",
    "chain",
    "get",
    "largest_rate",
]
