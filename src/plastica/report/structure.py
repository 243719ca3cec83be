"""The model: of a network its picture, its layers and how it learned; of trees how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..estimators.facts import listed
from ..estimators.trees import BoostedTrees
from ..views.outline import Entry, outline
from ..views.picture import draw
from . import charts, formats
from .inlining import inline
from .wording import plain

if TYPE_CHECKING:
    from ..estimators import TableNetwork

MOST_LAYERS, MOST_DRAWN, MOST_CURVES = 100, 30, 3


@dataclass(frozen=True)
class LayerRow:
    """A layer in the table of layers; depth says inside how many others it lies."""

    name: str
    kind: str
    shape: str
    params: int
    activation: str
    depth: int


@dataclass(frozen=True)
class Structure:
    """The model: which it is, its picture, layers, number of parameters, settings and curves; of trees how many."""

    model: str
    trees: int
    leaves: int
    picture: Markup | None
    layers: tuple[LayerRow, ...]
    more: int
    params: int
    settings: tuple[tuple[str, str], ...]
    curves: tuple[Markup, ...]


def describe(network: TableNetwork) -> Structure:
    """Describe the model and its training; trees have no picture."""
    model, kind, settings = network.model, network.facts.model, tuple(_settings(network))
    if isinstance(model, BoostedTrees):
        return Structure(kind, len(model.outputs), model.leaves, None, (), 0, model.count_params(), settings, ())
    shape = tuple(size for size in (model.input_shape or ())[1:] if size is not None)
    layers = [row for entry in outline(model.network, shape, model.params, model.state) for row in _rows(entry)]
    picture = draw(model.network, shape, params=model.params) if len(layers) <= MOST_DRAWN else None
    return Structure(
        model=kind,
        trees=0,
        leaves=0,
        picture=None if picture is None else inline(picture, "network", widest=760),
        layers=tuple(layers[:MOST_LAYERS]),
        more=max(len(layers) - MOST_LAYERS, 0),
        params=model.count_params(),
        settings=settings,
        curves=tuple(_curves(network)),
    )


def _rows(entry: Entry, depth: int = 0) -> Iterator[LayerRow]:
    shape = "" if entry.shape is None else "×".join(map(str, entry.shape))
    yield LayerRow(plain(entry.name, 60), entry.kind, shape, entry.learned + entry.carried, entry.activation, depth)
    for child in entry.children:
        yield from _rows(child, depth + 1)


def _settings(network: TableNetwork) -> Iterator[tuple[str, str]]:
    for name, value in listed(network.facts.settings).items():
        if value not in (None, [], ""):
            yield name, plain(_written(value), 300)


def _written(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_written(each) for each in value)
    return formats.number(value, 6) if isinstance(value, float) else str(value)


def _curves(network: TableNetwork) -> Iterator[Markup]:
    history = network.history
    if history is None or not history.epoch:
        return
    names = [name for name in history.history if not name.startswith("val_") and name != "learning_rate"]
    for name in names[:MOST_CURVES]:
        yield charts.learning(history, name, network.facts.training.best_epoch)
