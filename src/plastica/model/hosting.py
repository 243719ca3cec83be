"""Layers that work on the host, such as those of text: rows pass through them on their way into a model."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ..errors import InvalidValue
from ..layers import Graph, Input
from ..layers import Sequential as Network
from ..layers.hosted import Hosted
from ..layers.layer import Layer
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
    if isinstance(network, Graph):
        found: list[Layer | None] = []
        for place in range(len(network.inputs)):
            readers = [(layer, reads) for layer, reads in network.calls if place in reads]
            alone = len(readers) == 1 and readers[0][1] == (place,) and place not in network.outputs
            found.append(network.layers[readers[0][0]] if alone else None)
        return tuple(found)
    if isinstance(network, Network):
        return (next((layer for layer in network.layers if not isinstance(layer, Input)), None),)
    return (network,)


def _complete(model: BaseModel) -> None:
    network: Any = model.network
    if isinstance(network, Graph | Network):
        layers = tuple(layer.completed() for layer in network.layers)
        if any(own is not layer for own, layer in zip(layers, network.layers, strict=True)):
            model.exchange_network(dataclasses.replace(network, layers=layers))
    elif network.completed() is not network:
        model.exchange_network(network.completed())


def row_shape(x: Any) -> tuple[int, ...]:
    """Return the shape of a row of texts or identifiers."""
    return np.asarray(x, object).shape[1:]
