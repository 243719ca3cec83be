"""What a search for the settings of a network for a table found, for reports and files."""

from __future__ import annotations

from typing import NamedTuple

from .distributions import Choice, Distribution
from .importance import FEWEST_TRIALS, SettingImportance, importance_of
from .search import Search
from .tables import TableSearch
from .trials import SearchTrial, shown
from .verdict import BeyondDefault


class SearchFacts(NamedTuple):
    """What a search found.

    Attributes:
        search: The search.
        beyond: The comparison of the winner with the default on rows that the search has not seen.
        importance: How much each setting matters; empty for too few trials.
        folds: The number of folds.
        rows: The number of rows in them.
    """

    search: Search
    beyond: BeyondDefault
    importance: tuple[SettingImportance, ...]
    folds: int
    rows: int

    @property
    def best(self) -> SearchTrial:
        """The best trial."""
        return self.search.trials.best()

    @property
    def default(self) -> SearchTrial:
        """The trial of the default."""
        return self.search.trials[0]

    def to_dict(self) -> dict[str, object]:
        """Return JSON-serializable values."""
        import msgspec

        return {
            "trials": len(self.search.trials),
            "seconds": round(self.search.seconds, 3),
            "folds": self.folds,
            "rows": self.rows,
            "monitor": self.search.trials.monitor,
            "space": {name: said(self.search.space[name]) for name in self.search.space},
            "winner": {name: shown(value) for name, value in self.best.settings.items()},
            "value": self.best.value,
            "default": {name: shown(value) for name, value in self.default.settings.items()},
            "beyond_default": msgspec.to_builtins(self.beyond),
            "importance": {each.name: each.share for each in self.importance},
            "ill": self.search.trials.diagnosis.to_dict()["findings"],
        }


def facts_of_search(found: TableSearch) -> SearchFacts:
    """Return what a search found."""
    search = found.search
    few = len(search.trials.good) < FEWEST_TRIALS
    weights = () if few else tuple(importance_of(search.space, search.trials))
    return SearchFacts(search, found.beyond_default(), weights, found.folds, len(found.prepared.split.train))


def said(distribution: Distribution) -> str:
    """Return a distribution in the form in which the command takes it.

    Example:
        >>> from plastica import LogUniform
        >>> said(LogUniform(1e-4, 0.1)), said(Choice([(64,), (128, 128)]))
        ('0.0001..0.1:log', '64 | 128,128')
    """
    if isinstance(distribution, Choice):
        return " | ".join(str(shown(value)) for value in distribution.options)
    low, high = distribution.grid(2)
    return f"{low:g}..{high:g}" + (":log" if "Log" in type(distribution).__name__ else "")
