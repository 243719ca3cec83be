"""The trials of a search, and their leaderboard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from ..checks.findings import Finding
from ..errors import NotFitted
from ..model.diagnosis import Diagnosis
from ..populations import PopulationDiagnosis
from ..training.monitor import better
from .space import TrialSettings

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class SearchTrial:
    """One combination of settings and how well it did.

    Attributes:
        number: The number of the trial, from 0.
        settings: The settings it began with.
        value: The mean of the metric over its folds; NaN if none is finite.
        spread: The standard deviation over the folds; None for fewer than two.
        epochs: The most epochs that a fold was trained.
        ended: Why training ended.
        figures: Loss and metrics, each a mean over the folds.
        values: The metric of each fold.
        changed: Settings that changed during training, and what they were in the end.
        rungs: The metric at each rung of successive halving that it reached.
        findings: What a doctor found on any of its folds, if one watched (``fit(doctor=True)``).
    """

    number: int
    settings: TrialSettings
    value: float
    spread: float | None = None
    epochs: int = 0
    ended: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    values: tuple[float, ...] = ()
    changed: TrialSettings = field(default_factory=dict)
    rungs: tuple[float, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it has a finite value."""
        return math.isfinite(self.value)

    def words(self) -> str:
        """Return the settings as a person would write them."""
        return ", ".join(f"{name}={shown(value)}" for name, value in self.settings.items())


class Trials(Sequence[SearchTrial]):
    """All trials of a search so far.

    Args:
        monitor: The metric by which they are compared.
        given: The trials.
    """

    def __init__(self, monitor: str, given: Sequence[SearchTrial] = ()) -> None:
        self.monitor, self.given = monitor, list(given)

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self.given)

    @overload
    def __getitem__(self, place: int) -> SearchTrial: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SearchTrial]: ...
    def __getitem__(self, place: int | slice) -> SearchTrial | Sequence[SearchTrial]:
        """Return a trial, or several."""
        return self.given[place]

    def __iter__(self) -> Iterator[SearchTrial]:
        """Iterate over the trials, in the order of their numbers."""
        return iter(self.given)

    @property
    def sign(self) -> float:
        """1 if a lower value of the metric is better, otherwise -1."""
        return sign_of(self.monitor)

    @property
    def good(self) -> list[SearchTrial]:
        """The trials with a finite value, the best first; of equal ones the earlier."""
        return sorted((each for each in self if each.is_good), key=lambda each: self.sign * each.value)

    @property
    def diagnosis(self) -> PopulationDiagnosis:
        """Which trials are ill, and which settings these have; of trials that a doctor watched."""
        found = tuple(Diagnosis.of(each.findings) for each in self)
        columns = [{name: shown(value) for name, value in each.settings.items()} for each in self]
        return PopulationDiagnosis(found, tuple(columns))

    def best(self) -> SearchTrial:
        """Return the best trial.

        Raises:
            NotFitted: If no trial has a finite value.
        """
        if not self.good:
            raise NotFitted(
                "no trial of this search has a finite value: call fit first, or try lower learning rates."
                if not len(self)
                else f"none of the {len(self)} trials of this search has a finite {self.monitor}."
            )
        return self.good[0]

    def leaderboard(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each trial, the best first."""
        import polars

        failed = [each for each in self if not each.is_good]
        rows = [self._row(place + 1, each) for place, each in enumerate(self.good)]
        rows += [self._row(None, each) for each in failed]
        return polars.DataFrame(rows, infer_schema_length=None)

    def _row(self, rank: int | None, trial: SearchTrial) -> dict[str, object]:
        settings = {name: shown(value) for name, value in trial.settings.items()}
        value = trial.value if trial.is_good else None
        others = {name: figure for name, figure in trial.figures.items() if name != self.monitor}
        last = {f"final {name}": value for name, value in trial.changed.items()}
        ended: dict[str, object] = {"epochs": trial.epochs, "ended": trial.ended}
        if any(each.findings for each in self):
            ended["findings"] = ", ".join(dict.fromkeys(each.code for each in trial.findings))
        return {
            "rank": rank,
            "trial": trial.number,
            **settings,
            self.monitor: value,
            "spread": trial.spread,
            **others,
            **last,
            **ended,
        }


def sign_of(monitor: str) -> float:
    """Return 1 if a lower value of a metric is better, otherwise -1."""
    return -1.0 if better(monitor) == "max" else 1.0


def shown(value: object) -> object:
    """Return a value as a cell of a table: numbers and texts as they are, tuples of numbers as ``64,64``."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list) and all(isinstance(each, int) for each in value):
        return ",".join(map(str, value)) or "none"
    return repr(value)
