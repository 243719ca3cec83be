"""Search: hyper-parameters by random settings, grids and further strategies."""

from __future__ import annotations

from .distributions import Choice, IntUniform, LogUniform, Uniform
from .halving import SuccessiveHalving
from .optuna_search import OptunaSearch
from .population_based import PopulationBasedTraining
from .search import Search
from .strategies import GridSearch, Proposals, RandomSearch

__all__ = [
    "Choice",
    "GridSearch",
    "IntUniform",
    "LogUniform",
    "OptunaSearch",
    "PopulationBasedTraining",
    "Proposals",
    "RandomSearch",
    "Search",
    "SuccessiveHalving",
    "Uniform",
]
