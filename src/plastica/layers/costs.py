"""Costs of layers: what a forward pass adds to the loss, each under a name of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import jax

from ..errors import InvalidValue
from .activity import added
from .layer import Layer, Record
from .walk import walk


def costs_of(record: Record) -> dict[str, jax.Array]:
    """Return the costs of all layers in a forward pass by name; those of the same name are added up."""
    found: dict[str, jax.Array] = {}
    for own in _own_costs(record):
        found = added(found, own)
    return found


def require_counted(network: Layer) -> None:
    """Check that the cost of each layer reaches the loss.

    Raises:
        InvalidValue: If a composition has an ``activity_regularizer`` of its own, or a layer with a cost is inside a
            layer that does not pass it on.
    """
    for path, layer in _everything(network):
        if layer.children and layer.activity_regularizer is not None:
            raise InvalidValue(
                f"{path}: {type(layer).__name__} is a composition, which has no activity of its own. Give "
                "activity_regularizer to a layer inside it."
            )
        lost = [name for inner in _wrapped(layer) for name in inner.cost_names if name not in layer.cost_names]
        if lost:
            raise InvalidValue(
                f"{path}: a layer inside has the cost {lost[0]!r}, which {type(layer).__name__} does not pass on to "
                "the loss. Leave it out there, or use the layer outside."
            )


def _own_costs(record: Record) -> Iterator[dict[str, jax.Array]]:
    if not record.children:
        yield record.costs
    for child in record.children:
        yield from _own_costs(child)


def _everything(network: Layer) -> Iterator[tuple[str, Layer]]:
    """Yield every composition and every layer, with its path."""
    if network.children:
        yield type(network).__name__, network
    for path, layer, _ in walk(network):
        yield path, layer
    for child in network.children:
        if child.children:
            yield from _everything(child)


def _wrapped(layer: Layer) -> Iterator[Layer]:
    """Yield the layers in the fields of a layer that is no composition."""
    if layer.children:
        return
    for field in dataclasses.fields(layer):
        value: object = getattr(layer, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Layer):
                yield part
