"""The outline of a network: the name, shape and number of parameters of each layer, as a tree."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import jax

from .. import activations
from ..activations import CustomActivation
from ..layers import lengths
from ..layers.layer import Layer, Params, Shape, State
from ..typing import Tree


@dataclass(frozen=True)
class Entry:
    """One layer in summaries and diagrams.

    Attributes:
        name: The name given by the user, or that of Keras: ``dense``, ``dense_1``.
        layer: The layer.
        shape: The output shape without the batch axis; None if unknown.
        params: The parameters; None if unknown.
        state: The state.
        children: The layers inside a composition; for a Residual, those of its branch.
    """

    name: str
    layer: Layer
    shape: Shape | None
    params: Params | None
    state: State | None
    children: tuple[Entry, ...] = ()

    @property
    def kind(self) -> str:
        """The class of the layer."""
        return type(self.layer).__name__

    @property
    def learned(self) -> int:
        """The number of trainable parameters, including those of its children."""
        return sum(array.size for array in jax.tree.leaves(self.params))

    @property
    def carried(self) -> int:
        """The number of non-trainable values, such as running means."""
        return sum(array.size for array in jax.tree.leaves(self.state))

    @property
    def activation(self) -> str:
        """The name of the activation; empty if there is none."""
        return activation_name(self.layer)


def outline(
    network: Layer, shape: Shape | None, params: Params | None = None, state: State | None = None
) -> tuple[Entry, ...]:
    """Return the layers of a network in order, each as a tree; ``shape`` is None if unknown."""
    if network.flow in ("chain", "graph"):
        return _children(network, shape, params, state, Counter())
    return (_entry(network, shape, params, state, Counter()),)


def activation_name(layer: Layer) -> str:
    """Return the name of the activation of a layer; empty if there is none."""
    # LSTM and GRU apply their activation inside the synapse, and therefore have no output_activation.
    own = vars(layer).get("activation")
    function = layer.output_activation if own is None and not layer.children else own
    if function is None:
        return ""
    function = activations.get(function)
    return function.name if isinstance(function, CustomActivation) else repr(function).strip("'")


def snake(name: str) -> str:
    """Return the layer name of a class as in Keras: MaxPooling2D, max_pooling2d."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()


def _entry(layer: Layer, shape: Shape | None, params: Params | None, state: State | None, names: Counter[str]) -> Entry:
    name = " ".join((layer.name or "").split()) or _number(snake(type(layer).__name__), names)
    out = None if shape is None else tuple(lengths.output_shape(layer, shape))
    return Entry(name, layer, out, params, state, _children(layer, shape, params, state, names))


def _children(
    layer: Layer, shape: Shape | None, params: Params | None, state: State | None, names: Counter[str]
) -> tuple[Entry, ...]:
    parts, params, state = layer.inside(params, state)
    shapes = (None,) * len(parts) if shape is None else lengths.child_shapes(layer, shape)
    return tuple(
        _entry(part, arriving, _at(params, place), _at(state, place), names)
        for place, (part, arriving) in enumerate(zip(parts, shapes, strict=True))
    )


def _number(name: str, names: Counter[str]) -> str:
    names[name] += 1
    return name if names[name] == 1 else f"{name}_{names[name] - 1}"


def _at(tree: Tree | None, place: int) -> Tree | None:
    return tree[place] if tree else None
