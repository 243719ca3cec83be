"""The model section: layers and training of a network, or the number of trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..tables.facts import listed
from ..tables.networks import monitor_of
from ..tables.trees import BoostedTrees
from ..views.outline import Entry, outline
from . import charts, formats
from .wording import plain

if TYPE_CHECKING:
    from ..tables import TableNetwork

MOST_LAYERS = 100


@dataclass(frozen=True)
class LayerRow:
    """A layer; ``depth`` is its nesting level."""

    name: str
    kind: str
    shape: str
    params: int
    activation: str
    depth: int


@dataclass(frozen=True)
class Structure:
    """The model: its kind, layers, number of parameters, settings and learning curve, or the number of trees."""

    model: str
    trees: int
    leaves: int
    layers: tuple[LayerRow, ...]
    more: int
    params: int
    settings: tuple[tuple[str, str], ...]
    curve: Markup | None


def describe(network: TableNetwork) -> Structure:
    """Return the description of the model and its training; trees have no layers."""
    model, kind, settings = network.model, network.facts.model, tuple(_settings(network))
    if isinstance(model, BoostedTrees):
        return Structure(kind, len(model.outputs), model.leaves, (), 0, model.count_params(), settings, None)
    shape = tuple(size for size in (model.input_shape or ())[1:] if size is not None)
    layers = [row for entry in outline(model.network, shape, model.params, model.state) for row in _rows(entry)]
    return Structure(
        model=kind,
        trees=0,
        leaves=0,
        layers=tuple(layers[:MOST_LAYERS]),
        more=max(len(layers) - MOST_LAYERS, 0),
        params=model.count_params(),
        settings=settings,
        curve=_curve(network, monitor_of(model)),
    )


def _rows(entry: Entry, depth: int = 0) -> Iterator[LayerRow]:
    shape = "" if entry.shape is None else "×".join(map(str, entry.shape))
    yield LayerRow(plain(entry.name, 60), entry.kind, shape, entry.learned + entry.carried, entry.activation, depth)
    for child in entry.children:
        yield from _rows(child, depth + 1)


def _settings(network: TableNetwork) -> Iterator[tuple[str, str]]:
    for name, value in listed(network.facts.settings).items():
        if value is not False and value not in (None, [], ""):
            yield name, plain(_written(value), 300)


def _written(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_written(each) for each in value)
    if value is True:
        return "✓"
    return formats.number(value, 6) if isinstance(value, float) else str(value)


def _curve(network: TableNetwork, monitor: str) -> Markup | None:
    """Draw the metric monitored for early stopping, which shows overfitting."""
    history, name = network.history, monitor.removeprefix("val_")
    if history is None or not history.epoch:
        return None
    return charts.learning(history, name if name in history.history else "loss", network.facts.training.best_epoch)
