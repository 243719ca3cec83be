"""Learning rules: one file a rule, all under one interface."""

from __future__ import annotations

from ..registry import look_up
from .backprop import Backprop
from .rule import Batch, Rule, Signal

RuleLike = Rule | str

NAMES: dict[str, type[Rule]] = {"backprop": Backprop}


def get(value: RuleLike) -> Rule:
    """Return the rule that a name or a rule stands for.

    Raises:
        UnknownName: For a name that no rule has.
    """
    return value if isinstance(value, Rule) else look_up("rule", value, NAMES)()


__all__ = ["NAMES", "Backprop", "Batch", "Rule", "RuleLike", "Signal", "get"]
