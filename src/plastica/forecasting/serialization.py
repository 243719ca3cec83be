"""Files of forecasters: the networks, and all that is needed to go on from the end of the series."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from ..data.clock import Clock
from ..data.column import Column
from ..errors import FileError, PlasticaError
from ..model import kinds, reading
from ..model.saving import contents, under
from ..notes import Note
from ..storage import read_model, write_model
from ..storage.atomic import as_path
from ..version import __version__
from .fitted import FittedForecast
from .frequency import Frequency
from .intervals import ForecastIntervals
from .methods import METHODS
from .old_formats import FORMAT, in_this_format
from .panel import Panel
from .parts import ForecastPart
from .roles import Roles
from .scales import Scales

F = TypeVar("F")
SCALAR = None | bool | int | float | str


class SavedPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the models whose weighted mean is the forecast.

    Args:
        name: The name of the architecture or the method.
        networks: The number of its networks; 0 for a method.
        weights, without, levels: As in :class:`~.fitted.ForecastPart`.
    """

    name: str
    networks: int
    weights: tuple[float, ...]
    without: tuple[float, ...]
    levels: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        if self.networks < 0 or (not self.networks and self.name not in METHODS):
            raise ValueError(f"{self.name!r} is no forecasting method")


class SavedForecast(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The description of a forecaster in its file.

    Args:
        format: The version of the description.
        params: The arguments of the forecaster.
        backend: The library of its data frames.
        parts: The models whose weighted mean is the forecast.
        name, look_back, horizon, flags, until, widening: As in :class:`~.fitted.FittedForecast`.
        scales, intervals, naive, figures, notes: Likewise.
        frequency: The steps of the time axis.
        clock, columns: The parts of the time and their columns.
        group, targets, past, known, categories, country: The roles of the columns.
        names: The name of each series.
        starts, bounds: Of the end of the series.
    """

    format: int
    params: dict[str, Any]
    backend: str
    parts: tuple[SavedPart, ...]
    name: str
    look_back: int
    horizon: int
    flags: bool
    until: int
    widening: tuple[float, ...]
    scales: Scales
    intervals: ForecastIntervals
    naive: tuple[float, ...]
    figures: dict[str, tuple[float, ...]]
    notes: tuple[Note, ...]
    frequency: Frequency
    clock: tuple[str, ...]
    columns: tuple[Column, ...]
    group: str
    targets: tuple[str, ...]
    past: tuple[str, ...]
    known: tuple[str, ...]
    categories: tuple[tuple[str, tuple[str, ...]], ...]
    country: str
    names: tuple[str, ...]
    starts: tuple[int, ...]
    bounds: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check the fields, since a file may be damaged or from elsewhere."""
        series, targets = len(self.names), len(self.targets)
        if not (series and targets and self.look_back > 0 and self.horizon > 0 and self.clock):
            raise ValueError("it lacks series, targets or steps")
        if len(self.starts) != series or len(self.bounds) != series + 1 or len(self.clock) != len(self.columns):
            raise ValueError("its series do not fit each other")
        if len(self.scales.means) != series * targets or len(self.naive) != series * targets:
            raise ValueError("its scales do not fit its series")
        if self.bounds[0] != 0 or any(one >= other for one, other in zip(self.bounds, self.bounds[1:], strict=False)):
            raise ValueError("its series have no steps")


def save(forecaster: Any, path: str | Path) -> Path:
    """Write a fitted forecaster to one file without pickled objects."""
    fitted: FittedForecast = forecaster.fitted_
    tail, arrays, documents = fitted.tail, {}, []
    for place, model in enumerate(model for part in fitted.parts for model in part.models):
        own, document = contents(model)
        arrays |= {f"members/{place}/{name}": value for name, value in own.items() if name.startswith("model/")}
        documents.append({name: value for name, value in document.items() if name != "compiled"})
    for place, part in enumerate(fitted.parts):
        arrays |= {f"parts/{place}/{name}": value for name, value in part.arrays.items()}
    roles = tail.roles
    facts = SavedForecast(
        format=FORMAT,
        params={name: _plain(value) for name, value in forecaster.get_params().items()},
        backend=forecaster.backend_,
        parts=tuple(
            SavedPart(part.name, len(part.models), part.weights, part.without, part.levels) for part in fitted.parts
        ),
        frequency=tail.frequency,
        clock=roles.clock.parts,
        columns=roles.clock.columns,
        group=roles.group,
        targets=roles.targets,
        past=roles.past,
        known=roles.known,
        categories=roles.categories,
        country=roles.country,
        names=tail.names,
        starts=tuple(map(int, tail.starts)),
        bounds=tuple(map(int, tail.bounds)),
        **{name: getattr(fitted, name) for name in OF_FITTED},
    )
    document = {"kind": kinds.FORECASTER, "version": __version__, "members": documents}
    file = as_path(path)
    write_model(
        file, {**arrays, "tail": tail.values}, {**document, "forecast": msgspec.json.decode(msgspec.json.encode(facts))}
    )
    return file


OF_FITTED = (
    "name", "look_back", "horizon", "flags", "until", "widening", "scales", "intervals", "naive", "figures", "notes",
)  # fmt: skip


def load(cls: type[F], path: str | Path) -> F:
    """Load a forecaster written by :func:`save`.

    Raises:
        FileError: If the file is missing or damaged, or contains something else.
    """
    return around(cls, *read_model(path), path)


def around(cls: type[F], arrays: Mapping[str, np.ndarray], document: Mapping[str, Any], path: str | Path) -> F:
    """Return the forecaster of a file that was read.

    Raises:
        FileError: If it contains something else or is damaged.
    """
    if document.get("kind") != kinds.FORECASTER:
        raise FileError(
            f"{path} contains a {document.get('kind', 'model')}, not a forecaster; open it with plastica.load."
        )
    try:
        facts = msgspec.convert(in_this_format(document["forecast"]), SavedForecast)
        models = tuple(
            reading.network_from(under(f"members/{place}/", arrays), each, path).model
            for place, each in enumerate(document["members"])
        )
        made: Any = cls(**{name: _tuples(value) for name, value in facts.params.items()})
        made.fitted_ = _fitted(facts, models, arrays)
    except (PlasticaError, msgspec.ValidationError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise FileError(f"{path} is damaged: it does not describe a forecaster ({error}).") from None
    made.backend_, made.notes_ = facts.backend, facts.notes
    return made


def _fitted(facts: SavedForecast, models: tuple[Any, ...], arrays: Mapping[str, np.ndarray]) -> FittedForecast:
    values = np.asarray(arrays["tail"], np.float64)
    clock: Any = facts.clock
    roles = Roles(
        Clock(clock, facts.columns),
        np.zeros(0),
        facts.group,
        facts.targets,
        facts.past,
        facts.known,
        facts.categories,
        facts.country,
    )
    if (
        len(models) != sum(part.networks for part in facts.parts)
        or not facts.parts
        or values.shape != (facts.bounds[-1], len(roles.value_columns))
    ):
        raise ValueError(f"its series have the shape {values.shape}")
    left = iter(models)
    parts = tuple(
        ForecastPart(
            part.name,
            tuple(islice(left, part.networks)),
            {name: np.asarray(value) for name, value in under(f"parts/{place}/", arrays).items()},
            part.weights,
            part.without,
            part.levels,
        )
        for place, part in enumerate(facts.parts)
    )
    tail = Panel(facts.frequency, facts.names, np.array(facts.starts), np.array(facts.bounds), values, roles)
    return FittedForecast(parts=parts, tail=tail, **{name: getattr(facts, name) for name in OF_FITTED})


def _plain(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, list | tuple) else value


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
