"""Models as graphs: from nodes to a network, and back from a network to nodes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np

from ..errors import InvalidValue, UnknownName
from ..layers import Input
from ..layers import Sequential as Network
from ..layers.freezing import with_trainable
from ..layers.functional import graph_between
from ..layers.layer import Layer
from ..layers.node import Node
from ..layers.sequential import chain
from ..typing import Params, State
from ..views.outline import outline
from . import weights
from .base import BaseModel


class Origin(NamedTuple):
    """The weights that a layer begins with.

    Attributes:
        model: The model that they are copied from.
        place: The layer's place in it; None for the whole network.
    """

    model: BaseModel
    place: int | None


class WiredNetwork(NamedTuple):
    """A network that was read back from nodes.

    Attributes:
        network: The network; a chain of layers is a Sequential.
        origins: For each of its layers the weights that it begins with; None for new ones.
    """

    network: Layer
    origins: tuple[Origin | None, ...]


def wire(inputs: object, outputs: object) -> WiredNetwork:
    """Return the network between nodes.

    Args:
        inputs: An Input, several in a list, or a dict of them by name; also nodes inside of another model.
        outputs: A node, several in a list, or a dict of them by name.

    Raises:
        InvalidValue: If something is no node, or an output depends on an Input that is not given.
    """
    input_names, begins = _named("inputs", inputs)
    output_names, ends = _named("outputs", outputs)
    drawn = graph_between(begins, ends, output_names)
    graph, origins = drawn.graph, cast("tuple[Origin | None, ...]", drawn.owners)
    if input_names:
        pairs = zip(graph.inputs, input_names, strict=True)
        graph = dataclasses.replace(graph, inputs=tuple(dataclasses.replace(each, name=name) for each, name in pairs))
    calls = chain(len(graph.layers))
    if graph.calls == calls and graph.outputs == (len(calls),) and len(graph.inputs) == 1:
        return WiredNetwork(Network((graph.inputs[0], *graph.layers)), (None, *origins))
    return WiredNetwork(graph, origins)


def carried(wired: WiredNetwork, params: Params, state: State) -> tuple[Params, State]:
    """Return the initial weights, with those of other models in their places."""
    params, state = list(params), list(state)
    for place, origin in enumerate(wired.origins):
        if origin is not None and origin.model.built:
            # With averaging of weights the averages, as in predictions.
            own, carries = origin.model.judged_params, origin.model.state
            params[place] = own if origin.place is None else own[origin.place]
            state[place] = carries if origin.place is None else carries[origin.place]
    return tuple(params), tuple(state)


def nodes_of(model: BaseModel) -> tuple[Node, ...]:
    """Return the node of each place of a model's graph, always the same: its inputs, then the output of each call.

    Raises:
        InvalidValue: If the network is neither a graph nor a sequence of layers.
    """
    # Nodes are compared by identity: a model must answer with the same ones each time.
    if model.drawn_nodes is None or model.drawn_nodes[0] is not model.network:
        model.drawn_nodes = model.network, _draw(model)
    return model.drawn_nodes[1]


def _draw(model: BaseModel) -> tuple[Node, ...]:
    network = model.network
    graph = network.call_graph
    if graph is None:
        raise InvalidValue(f"{network!r} has no layers to read from; its model has input and output alone.")
    nodes = [Node(each) for each in network.begins] or [Node(Input(model.input_shape[1:]))]  # pyright: ignore[reportArgumentType]
    # One layer may occur twice in a sequence, with weights for each position: nodes are distinguished by identity.
    layers = [dataclasses.replace(layer) for layer in network.children]
    for place, reads in graph.calls:
        nodes.append(Node(layers[place], tuple(nodes[read] for read in reads), Origin(model, place)))
    return tuple(nodes)


@dataclasses.dataclass(frozen=True)
class LayerView:
    """One layer of a model: its declaration, its weights, and its place in the graph.

    Attributes:
        name: The layer's name in the summary.
        layer: The declaration.
        model: The model.
        place: The layer's place among ``model.layers``.
    """

    name: str
    layer: Layer
    model: BaseModel
    place: int

    @property
    def output(self) -> Node:
        """The output of the layer's first call, to build another model from."""
        return self._call()

    @property
    def input(self) -> Node | tuple[Node, ...]:
        """The input of the first call of the layer: a node, or a tuple of nodes."""
        reads = self._call().reads
        return reads[0] if len(reads) == 1 else reads

    def get_weights(self) -> list[np.ndarray]:
        """Return the layer's arrays in Keras's order and shapes."""
        return weights.get_weights(self.layer, self.model.params[self.place], self.model.state[self.place])

    def set_weights(self, arrays: Sequence[object]) -> None:
        """Set the layer's arrays from a list in Keras's order and shapes.

        Raises:
            ShapeError: If the number of arrays or a shape differs.
        """
        params, state = list(self.model.params), list(self.model.state)
        params[self.place], state[self.place] = weights.set_weights(
            self.layer, params[self.place], state[self.place], arrays
        )
        self.model.replace_weights(tuple(params), tuple(state))

    def _call(self) -> Node:
        return next(
            node for node in nodes_of(self.model) if node.reads and cast("Origin", node.owner).place == self.place
        )


