"""sweep: compare values of one or more settings by the validation loss."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from ..model import Model
from .population import Population
from .results import PopulationHistory
from .splits import FoldsLike

if TYPE_CHECKING:
    import polars

    from ..drawing.figure import Drawing

# Three for each power of ten: finer differences are rarely seen behind those of seeds.
LEARNING_RATES = tuple(float(f"{rate:.2g}") for rate in np.logspace(-4, 0, 13))


class Sweep:
    """The result of :func:`sweep`.

    Attributes:
        population: All members, trained.
        monitor: The metric by which settings are compared.

    Args:
        population: The trained population.
        monitor: The metric; None for the validation loss.
    """

    def __init__(self, population: Population, monitor: str | None) -> None:
        self.population, self.monitor = population, population.history.monitor(monitor)

    def __repr__(self) -> str:
        """Show the best settings."""
        values = ", ".join(f"{name}={value!r}" for name, value in self.best.items())
        return f"<Sweep: {self.monitor} is best at {values}>"

    @property
    def history(self) -> PopulationHistory:
        """The loss and metrics of each member in each epoch."""
        return self.population.history

    @property
    def best(self) -> dict[str, object]:
        """The settings with the best mean."""
        row = self.to_frame().row(0, named=True)
        return {name: row[name] for name in self._names}

    @property
    def model(self) -> Model:
        """The best model of the best settings."""
        return self.population.best(self.monitor)

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each combination of settings, the best first."""
        return self.population.ranking(self.monitor)

    def plot(self, path: str | os.PathLike[str] | None = None, name: str | None = None) -> Drawing:
        """Draw the metric over the values of a setting: each member, and the mean of each value.

        Args:
            path: Where to write the figure; the suffix determines the format (``.svg``, ``.png``, ``.pdf``).
            name: The setting. Default: the first.

        Returns:
            A matplotlib figure, displayed in notebooks, with ``save(path)``.

        Raises:
            InvalidValue: If there is no such setting, or its values are not numbers.
        """
        from . import picture

        chosen = self._names[0] if name is None else name
        if chosen not in self._names:
            raise InvalidValue(f"plot(name={name!r}): this sweep has the settings {', '.join(self._names)}.")
        return picture.draw(self.history, chosen, self.monitor, path)

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for member in self.population.members for name in member.chosen))


def sweep(
    model: Model,
    x: object,
    y: object = None,
    grid: Mapping[str, object] | None = None,
    *,
    seeds: int | Sequence[int] | None = None,
    folds: FoldsLike | None = None,
    monitor: str | None = None,
    validation_split: float = 0.2,
    validation_data: object = None,
    fit: Mapping[str, Any] | None = None,
    epochs: int = 10,
    batch_size: int | None = None,
    verbose: int | str = "auto",
    **settings: Any,
) -> Sweep:
    """Train a model with each combination of some settings, and compare the validation losses.

    Use it to choose a learning rate before a long run: without settings, it tries 13 learning rates from 1e-4 to 1.

    Args:
        model: The compiled model; it is not trained itself.
        x, y: Inputs and targets, ``(rows, ...)``.
        grid: As for :class:`Population`.
        seeds, folds: As for :class:`Population`.
        monitor: The metric by which settings are compared. Default: the validation loss.
        validation_split, validation_data: As for :meth:`Model.fit`; not used with folds.
        fit: Further arguments of :meth:`Population.fit`, such as callbacks.
        epochs, batch_size, verbose: As for :meth:`Population.fit`.
        settings: Values by name, as for :class:`Population`.

    Returns:
        The members, their metrics as a table and as a picture.

    Raises:
        UnknownName: If a name stands for no field, or there is no such metric.
        InvalidValue: As for :class:`Population` and its ``fit``.

    Example:
        >>> from plastica import Dense, Sequential
        >>> model = Sequential([Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(-1, 1, 40)[:, None]
        >>> found = sweep(model, x, 2 * x, learning_rate=[0.001, 0.1], epochs=20, verbose=0)
        >>> found.best
        {'learning_rate': 0.1}
    """
    if not grid and not settings:
        settings = {"learning_rate": LEARNING_RATES}
    population = Population(model, grid, seeds=seeds, folds=folds, **settings)
    held_out: dict[str, Any] = {}
    if folds is None:
        split = 0.0 if validation_data is not None else validation_split
        held_out = {"validation_split": split, "validation_data": validation_data}
    population.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=verbose, **held_out, **(fit or {}))
    return Sweep(population, monitor)
