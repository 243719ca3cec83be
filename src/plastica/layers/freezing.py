"""Frozen layers: their parameters take no gradient, no moments and no steps, and their statistics stay."""

from __future__ import annotations

import dataclasses

from ..typing import Tree
from . import memory
from .layer import Layer


def has_frozen(network: Layer) -> bool:
    """Whether a layer of a network is frozen."""
    return not network.trainable or any(map(has_frozen, network.children))


def trainable_part(network: Layer, tree: Tree) -> Tree:
    """Return parameters, or what is shaped like them, without those of frozen layers.

    Example:
        >>> from plastica.layers import Dense, Sequential
        >>> trainable_part(Sequential([Dense(3, trainable=False), Dense(2)]), ({"bias": 1}, {"bias": 2}))
        ((), {'bias': 2})
    """
    # The tree itself: a network without frozen layers keeps its structure, and so the optimizer its memory.
    if not has_frozen(network):
        return tree
    if not network.trainable:
        return ()
    return tuple(trainable_part(child, own) for child, own in zip(network.children, tree, strict=True))


def with_trainable_part(network: Layer, whole: Tree, part: Tree) -> Tree:
    """Return ``whole`` with the entries of trainable layers from ``part``; undoes :func:`trainable_part`."""
    if not has_frozen(network):
        return part
    if not network.trainable:
        return whole
    parts = zip(network.children, whole, part, strict=True)
    return tuple(with_trainable_part(child, own, new) for child, own, new in parts)


def kept_of_frozen(network: Layer, before: Tree, after: Tree) -> Tree:
    """Return ``after``, parameters or state, with the entries of frozen layers as they were before."""
    return with_trainable_part(network, before, trainable_part(network, after))


def state_after(network: Layer, before: Tree, after: Tree) -> Tree:
    """Return the state after a step: the statistics of frozen layers as they were before, and every layer's memory."""
    kept = kept_of_frozen(network, before, after)
    return memory.mapped(lambda _, new: new, kept, after) if network.remembers and has_frozen(network) else kept


def with_trainable(layer: Layer, trainable: bool) -> Layer:
    """Return a layer that is frozen or trainable, with all layers inside it."""
    changes: dict[str, object] = {"trainable": trainable}
    for field in dataclasses.fields(layer):
        value = getattr(layer, field.name)
        if isinstance(value, Layer):
            changes[field.name] = with_trainable(value, trainable)
        elif isinstance(value, tuple) and value and all(isinstance(part, Layer) for part in value):
            changes[field.name] = tuple(with_trainable(part, trainable) for part in value)
    return dataclasses.replace(layer, **changes)
