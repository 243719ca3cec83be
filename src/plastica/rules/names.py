"""Look-up of rules by name."""

from __future__ import annotations

from collections.abc import Callable

from ..lazy import deferred
from ..registry import look_up
from .rule import Rule

RuleLike = Rule | str

_PACKAGE = __name__.rpartition(".")[0]


def _usual(name: str, *given: object, **fields: object) -> Callable[[], Rule]:
    return deferred(_PACKAGE, name, *given, **fields)


def _deep_belief() -> Rule:
    from .backprop import Backprop
    from .contrastive_divergence import ContrastiveDivergence
    from .greedy import Greedy

    return Greedy(ContrastiveDivergence(), then=Backprop())


def _krotov_hopfield() -> Rule:
    from .greedy import Greedy
    from .krotov_hopfield import KrotovHopfield

    return Greedy(KrotovHopfield(), epochs=10)


# A name stands for a rule with its defaults; for a rule that combines others, for the usual combination.
NAMES: dict[str, Callable[[], Rule]] = {
    "backprop": _usual("Backprop"),
    "bcm": _usual("BCM"),
    "competitive": _usual("Competitive"),
    "contrastive_divergence": _usual("ContrastiveDivergence"),
    "deep_belief": _deep_belief,
    "decolle": _usual("DECOLLE"),
    "delta": _usual("Delta"),
    "direct_feedback_alignment": _usual("DirectFeedbackAlignment"),
    "eprop": _usual("EProp"),
    "equilibrium_propagation": _usual("EquilibriumPropagation"),
    "evolution_strategies": _usual("EvolutionStrategies"),
    "feedback_alignment": _usual("FeedbackAlignment"),
    "forward_forward": _usual("ForwardForward"),
    "hebb": _usual("Hebb", limit=1.0),  # without a limit the weights grow without bound
    "hopfield": _usual("HopfieldStorage"),
    "kohonen": _usual("Kohonen"),
    "krotov_hopfield": _krotov_hopfield,
    "node_perturbation": _usual("NodePerturbation"),
    "oja": _usual("Oja", 0.1, relative=True, subspace=True),
    "perceptron": _usual("Perceptron"),
    "predictive_coding": _usual("PredictiveCoding"),
    "predictive_coding_fixed_prediction": _usual("PredictiveCoding", "fixed_prediction", step_size=0.5),
    "predictive_coding_zero_divergence": _usual("PredictiveCoding", "zero_divergence"),
    "reward_stdp": _usual("ThreeFactor"),
    "rflo": _usual("RFLO"),
    "rtrl": _usual("RTRL"),
    "sanger": _usual("Sanger", 0.1, relative=True),
    "sign_symmetry": _usual("SignSymmetry"),
    "sign_symmetry_batch_random": _usual("SignSymmetry", "batch_random"),
    "snap_1": _usual("RTRL", 1),
    "stdp": _usual("STDP"),
    "target_propagation": _usual("TargetPropagation"),
    "truncated_backprop": _usual("TruncatedBackprop"),
}

# Variants of a rule, and the name of the rule itself.
VARIANTS = {
    "predictive_coding_fixed_prediction": "predictive_coding",
    "predictive_coding_zero_divergence": "predictive_coding",
    "sign_symmetry_batch_random": "sign_symmetry",
    "snap_1": "rtrl",
}


def get(value: RuleLike) -> Rule:
    """Return a rule by its name; a rule is returned unchanged.

    Raises:
        UnknownName: If no rule has this name.
    """
    return value if isinstance(value, Rule) else look_up("rule", value, NAMES)()
