"""Learning rules: one file a rule, all under one interface."""

from __future__ import annotations

from collections.abc import Callable

from ..registry import look_up
from .backprop import Backprop
from .chain import Chain, chain
from .greedy import Greedy
from .local import LayerRule, Learned
from .oja import Oja
from .rule import Batch, Facts, Rule, Signal

RuleLike = Rule | str

# A name stands for a rule with its defaults; where a rule is made of others, for the usual way to put them together.
NAMES: dict[str, Callable[[], Rule]] = {
    "backprop": Backprop,
    "oja": Oja,
}


def get(value: RuleLike) -> Rule:
    """Return the rule that a name or a rule stands for.

    Raises:
        UnknownName: For a name that no rule has.
    """
    return value if isinstance(value, Rule) else look_up("rule", value, NAMES)()


__all__ = [
    "NAMES",
    "Backprop",
    "Batch",
    "Chain",
    "Facts",
    "Greedy",
    "LayerRule",
    "Learned",
    "Oja",
    "Rule",
    "RuleLike",
    "Signal",
    "chain",
    "get",
]
