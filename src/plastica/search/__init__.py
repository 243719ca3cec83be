"""Search: hyper-parameters by random settings, grids and further strategies."""

from __future__ import annotations

from .distributions import Choice, IntUniform, LogUniform, Uniform
from .halving import SuccessiveHalving
from .population_based import PopulationBasedTraining
from .search import Search
from .strategies import GridSearch, RandomSearch

__all__ = [
    "Choice",
    "GridSearch",
    "IntUniform",
    "LogUniform",
    "PopulationBasedTraining",
    "RandomSearch",
    "Search",
    "SuccessiveHalving",
    "Uniform",
]
