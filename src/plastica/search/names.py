"""Strategies by name."""

from __future__ import annotations

from ..errors import InvalidValue
from ..registry import look_up
from .halving import SuccessiveHalving
from .optuna_search import OptunaSearch
from .population_based import PopulationBasedTraining
from .strategies import Asked, GivenProposals, GridSearch, RandomSearch, Strategy

STRATEGIES: dict[str, type[Strategy]] = {
    "random": RandomSearch,
    "grid": GridSearch,
    "halving": SuccessiveHalving,
    "pbt": PopulationBasedTraining,
    "optuna": OptunaSearch,
}


def strategy_of(given: str | Strategy | Asked) -> Strategy:
    """Return a strategy by name, or for an object with ``ask`` and ``tell``.

    Raises:
        UnknownName: If there is none; the message suggests the nearest.
        InvalidValue: If it is a study or a sampler of Optuna.
    """
    if isinstance(given, Strategy):
        return given
    if type(given).__module__.partition(".")[0] == "optuna":
        raise InvalidValue(
            f"strategy={type(given).__name__}(...): a search makes its own study of Optuna; give OptunaSearch() or "
            "OptunaSearch(lambda seed: TPESampler(seed=seed))."
        )
    return GivenProposals(given) if isinstance(given, Asked) else look_up("strategy", given, STRATEGIES)()
