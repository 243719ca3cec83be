"""Strategies by name."""

from __future__ import annotations

from ..registry import look_up
from .halving import SuccessiveHalving
from .population_based import PopulationBasedTraining
from .strategies import GridSearch, RandomSearch, Strategy

STRATEGIES: dict[str, type[Strategy]] = {
    "random": RandomSearch,
    "grid": GridSearch,
    "halving": SuccessiveHalving,
    "pbt": PopulationBasedTraining,
}


def strategy_of(given: str | Strategy) -> Strategy:
    """Return a strategy by name.

    Raises:
        UnknownName: If there is none; the message suggests the nearest.
    """
    return given if isinstance(given, Strategy) else look_up("strategy", given, STRATEGIES)()
