"""The figures of a population: by member and epoch, by member, and by settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import NotFitted
from ..training.curves import aligned
from ..training.history import History
from ..training.monitor import better, require_figure

if TYPE_CHECKING:
    import polars

    from .diagnosis import PopulationDiagnosis


class PopulationHistory:
    """The loss and metrics of each member in each epoch; returned by ``Population.fit``.

    Attributes:
        histories: The history of each member.
        columns: The settings of each member.
        kept: The index of the epoch whose weights each member has.
        failed: What was not finite, and what to try, by the number of the member.
        diagnosis: Which members are ill, if doctors watched them (``fit(doctor=True)``); otherwise None.

    Args:
        histories: The history of each member.
        columns: The settings of each member.
        part: The name of the column of folds or subsets.
    """

    def __init__(self, histories: Sequence[History], columns: Sequence[Mapping[str, object]], part: str) -> None:
        self.histories, self.columns, self.part = list(histories), [dict(each) for each in columns], part
        self.kept: list[int] = []
        self.failed: dict[int, str] = {}
        self.diagnosis: PopulationDiagnosis | None = None

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.histories)

    def __getitem__(self, place: int) -> History:
        """Return the history of a member."""
        return self.histories[place]

    def __repr__(self) -> str:
        """Show the number of members and the epochs."""
        epochs = max((len(history.epoch) for history in self.histories), default=0)
        return f"<PopulationHistory: {len(self)} members, {epochs} epochs, {len(self.failed)} failed>"

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each member and epoch: its number, settings and figures."""
        import polars

        frames = []
        for place, (history, columns) in enumerate(zip(self.histories, self.columns, strict=True)):
            count = len(history.epoch)
            own = {name: [value] * count for name, value in {"member": place, **columns}.items()}
            figures = {"epoch": history.epoch, **aligned(history.history, count)}
            frames.append(polars.DataFrame({**own, **figures}))
        return polars.concat(frames, how="diagonal_relaxed")

    def of_members(self, begin: int, end: int) -> PopulationHistory:
        """Return the history of the members from one number up to another."""
        found = PopulationHistory(self.histories[begin:end], self.columns[begin:end], self.part)
        found.kept = self.kept[begin:end]
        found.failed = {place - begin: why for place, why in self.failed.items() if begin <= place < end}
        return found

    def values(self, monitor: str | None = None) -> list[float]:
        """Return the value of a metric for the weights that each member has; NaN if it failed.

        Args:
            monitor: The metric. Default: the validation loss, or the loss without validation.

        Raises:
            UnknownName: If there is no such metric.
        """
        name = self.monitor(monitor)
        found = []
        for place, (history, kept) in enumerate(zip(self.histories, self.kept, strict=True)):
            known = aligned({name: history.history.get(name, [])}, len(history.epoch))[name]
            found.append(math.nan if place in self.failed or not known else known[kept])
        return found

    def monitor(self, name: str | None = None) -> str:
        """Return the metric by which members are compared."""
        known = list(dict.fromkeys(each for history in self.histories for each in history.history))
        if name is not None:
            require_figure("Population", name, known)
            return name
        return "val_loss" if "val_loss" in known else "loss"

    def setting_names(self) -> list[str]:
        """Return the names of the settings, without seeds and parts of the rows."""
        known = dict.fromkeys(name for columns in self.columns for name in columns)
        return [name for name in known if name not in ("seed", self.part)]

    def settings(self) -> dict[tuple[tuple[str, object], ...], list[int]]:
        """Return the members of each combination of settings, over seeds and parts of the rows."""
        found: dict[tuple[tuple[str, object], ...], list[int]] = {}
        for place, columns in enumerate(self.columns):
            own = {name: value for name, value in columns.items() if name not in ("seed", self.part)}
            found.setdefault(tuple(own.items()), []).append(place)
        return found


def at_epochs(history: PopulationHistory, epochs: Sequence[int]) -> PopulationHistory:
    """Return the figures of members after several numbers of epochs, as if each were a member of its own.

    A member that ended earlier has the figures of its last epoch.
    """
    places = [(place, epoch) for place in range(len(history)) for epoch in epochs]
    histories = [_beginning(history[place], epoch) for place, epoch in places]
    columns = [{"epochs": epoch, **history.columns[place]} for place, epoch in places]
    found = PopulationHistory(histories, columns, history.part)
    found.kept, found.diagnosis = [len(each.epoch) - 1 for each in histories], history.diagnosis
    lost = [(own, place) for own, (place, epoch) in enumerate(places) if epoch > len(history[place].epoch)]
    found.failed = {own: history.failed[place] for own, place in lost if place in history.failed}
    return found


def _beginning(history: History, epochs: int) -> History:
    made = History()
    made.epoch = history.epoch[:epochs]
    figures = aligned(history.history, len(history.epoch))
    made.history = {name: values[:epochs] for name, values in figures.items()}
    return made


def frame(columns: Sequence[Mapping[str, object]], figures: Sequence[Mapping[str, object]]) -> polars.DataFrame:
    """Return a data frame with a row for each member."""
    import polars

    rows = [{"member": place, **own, **found} for place, (own, found) in enumerate(zip(columns, figures, strict=True))]
    return polars.DataFrame(rows, infer_schema_length=None)


def members(history: PopulationHistory) -> polars.DataFrame:
    """Return a data frame with a row for each member: settings, epochs, figures of its weights, why it stopped."""
    found = []
    for own, kept in zip(history.histories, history.kept, strict=True):
        figures = {
            name: values[kept] if values else math.nan for name, values in aligned(own.history, len(own.epoch)).items()
        }
        found.append({"epochs": len(own.epoch), **figures, "stopped_by": own.stopped_by})
    return frame(history.columns, found)


def ranking(history: PopulationHistory, monitor: str | None = None) -> polars.DataFrame:
    """Return a data frame with a row for each combination of settings, the best first."""
    import polars

    name, values = history.monitor(monitor), history.values(monitor)
    rows = []
    for own, places in history.settings().items():
        good = [values[place] for place in places if math.isfinite(values[place])]
        mean, spread = _mean_and_spread(good)
        failed = sum(place in history.failed for place in places)
        figures = {name: mean, "spread": spread, "lowest": min(good, default=None), "highest": max(good, default=None)}
        rows.append({**dict(own), "members": len(good), "failed": failed, **figures})
    made = polars.DataFrame(rows, infer_schema_length=None)
    return made.sort(name, descending=better(name) == "max", nulls_last=True, maintain_order=True)


def best_place(history: PopulationHistory, monitor: str | None = None) -> int:
    """Return the number of the best member of the settings with the best mean.

    Raises:
        NotFitted: If no member has a finite value.
    """
    values = history.values(monitor)
    sign = -1.0 if better(history.monitor(monitor)) == "max" else 1.0
    means = []
    for places in history.settings().values():
        good = [place for place in places if math.isfinite(values[place])]
        if good:
            means.append((sign * sum(values[place] for place in good) / len(good), good))
    if not means:
        raise NotFitted("no member of this population has a finite value; history.failed says why.")
    _, places = min(means, key=lambda pair: pair[0])
    return min(places, key=lambda place: sign * values[place])


def _mean_and_spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    mean = sum(values) / len(values)
    if len(values) == 1:
        return mean, None
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
