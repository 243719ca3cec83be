"""Layers that work on the host, such as those of text: rows pass through them on their way into a model."""

from __future__ import annotations

import numpy as np

from ..errors import InvalidValue
from ..layers import Input
from ..layers.hosted import Hosted
from ..layers.layer import Layer
from ..layers.records import CallGraph
from ..layers.walk import walk
from .base import BaseModel


def first_readers(model: BaseModel) -> tuple[Hosted | None, ...]:
    """Return for each input the layer that reads it on the host; None if there is none.

    Vocabularies learned after the network was declared are added to it.

    Raises:
        InvalidValue: If such a layer is at another position.
    """
    hosted = [(path, layer) for path, layer, _ in walk(model.network) if isinstance(layer, Hosted)]
    if not hosted:
        return (None,) * max(1, len(model.network.input_names))
    _complete(model)
    found = tuple(layer if isinstance(layer, Hosted) else None for layer in _readers(model.network))
    if sum(layer is not None for layer in found) != len(hosted):
        path, layer = hosted[-1]
        raise InvalidValue(
            f"{path}: {type(layer).__name__} reads the inputs of the model before they become numbers, so it must be "
            "the first layer: of a Sequential, or after an Input that no other layer reads."
        )
    return found


def _readers(network: Layer) -> tuple[Layer | None, ...]:
    """Return for each input the one layer that reads it alone, if there is one."""
    graph = network.call_graph
    if graph is None:
        return (network,)
    return tuple(_reader(graph, network.children, place) for place in range(graph.inputs))


def _reader(graph: CallGraph, layers: tuple[Layer, ...], place: int) -> Layer | None:
    readers = [(number, call) for number, call in enumerate(graph.calls) if place in call[1]]
    if len(readers) != 1 or readers[0][1][1] != (place,) or place in graph.outputs:
        return None
    number, (which, _) = readers[0]
    # The Input of a sequence is a layer like the others, which passes on what it reads.
    return _reader(graph, layers, graph.inputs + number) if isinstance(layers[which], Input) else layers[which]


def _complete(model: BaseModel) -> None:
    network = model.network
    if network.call_graph is None:
        if network.completed() is not network:
            model.exchange_network(network.completed())
        return
    layers = tuple(layer.completed() for layer in network.children)
    if any(own is not layer for own, layer in zip(layers, network.children, strict=True)):
        model.exchange_network(network.with_layers(layers))


def row_shape(x: object) -> tuple[int, ...]:
    """Return the shape of a row of texts or identifiers."""
    return np.asarray(x, object).shape[1:]
