"""Graph: layers that read each other's outputs in any order without cycles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, cast

import jax
import jax.numpy as jnp
import numpy as np

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import AnyShape, ArrayTree, LayerOutputs, Mask, PyTree
from .composition import no_pull, placed, same, scope, within
from .graph_order import keras_order
from .graph_places import check_places, one_or_all, read, read_masks, stays_integer
from .graph_records import by_layer, errors_between
from .in_time import Carry, whole_sequence
from .input import Input
from .kernels.once import computed_once
from .layer import INFERENCE, Context, Errors, Layer, Params, Record, Shape, State
from .lost_masks import mask_behind
from .node import arriving
from .records import CallGraph, Variables
from .stepping import mask_from, one_step_mask, start_all, stepped


@declaration
class Graph(Layer):
    """Layers that read each other's outputs; usually written as nodes, see :mod:`.functional`.

    The outputs of a graph have places: first the inputs, then the output of each call, in the order of the calls. A
    layer that is called twice has one set of weights and adds up the gradients of both calls.

    Args:
        inputs: Where the graph begins.
        layers: The layers, each once, in the order of their first calls.
        calls: For each call which layer is called, and the places that it reads.
        outputs: The places that the graph returns.
        output_names: The name of each output.

    Shapes:
        One array ``(batch, ...)`` for one input or output; a tuple of them for several.

    Raises:
        InvalidValue: If a call reads a place that is not computed before it.
        ShapeError: If two layers do not fit, with the layer's place.
    """

    flow: ClassVar[str] = "graph"

    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    calls: tuple[tuple[int, tuple[int, ...]], ...]
    outputs: tuple[int, ...]
    output_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_places(len(self.inputs), len(self.layers), self.calls, self.outputs)

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.layers

    @property
    def keras_order(self) -> tuple[int, ...]:
        return keras_order(self.call_graph, self.layers)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The name of each input: its own, or ``input``, ``input_1`` and so on, as in Keras."""
        return tuple(each.name or (f"input_{place}" if place else "input") for place, each in enumerate(self.inputs))

    @property
    def reads(self) -> int | None:
        return len(self.inputs)

    @property
    def declared_shape(self) -> AnyShape:
        shapes = tuple(each.shape for each in self.inputs)
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def declared_batch(self) -> int | None:
        return next((each.batch_size for each in self.inputs if each.batch_size), None)

    @property
    def takes_integers(self) -> bool | tuple[bool, ...]:
        return one_or_all([stays_integer(self.call_graph, self.layers, place) for place in range(len(self.inputs))])

    def output_shape(self, shape: Shape) -> Shape:
        return self._given_back(self._shapes(shape))

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        shapes = self._shapes(shape)
        found: dict[int, AnyShape] = {}
        for layer, reads in self.calls:
            found.setdefault(layer, read(shapes, reads))
        return tuple(found[place] for place in range(len(self.layers)))

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        drawn = [
            placed(place, layer.init, rng, own)
            for place, (layer, own) in enumerate(
                zip(self.layers, cast("tuple[Shape, ...]", self.child_shapes(shape)), strict=True)
            )
        ]
        return Variables(tuple(each.params for each in drawn), tuple(each.state for each in drawn))

    def check_input(self, x: PyTree) -> None:
        def look(place: int, layer: Layer, seen: PyTree) -> None:
            placed(place, layer.check_input, seen)

        self._walk_data(x, look)

    def adapted(self, x: PyTree, state: State) -> State:
        states = list(state)

        def look(place: int, layer: Layer, seen: PyTree) -> None:
            states[place] = layer.adapted(seen, states[place])

        self._walk_data(x, look)
        return tuple(states)

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[LayerOutputs, State]:
        activities, potentials, states = self._arrived(x), {}, list(state)
        masks = self._arrived_masks(context.steps)
        for number, (place, reads) in enumerate(self.calls):
            layer, own, mask = self.layers[place], read(activities, reads), read_masks(masks, reads)
            masks.append(mask_behind(layer, own, mask))
            inside = within(context, number, mask)
            with scope(place, layer):
                potential, states[place] = layer.synapse(params[place], own, states[place], inside)
                activity = layer.activate(potential)
            # Both are kept: calls read activities, but an output gives its potential, from which losses are stable.
            potentials[len(activities)] = potential
            activities.append(activity)
        return self._given_back([potentials.get(place, each) for place, each in enumerate(activities)]), tuple(states)

    def activate(self, potential: ArrayTree) -> LayerOutputs:
        found = [self._activate(place, z) for place, z in zip(self.outputs, self._each(potential), strict=True)]
        return one_or_all(found)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation_of(0) if len(self.outputs) == 1 else None

    def activation_of(self, output: int) -> Activation | None:
        """Return the function that the layer of an output applies; None for the identity."""
        caller = self._caller(self.outputs[output])
        return None if caller is None else caller.output_activation

    @property
    def output_activations(self) -> tuple[Activation | None, ...]:
        return tuple(map(self.activation_of, range(len(self.outputs))))

    @property
    def call_graph(self) -> CallGraph:
        return CallGraph(len(self.inputs), self.calls, self.outputs, self.output_names)

    @property
    def begins(self) -> tuple[Layer, ...]:
        return self.inputs

    def with_layers(self, layers: tuple[Layer, ...]) -> Graph:
        return replace(self, layers=layers)

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(layer.penalty(own) for layer, own in zip(self.layers, params, strict=True))

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        activities, states, records = self._arrived(x), list(state), []
        masks = self._arrived_masks(context.steps)
        for number, (place, reads) in enumerate(self.calls):
            layer, own, mask = self.layers[place], read(activities, reads), read_masks(masks, reads)
            back = None if feedback is None else feedback[place]
            masks.append(mask_behind(layer, own, mask))
            record, states[place] = layer.forward(
                params[place], own, states[place], within(context, number, mask), back
            )
            records.append(record)
            once = self.call_graph.readers(len(activities)) < 2
            # An activity read twice would be computed twice by XLA, and through many layers twice for each of them.
            activities.append(record.activity if once else jax.tree.map(computed_once, record.activity))
        first = len(self.inputs)
        potentials = [*activities[:first], *(record.potential for record in records)]
        ends = [records[place - first].pull_activation if place >= first else same for place in self.outputs]

        def pull(delta: ArrayTree) -> LayerOutputs:
            return one_or_all([end(own) for end, own in zip(ends, self._each(delta), strict=True)])

        potential, activity = self._given_back(potentials), self._given_back(activities)
        return Record(
            x, potential, activity, no_pull, pull, by_layer(self.call_graph, len(self.layers), records)
        ), tuple(states)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        own, arrived = errors_between(self.layers, self.call_graph, record.children, self._each(delta))
        # An input that no output depends on has no error.
        pairs = zip(arrived, self._arrived(record.input), strict=True)
        below = [jnp.zeros_like(x) if error is None else error for error, x in pairs]
        return Errors(delta, tuple(each.gradient for each in own), one_or_all(below), own)

    # Time

    @property
    def stepwise(self) -> bool:
        return all(layer.stepwise for layer in self.layers)

    @property
    def keeps_time(self) -> bool:
        return all(layer.keeps_time for layer in self.layers)

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.layers, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        activities, carried, walks = self._arrived(x_t), list(carry), [True] * len(self.inputs)
        masks, potentials = self._arrived_masks(context.steps), dict(enumerate(activities))
        # carry has a place for each layer, as the parameters have.
        if len(self.calls) > len(self.layers):
            raise InvalidValue("a layer that is called twice has two memories; such a network cannot go step by step.")
        for number, (place, reads) in enumerate(self.calls):
            layer, own, mask = self.layers[place], read(activities, reads), read_masks(masks, reads)
            # Behind a layer that answers once for the sequence there is no time; such rows cannot meet steps in a call.
            here = {walks[read] for read in reads}
            if len(here) > 1:
                raise InvalidValue(whole_sequence(layer))
            masks.append(one_step_mask(layer, own, mask) if True in here else None)
            within_call = within(context, number, mask)
            carried[place], potential = stepped(
                layer, params[place], carry[place], own, state[place], within_call, True in here
            )
            potentials[len(activities)] = potential
            walks.append(True in here and layer.keeps_time)
            activities.append(layer.activate(potential))
        return tuple(carried), self._given_back([potentials[place] for place in range(len(activities))])

    def mask_of(self, x: ArrayTree | None, mask: Mask) -> Mask:
        masks = self._arrived_masks(mask)
        seen: list[PyTree] = [None] * len(self.inputs) if x is None else self._arrived(x)
        for place, reads in self.calls:
            layer, known = self.layers[place], all(seen[each] is not None for each in reads)
            masks.append(mask_from(layer, read(seen, reads) if known else None, read_masks(masks, reads)))
            seen.append(layer.passed_on(seen[reads[0]]) if known and len(reads) == 1 else None)
        return read_masks(masks, self.outputs)

    def _arrived_masks(self, mask: Mask) -> list[Mask]:
        if mask is None:
            return [None] * len(self.inputs)
        return list(cast("tuple[Mask, ...]", mask)) if len(self.inputs) > 1 else [mask]

    # Places

    def _arrived(self, x: PyTree) -> list[PyTree]:
        if isinstance(x, Mapping):
            return [x[name] for name in self.input_names]
        return list(x) if isinstance(x, list | tuple) else [x]

    def _each(self, value: ArrayTree) -> tuple[jax.Array, ...]:
        return cast("tuple[jax.Array, ...]", value if len(self.outputs) > 1 else (value,))

    def _given_back(self, values: Sequence[PyTree]) -> PyTree:
        return read(values, self.outputs)

    def _shapes(self, shape: AnyShape) -> list[Shape]:
        shapes: list[Shape] = [tuple(shape)] if len(self.inputs) == 1 else [tuple(each) for each in shape]
        for each, arrived in zip(self.inputs, shapes, strict=True):
            each.output_shape(arrived)
        for place, reads in self.calls:
            shapes.append(placed(place, arriving, self.layers[place], tuple(shapes[read] for read in reads)))
        return shapes

    def _caller(self, place: int) -> Layer | None:
        number = place - len(self.inputs)
        return self.layers[self.calls[number][0]] if number >= 0 else None

    def _activate(self, place: int, potential: jax.Array) -> jax.Array:
        number = place - len(self.inputs)
        if number < 0:
            return potential
        inside = self.calls[number][0]
        with scope(inside, self.layers[inside]):
            return self.layers[inside].activate(potential)

    def _walk_data(self, x: PyTree, look: Callable[[int, Layer, PyTree], None]) -> None:
        """Show each layer the data that reaches it as it came."""
        seen: list[PyTree] = self._arrived(x)
        for place, reads in self.calls:
            layer, known = self.layers[place], all(seen[each] is not None for each in reads)
            if known:
                look(place, layer, read(seen, reads))
            seen.append(layer.passed_on(seen[reads[0]]) if known and len(reads) == 1 else None)
