"""Compositions of layers: Sequential, Residual, Branches."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import zip_longest
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from .composition import checks_data, no_pull, placed, same, within
from .in_time import Carry, any_real, whole_sequence
from .kernels.once import computed_once
from .layer import INFERENCE, CallGraph, Context, Errors, Layer, Params, Record, Shape, State, Variables, reshapes_only
from .lost_masks import mask_behind
from .stepping import mask_through, start_all, step_through


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
            own = within(context, place, steps)
            steps = mask_behind(layer, x, steps)
            x, new_state = layer.synapse(params[place], x, state[place], own)
            states.append(new_state)
            if place < len(self.layers) - 1:
                x = layer.activate(x)
        return x, tuple(states)

    @property
    def stepwise(self) -> bool:
        return all(layer.stepwise for layer in self.layers)

    @property
    def keeps_time(self) -> bool:
        return all(layer.keeps_time for layer in self.layers)

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.layers, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: Any, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, Any]:
        return step_through(self.layers, params, carry, x_t, state, context)

    def mask_of(self, x: Any, mask: Any) -> Any:
        return mask_through(self.layers, x, mask)

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.layers[-1].activate(potential) if self.layers else potential

    @property
    def output_activation(self) -> Activation | None:
        return self.layers[-1].output_activation if self.layers else None

    def penalty(self, params: Params) -> Any:
        return sum(layer.penalty(own) for layer, own in zip(self.layers, params, strict=True))

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params = None
    ) -> tuple[Record, State]:
        if not self.layers:
            return super().forward(params, x, state, context, feedback)
        records, states, activity, steps = [], [], x, context.steps
        for place, layer in enumerate(self.layers):
            own, own_feedback = within(context, place, steps), None if feedback is None else feedback[place]
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


@declaration
class Residual(Layer):
    """A residual block: a = f(x + branch(x)).

    The skip connection passes signals and gradients unchanged, which makes very deep networks trainable.

    Args:
        layers: The branch, a sequence of layers whose output has the shape of the input.
        activation: f, applied to the sum. Default: the identity, as in pre-activation residual networks.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        ShapeError: If the branch changes the shape.

    Reference:
        He, Zhang, Ren, Sun (2016), Deep residual learning for image recognition, equation 1.
    """

    flow: ClassVar[str] = "skip"

    layers: tuple[Layer, ...]
    activation: Activation = named_field(default="linear", converter=activations.get)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers("Residual", self.layers))

    @property
    def branch(self) -> Sequential:
        """The layers as one."""
        return Sequential(self.layers)

    @property
    def children(self) -> tuple[Layer, ...]:
        return (self.branch,)

    def inside(self, params: Params, state: State) -> tuple[tuple[Layer, ...], Params, State]:
        return self.layers, None if params is None else params[0], None if state is None else state[0]

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return self.branch.child_shapes(shape)

    def output_shape(self, shape: Shape) -> Shape:
        found = self.branch.output_shape(shape)
        if found != tuple(shape):
            raise ShapeError(
                f"Residual: the branch turns inputs of shape {tuple(shape)} into {found}, which cannot be added to "
                "them. End it with a layer that gives the input's shape back."
            )
        return found

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params, state = self.branch.init(rng, shape)
        return Variables((params,), (state,))

    def check_input(self, x: np.ndarray) -> None:
        self.branch.check_input(x)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        answer, inner = self.branch.apply(params[0], x, state[0], context)
        return x + answer, (inner,)

    @property
    def stepwise(self) -> bool:
        return self.branch.stepwise

    @property
    def keeps_time(self) -> bool:
        return self.branch.keeps_time

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.children, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: Any, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, Any]:
        new, potential = self.branch.step(params[0], carry[0], x_t, state[0], context)
        return (new,), x_t + self.branch.activate(potential)

    def mask_of(self, x: Any, mask: Any) -> Any:
        return self.branch.mask_of(x, mask)

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation

    def penalty(self, params: Params) -> Any:
        return self.branch.penalty(params[0])

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params = None
    ) -> tuple[Record, State]:
        back = None if feedback is None else feedback[0]
        x = computed_once(x)
        inner, inner_state = self.branch.forward(params[0], x, state[0], context, back)
        potential = x + inner.activity
        activity, pull = jax.vjp(self.activate, potential)
        record = Record(x, potential, activity, no_pull, lambda delta: pull(delta)[0], (inner,))
        return record, (inner_state,)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        delta = computed_once(delta)
        inner = self.branch.backward(record.children[0], delta)
        return Errors(delta, (inner.gradient,), delta + inner.input_delta, (inner,))


@declaration
class Branches(Layer):
    """Apply several branches to the same input and concatenate their outputs.

    For inception blocks, wide-and-deep networks, and dense connections (with ``Sequential(())`` as one branch, which
    passes the input on).

    Args:
        branches: The branches, each a layer.
        axis: The axis of concatenation, negative and counted from the end.

    Shapes:
        ``(batch, ..., n)`` to ``(batch, ..., sum of the branches' last sizes)``.

    Raises:
        ShapeError: If the shapes of the branches differ in another axis.

    Reference:
        Szegedy et al. (2015), Going deeper with convolutions, figure 2.
    """

    flow: ClassVar[str] = "fork"

    branches: tuple[Layer, ...]
    axis: int = -1

    def __post_init__(self) -> None:
        object.__setattr__(self, "branches", checked_layers("Branches", self.branches))
        if not self.branches:
            raise InvalidValue("Branches(()): at least one branch is needed.")
        if self.axis >= 0:
            raise InvalidValue(f"Branches(axis={self.axis}): count the axis from the end, -1 for the last.")

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.branches

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return (shape,) * len(self.branches)

    def output_shape(self, shape: Shape) -> Shape:
        shapes = [placed(place, branch.output_shape, shape) for place, branch in enumerate(self.branches)]
        rest = {(s[: self.axis], s[len(s) + self.axis + 1 :]) for s in shapes}
        if len(rest) > 1:
            raise ShapeError(
                f"Branches: the branches give shapes {', '.join(map(str, shapes))}, which can only be joined along "
                f"axis {self.axis} when their other sizes agree."
            )
        joined = list(shapes[0])
        joined[self.axis] = sum(s[self.axis] for s in shapes)
        return tuple(joined)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        found = [branch.init(rng, shape) for branch in self.branches]
        return Variables(tuple(v.params for v in found), tuple(v.state for v in found))

    def check_input(self, x: np.ndarray) -> None:
        for place, branch in enumerate(self.branches):
            placed(place, branch.check_input, x)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        parts = [branch.passed_on(x) for branch in self.branches]
        found = [part for part in parts if part is not None]
        return np.concatenate(found, self.axis) if len(found) == len(parts) else None

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        answers = [
            branch.apply(params[place], x, state[place], within(context, place, context.steps))
            for place, branch in enumerate(self.branches)
        ]
        return jnp.concatenate([a for a, _ in answers], self.axis), tuple(s for _, s in answers)

    @property
    def stepwise(self) -> bool:
        return self.axis == -1 and all(branch.stepwise for branch in self.branches)

    @property
    def keeps_time(self) -> bool:
        return self.axis == -1 and all(branch.keeps_time for branch in self.branches)

    def start(self, params: Params, batch: int) -> Carry:
        return start_all(self.branches, params, batch)

    def step(
        self, params: Params, carry: Carry, x_t: Any, state: State, context: Context = INFERENCE
    ) -> tuple[Carry, Any]:
        if self.axis != -1:
            raise InvalidValue(whole_sequence(self))
        found = [
            branch.step(params[place], carry[place], x_t, state[place], within(context, place, context.steps))
            for place, branch in enumerate(self.branches)
        ]
        answers = [branch.activate(z) for branch, (_, z) in zip(self.branches, found, strict=True)]
        return tuple(new for new, _ in found), jnp.concatenate(answers, -1)

    @property
    def loses_mask(self) -> bool:
        return self.axis != -1

    def mask_of(self, x: Any, mask: Any) -> Any:
        masks = [branch.mask_of(x, mask) for branch in self.branches]
        return any_real(masks) if self.keeps_time else None

    def penalty(self, params: Params) -> Any:
        return sum(branch.penalty(own) for branch, own in zip(self.branches, params, strict=True))

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params = None
    ) -> tuple[Record, State]:
        answers = [
            branch.forward(
                params[place],
                x,
                state[place],
                within(context, place, context.steps),
                None if feedback is None else feedback[place],
            )
            for place, branch in enumerate(self.branches)
        ]
        records = tuple(record for record, _ in answers)
        potential = jnp.concatenate([record.activity for record in records], self.axis)
        return Record(x, potential, potential, no_pull, same, records), tuple(s for _, s in answers)

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        sizes = np.cumsum([child.activity.shape[self.axis] for child in record.children])[:-1]
        deltas = jnp.split(delta, sizes, self.axis)
        errors = tuple(
            branch.backward(child, own)
            for branch, child, own in zip(self.branches, record.children, deltas, strict=True)
        )
        return Errors(
            delta, tuple(e.gradient for e in errors), reduce(jnp.add, (e.input_delta for e in errors)), errors
        )


def _composed(x: jax.Array, last: Record, children: tuple[Record, ...]) -> Record:
    return Record(x, last.potential, last.activity, no_pull, last.pull_activation, children)


def chain(layers: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return the calls of layers one after another."""
    return tuple((place, (place,)) for place in range(layers))


def checked_layers(owner: str, layers: Any) -> tuple[Layer, ...]:
    """Return layers as a tuple; a list among them becomes a Sequential."""
    found = tuple(Sequential(tuple(part)) if isinstance(part, list | tuple) else part for part in layers)
    for place, layer in enumerate(found):
        if not isinstance(layer, Layer):
            raise InvalidValue(f"{owner}: entry {place} is {layer!r}; every entry must be a layer, such as Dense(10).")
    return tuple(layer.completed() for layer in found)
