"""Sequential: layers one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import Any, ClassVar, cast

import jax
import numpy as np

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import ArrayTree, Mask
from .composition import checks_data, no_pull, placed, scope, within
from .in_time import Carry
from .layer import INFERENCE, Context, Errors, Layer, Params, Record, Shape, State, reshapes_only
from .lost_masks import mask_behind
from .records import CallGraph, Variables
from .stepping import beside_walks, mask_through, start_all, step_through


@declaration
class Sequential(Layer):
    """A sequence of layers; parameters and state are tuples with an entry for each layer.

    Its potential and activity are those of the last layer, so that losses can be computed from potentials.

    Args:
        layers: The layers, first to last.

    Raises:
        InvalidValue: If an element of ``layers`` is not a layer.
        ShapeError: If two layers do not fit; the message names the layer.
    """

    flow: ClassVar[str] = "chain"

    layers: tuple[Layer, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers(type(self).__name__, self.layers))
        for layer, reader in zip_longest(self.layers, self.layers[1:]):
            if layer.num_outputs > 1 and (reader is None or not reader.reads_parts):
                raise InvalidValue(
                    f"{layer!r} has {layer.num_outputs} outputs, but a sequence passes one on. Write the network as a "
                    "graph: y, state = layer(x); Model(x, ...)."
                )

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.layers

    def span(self, places: slice) -> Layer:
        return Sequential(self.layers[places])

    @property
    def declared_shape(self) -> Shape | None:
        own = super().declared_shape
        return self.layers[0].declared_shape if own is None and self.layers else own

    @property
    def declared_batch(self) -> int | None:
        return self.layers[0].declared_batch if self.layers else None

    @property
    def takes_integers(self) -> bool | tuple[bool, ...]:
        for layer in self.layers:
            if layer.takes_integers or not reshapes_only(layer):
                return layer.takes_integers
        return False

    def output_shape(self, shape: Shape) -> Shape:
        for place, layer in enumerate(self.layers):
            shape = placed(place, layer.output_shape, shape)
        return shape

    @property
    def call_graph(self) -> CallGraph:
        return CallGraph(1, chain(len(self.layers)), (len(self.layers),))

    def with_layers(self, layers: tuple[Layer, ...]) -> Sequential:
        return replace(self, layers=layers)

    @property
    def hidden_widths(self) -> dict[int, int]:
        pairs: Any = enumerate(pairwise(self.layers))
        return {place: layer.units for place, (layer, reader) in pairs if layer.pads_units and reader.takes_padding}

    def with_widths(self, widths: Mapping[int, int]) -> Sequential:
        layers: Any = self.layers  # those with widths have units
        own = {place: replace(layers[place], units=units) for place, units in widths.items()}
        return self.with_layers(tuple(own.get(place, layer) for place, layer in enumerate(self.layers)))

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        found: list[Shape] = [shape]
        for layer in self.layers[:-1]:
            found.append(layer.output_shape(found[-1]))
        return tuple(found[: len(self.layers)])

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        found = []
        for place, layer in enumerate(self.layers):
            found.append(placed(place, layer.init, rng, shape))
            shape = layer.output_shape(shape)
        return Variables(tuple(v.params for v in found), tuple(v.state for v in found))

    def check_input(self, x: np.ndarray) -> None:
        if not any(map(checks_data, self.layers)):
            return
        seen: np.ndarray | None = x
        for place, layer in enumerate(self.layers):
            placed(place, layer.check_input, seen)
            if (seen := layer.passed_on(seen)) is None:
                return

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        seen: np.ndarray | None = x
        for layer in self.layers:
            if (seen := layer.passed_on(seen)) is None:
                return None
        return seen

    def adapted(self, x: np.ndarray, state: State) -> State:
        seen: np.ndarray | None = x
        states = list(state)
        for place, layer in enumerate(self.layers):
            if seen is None:
                break
            states[place], seen = layer.adapted(seen, states[place]), layer.passed_on(seen)
        return tuple(states)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        states, steps = [], context.steps
        for place, layer in enumerate(self.layers):
            own = self._within(context, place, steps)
            steps = mask_behind(layer, x, steps)
            with scope(place, layer):
                x, new_state = layer.synapse(params[place], x, state[place], own)
                if place < len(self.layers) - 1:
                    x = layer.activate(x)
            states.append(new_state)
        return x, tuple(states)

    def _within(self, context: Context, place: int, steps: Mask) -> Context:
        return within(context, place, steps)._replace(steps_first=beside_walks(self.layers, place))

    @property
    def stepwise(self) -> bool:
        return all(layer.stepwise for layer in self.layers)

    @property
    def keeps_time(self) -> bool:
        return all(layer.keeps_time for layer in self.layers)

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.layers, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: ArrayTree, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        return step_through(self.layers, params, carry, x_t, state, context)

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return mask_through(self.layers, x, mask)

    def activate(self, potential: jax.Array) -> jax.Array:
        if not self.layers:
            return potential
        with scope(len(self.layers) - 1, self.layers[-1]):
            return self.layers[-1].activate(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.layers[-1].output_activation if self.layers else None

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(layer.penalty(own) for layer, own in zip(self.layers, params, strict=True))

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        if not self.layers:
            return super().forward(params, x, state, context, feedback)
        records, states, activity, steps = [], [], x, context.steps
        for place, layer in enumerate(self.layers):
            own = self._within(context, place, steps)
            own_feedback = None if feedback is None else feedback[place]
            steps = mask_behind(layer, activity, steps)
            record, new_state = layer.forward(params[place], activity, state[place], own, own_feedback)
            activity = record.activity
            records.append(record)
            states.append(new_state)
        return _composed(x, records[-1], tuple(records)), tuple(states)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        if not self.layers:
            return super().backward_potential(record, delta)
        last = len(self.layers) - 1
        errors = [self.layers[last].backward_potential(record.children[last], delta)]
        for place in reversed(range(last)):
            below = self.layers[place].backward(record.children[place], errors[0].input_delta)
            errors.insert(0, below)
        return Errors(delta, tuple(e.gradient for e in errors), errors[0].input_delta, tuple(errors))


def _composed(x: jax.Array, last: Record, children: tuple[Record, ...]) -> Record:
    return Record(x, last.potential, last.activity, no_pull, last.pull_activation, children)


def chain(layers: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return the calls of layers one after another."""
    return tuple((place, (place,)) for place in range(layers))


def checked_layers(owner: str, layers: Iterable[object]) -> tuple[Layer, ...]:
    """Return layers as a tuple; a list among them becomes a Sequential."""
    found = tuple(Sequential(tuple(part)) if isinstance(part, list | tuple) else part for part in layers)
    for place, layer in enumerate(found):
        if not isinstance(layer, Layer):
            raise InvalidValue(f"{owner}: entry {place} is {layer!r}; every entry must be a layer, such as Dense(10).")
    return tuple(cast("Layer", layer).completed() for layer in found)