def layer_named(model: BaseModel, name: str | None, index: int | None) -> LayerView:
    """Return a layer of a model by its name in the summary, or by its place.

    Raises:
        UnknownName: If there is no such layer.
        InvalidValue: If neither a name nor an index is given.
    """
    entries = outline(model.network, None)
    names = [entry.name for entry in entries]
    if name is None and index is None:
        raise InvalidValue("get_layer(): give name= or index=.")
    if index is None:
        if name not in names:
            raise UnknownName(f'get_layer("{name}"): there is no such layer. Known: {", ".join(names)}.')
        index = names.index(name)
    if not -len(names) <= index < len(names):
        raise UnknownName(f"get_layer(index={index}): the network has {len(names)} layers.")
    place = index % len(names)
    return LayerView(names[place], model.layers[place], model, place)


def with_trainable_layers(model: BaseModel, layers: Sequence[str | int], trainable: bool) -> Layer:
    """Return a model's network with some of its layers frozen or trainable; with all of them if none is named.

    Raises:
        UnknownName: If there is no such layer.
        InvalidValue: If the network has no layers to choose from.
    """
    network = model.network
    if not layers:
        return with_trainable(network, trainable)
    if network.call_graph is None:
        raise InvalidValue(f"{network!r} has no layers to choose from; freeze() without names freezes all of it.")
    found = list(network.children)
    for each in layers:
        name, index = (None, each) if isinstance(each, int) else (each, None)
        named = layer_named(model, name, index)
        found[named.place] = with_trainable(found[named.place], trainable)
    return dataclasses.replace(network.with_layers(tuple(found)), trainable=True)


def is_node(value: object) -> bool:
    """Return whether a value is the symbolic output of a layer, or several of them."""
    if isinstance(value, list | tuple):
        return bool(value) and all(map(is_node, value))
    return isinstance(value, Node | Input)


def _named(what: str, given: object) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    named = given if isinstance(given, Mapping) else {}
    parts: list[object] = list(named.values()) if named else list(given) if isinstance(given, list | tuple) else [given]
    nodes: list[Node] = []
    for part in parts:
        if isinstance(part, Node | Input):
            nodes.append(part.node if isinstance(part, Input) else part)
        else:
            raise InvalidValue(
                f"Model({what}={part!r}): give an Input or the output of a layer, such as Dense(3)(x), or several."
            )
    if not parts:
        raise InvalidValue(f"Model({what}={given!r}): at least one is needed.")
    names = tuple(map(str, named))
    return names, tuple(nodes)
