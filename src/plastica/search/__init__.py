"""Search: hyper-parameters by random settings, grids and further strategies."""

from __future__ import annotations

from .distributions import Choice, IntUniform, LogUniform, Uniform
from .halving import SuccessiveHalving
from .search import Search
from .strategies import GridSearch, RandomSearch

__all__ = ["Choice", "GridSearch", "IntUniform", "LogUniform", "RandomSearch", "Search", "SuccessiveHalving", "Uniform"]
