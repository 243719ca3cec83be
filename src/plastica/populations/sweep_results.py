"""The result of a sweep: a table, a law and a picture of a metric over a setting."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidValue
from ..model import Model
from ..storage.atomic import replace_file
from ..training.monitor import better
from ..typing import SettingValue
from . import results
from .population import Population
from .power_law import PowerLaw, fit_power_law
from .results import PopulationHistory

if TYPE_CHECKING:
    import polars

    from ..drawing.figure import Drawing


class Sweep:
    """The result of :func:`sweep`.

    Attributes:
        history: The loss and metrics of each member.
        monitor: The metric by which settings are compared.
        axis: The setting that the picture and the law go along; None if there is none.
        marks: Values along the axis that the picture marks, by name: ``"stable"``, ``"steepest"``.
        shows_law: Whether the error is expected to follow a power law along the axis, which the picture then shows.

    Args:
        history: The members and their metrics.
        monitor: The metric; None for the validation loss.
        axis: The setting.
        population: The trained members; None if the figures are those of moments of a run.
        marks: Values to mark.
        best: The settings to recommend. Default: those with the best mean.
        shows_law: Whether the picture has the power law.
    """

    def __init__(
        self,
        history: PopulationHistory,
        monitor: str | None = None,
        axis: str | None = None,
        population: Population | None = None,
        marks: Mapping[str, float] | None = None,
        best: Mapping[str, object] | None = None,
        shows_law: bool = False,
    ) -> None:
        self.history, self.monitor = history, history.monitor(monitor)
        self.axis, self.marks, self._best, self._population = axis, dict(marks or {}), best, population
        self.shows_law = shows_law

    def __repr__(self) -> str:
        """Show the best settings."""
        values = ", ".join(f"{name}={value!r}" for name, value in self.best.items())
        return f"<Sweep: {self.monitor} is best at {values}>"

    @property
    def population(self) -> Population:
        """All members, trained.

        Raises:
            InvalidValue: If the figures are those of moments of a run, whose weights are gone.
        """
        if self._population is None:
            raise InvalidValue(
                "this sweep read its figures during a run and kept no weights; train a model with the best settings."
            )
        return self._population

    @property
    def best(self) -> dict[str, SettingValue]:
        """The settings with the best mean."""
        if self._best is not None:
            return dict(self._best)
        row = self.to_frame().row(0, named=True)
        return {name: row[name] for name in self.names}

    @property
    def model(self) -> Model:
        """The best model of the best settings."""
        return self.population.best(self.monitor)

    @property
    def names(self) -> list[str]:
        """The settings that differ."""
        return self.history.setting_names()

    @cached_property
    def law(self) -> PowerLaw:
        """The power law by which the error falls along the axis.

        The error is the metric, or 1 minus it where higher is better, of each member that did not fail.

        Raises:
            InvalidValue: If the axis has no numbers above 0, or fewer than 4.
        """
        points = [(place, value) for place, value in self._points() if math.isfinite(value)]
        sign = better(self.monitor) == "max"
        sizes, values = [place for place, _ in points], [1 - value if sign else value for _, value in points]
        return fit_power_law(sizes, values)

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each combination of settings, the best first."""
        return results.ranking(self.history, self.monitor)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table as a CSV file, with a row for each combination of settings.

        Raises:
            InvalidValue: If the suffix is not ``.csv``.
            FileError: If the file cannot be written.
        """
        if Path(path).suffix.lower() != ".csv":
            raise InvalidValue(f"save({os.fspath(path)!r}): tables of sweeps are .csv files; plot() writes pictures.")
        replace_file(path, [self.to_frame().write_csv().encode()])

    def plot(self, path: str | os.PathLike[str] | None = None, name: str | None = None) -> Drawing:
        """Draw the metric over the values of a setting: each member, and the mean of each value.

        Settings without an order, such as optimizers, are drawn as rows, the best first.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``).
            name: The setting. Default: the axis, or the first.

        Returns:
            A matplotlib figure, displayed in notebooks, with ``save(path)``.

        Raises:
            InvalidValue: If there is no such setting.
        """
        from . import picture

        chosen = name or self.axis or next(iter(self.names), "")
        if chosen not in self.names:
            raise InvalidValue(f"plot(name={name!r}): this sweep has the settings {', '.join(self.names)}.")
        own = chosen == self.axis
        law = self.law if own and self.shows_law and self._has_law() else None
        return picture.draw(self.history, picture.Subject(chosen, self.monitor, self.marks if own else {}, law), path)

    def _has_law(self) -> bool:
        try:
            return bool(self.law)
        except InvalidValue:
            return False

    def _points(self) -> list[tuple[float, float]]:
        places = [columns.get(self.axis or "") for columns in self.history.columns]
        numbers = [float(place) for place in places if isinstance(place, int | float)]
        if len(numbers) < len(places):
            raise InvalidValue(f"law: a power law goes along numbers, and the axis of this sweep is {self.axis}.")
        return list(zip(numbers, self.history.values(self.monitor), strict=True))
