"""The outline of a network: each layer's name, shape and number of parameters, as a tree."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import jax

from .. import activations
from ..activations import CustomActivation
from ..layers.layer import Layer, Params, Shape, State


@dataclass(frozen=True)
class Entry:
    """One layer as it is shown.

    Attributes:
        name: The name that a person gave, else Keras's: ``dense``, ``dense_1``.
        layer: The layer.
        shape: The shape that comes out, without the batch axis; None where it is not known.
        params: What it has learned; None where it is not known.
        state: What it carries.
        children: The layers inside a composition. A Residual has its branch's layers.
    """

    name: str
    layer: Layer
    shape: Shape | None
    params: Params
    state: State
    children: tuple[Entry, ...] = ()

    @property
    def kind(self) -> str:
        """The layer's class."""
        return type(self.layer).__name__

    @property
    def learned(self) -> int:
        """How many numbers it learns, its children's with it."""
        return sum(array.size for array in jax.tree.leaves(self.params))

    @property
    def carried(self) -> int:
        """How many numbers it carries without learning them, such as running means."""
        return sum(array.size for array in jax.tree.leaves(self.state))

    @property
    def activation(self) -> str:
        """The name of the layer's non-linearity; empty where it has none."""
        return activation_name(self.layer)


def outline(network: Layer, shape: Shape | None, params: Params = None, state: State = None) -> tuple[Entry, ...]:
    """Return the layers of a network, first to last, each a tree; ``shape`` None is not known yet."""
    if network.flow in ("chain", "graph"):
        return _children(network, shape, params, state, Counter())
    return (_entry(network, shape, params, state, Counter()),)


def activation_name(layer: Layer) -> str:
    """Return the name of a layer's non-linearity; empty where it has none."""
    # LSTM and GRU apply theirs inside the synapse and so have no output_activation.
    own = vars(layer).get("activation")
    function = layer.output_activation if own is None and not layer.children else own
    if function is None:
        return ""
    function = activations.get(function)
    return function.name if isinstance(function, CustomActivation) else repr(function).strip("'")


def snake(name: str) -> str:
    """Return a class's name as Keras writes a layer's: MaxPooling2D, max_pooling2d."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()


def _entry(layer: Layer, shape: Shape | None, params: Params, state: State, names: Counter[str]) -> Entry:
    name = " ".join((layer.name or "").split()) or _number(snake(type(layer).__name__), names)
    out = None if shape is None else tuple(layer.output_shape(shape))
    return Entry(name, layer, out, params, state, _children(layer, shape, params, state, names))


def _children(
    layer: Layer, shape: Shape | None, params: Params, state: State, names: Counter[str]
) -> tuple[Entry, ...]:
    parts, params, state = layer.inside(params, state)
    shapes = (None,) * len(parts) if shape is None else layer.child_shapes(shape)
    return tuple(
        _entry(part, arriving, _at(params, place), _at(state, place), names)
        for place, (part, arriving) in enumerate(zip(parts, shapes, strict=True))
    )


def _number(name: str, names: Counter[str]) -> str:
    names[name] += 1
    return name if names[name] == 1 else f"{name}_{names[name] - 1}"


def _at(tree: Any, place: int) -> Any:
    return None if tree is None else tree[place]
