"""The part of a network that walks in time, for rules that follow it step by step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

import jax
import jax.extend
import jax.numpy as jnp
from jax import Array

from ..errors import InvalidValue
from ..layers.composition import within
from ..layers.in_time import Carry
from ..layers.layer import Context, Layer, Params, Record, State
from ..layers.stepping import mask_through
from ..losses import Objective
from ..typing import Float, PyTree, Shaped
from .backprop import send_back
from .chain import learned_places
from .rule import Batch, Rule, Signal

# The inputs of one step, (batch, ...), or of several, and which are real, (batch, 1); None for all.
StepInputs: TypeAlias = tuple[Array, Array | None]


class WalkedPart(NamedTuple):
    """The layers from the first with parameters to the last that remembers, and what they see in one pass.

    Layers before them have nothing to learn; layers behind them have no memory and are trained by backpropagation.

    Attributes:
        layer: These layers as one.
        places: Their indices.
        params: Their parameters.
        state: Their state.
        steps: Their inputs, ``(time, batch, ...)``.
        real: Which steps are real, ``(time, batch, 1)``; None for all.
        context: The options of the pass.
    """

    layer: Layer
    places: slice
    params: Params
    state: State
    steps: Shaped[Array, "time batch *shape"]
    real: Array | None
    context: Context

    def begin(self, params: Params) -> tuple[Carry, Float[Array, "batch units"]]:
        """Return what the layers remember after the first step, and their potential."""
        return self.step(params, self.layer.start(params, self.steps.shape[1]), self.at(0))

    def step(self, params: Params, carry: Carry, now: StepInputs) -> tuple[Carry, Float[Array, "batch units"]]:
        """Return what the layers remember after one more step, and their potential."""
        return self.layer.step(params, carry, now[0], self.state, self.context._replace(steps=now[1]))

    def at(self, time: int) -> StepInputs:
        """Return the inputs of one step, and which rows of it are real."""
        return self.steps[time], None if self.real is None else self.real[time]

    @property
    def later(self) -> StepInputs:
        """The inputs of all steps but the first, for a scan."""
        return self.steps[1:], None if self.real is None else self.real[1:]


# From the part that walks and the error at its potential at each step, (time, batch, units), to its gradient.
GradientInTime = Callable[[WalkedPart, Array], Params]


def signal_in_time(
    rule: Rule,
    network: Layer,
    params: Params,
    state: State,
    memory: PyTree,
    batch: Batch,
    objective: Objective,
    context: Context,
    gradient: GradientInTime,
) -> Signal:
    """Return what a rule learns that has a way of its own through time, and follows the gradient elsewhere.

    Raises:
        InvalidValue: If the network has no part that walks in time, or a layer of it needs more than one step.
    """
    record, new_state = network.forward(params, batch.x, state, context)
    part = walked_part(rule, network, params, state, record, batch, context)
    # What backpropagation finds for the layers that walk is not used, and so not computed.
    loss, errors = send_back(network, record, batch, objective)
    delta = errors.children[part.places.stop - 1].delta
    own = gradient(part, _in_time(delta, part))
    direction = (*errors.gradient[: part.places.start], *own, *errors.gradient[part.places.stop :])
    return Signal(loss, direction, record.activity, new_state, memory)


def walked_part(
    rule: Rule, network: Layer, params: Params, state: State, record: Record, batch: Batch, context: Context
) -> WalkedPart:
    """Return the part of a network that walks in time.

    Raises:
        InvalidValue: If there is none, or a layer of it needs the whole sequence, a whole batch or random numbers.
    """
    learned = learned_places(network, params)
    if not learned or not _reads_steps(network.children[learned[0]], record.children[learned[0]].input):
        raise InvalidValue(_without_memory(rule))
    start = learned[0]
    steps = jnp.swapaxes(record.children[start].input, 0, 1)
    mask = mask_through(network.children[:start], batch.x, context.steps)
    real = jnp.swapaxes(mask, 0, 1)[..., None] if isinstance(mask, Array) else None
    stop = _last_that_remembers(rule, network, params, state, steps[0], context, start) + 1
    places = slice(start, stop)
    own = context._replace(first=context.first + start, steps=None)
    part = WalkedPart(network.span(places), places, params[places], state[places], steps, real, own)
    _require_steps_alone(part, rule)
    return part


def _reads_steps(layer: Layer, x: Array) -> bool:
    """Return whether a layer reads sequences of rows or of tokens, and not rows without time."""
    return x.ndim > 2 or (x.ndim == 2 and layer.takes_integers is True)


def _last_that_remembers(
    rule: Rule, network: Layer, params: Params, state: State, x_t: Array, context: Context, start: int
) -> int:
    """Return the index of the last layer with a memory, found by taking one step, of shapes alone, layer by layer."""
    last = start - 1
    for place, layer in enumerate(network.children[start:], start):
        own = within(context, place)
        try:
            walk = partial(_first_step, layer, state=state[place], context=own)
            carry, potential = jax.eval_shape(walk, params[place], x_t)
        except InvalidValue as error:
            if jax.tree.leaves(params[place]) or last < start:
                raise InvalidValue(f"layer {place}, {error} {type(rule).__name__} goes step by step.") from None
            break
        if jax.tree.leaves(carry):
            last = place
        x_t = jax.eval_shape(layer.activate, potential)
        if not layer.keeps_time:
            break
    if last < start:
        raise InvalidValue(_without_memory(rule))
    return last


def _first_step(layer: Layer, params: Params, x_t: Array, state: State, context: Context) -> tuple[Carry, Array]:
    return layer.step(params, layer.start(params, x_t.shape[0]), x_t, state, context)


def _require_steps_alone(part: WalkedPart, rule: Rule) -> None:
    """Check that what each layer does at one step hangs on the row and its past alone.

    Raises:
        InvalidValue: If not; the message names the layer.
    """
    x_t = part.steps[0]
    for place, layer in enumerate(part.layer.children):
        params, state, context = part.params[place], part.state[place], within(part.context, place)
        walk = partial(_first_step, layer, params, x_t, state)
        reason = "carries more from batch to batch" if jax.tree.leaves(state) else ""
        if context.key is not None and _is_read(
            jax.make_jaxpr(lambda key, walk=walk, own=context: walk(own._replace(key=key)))(context.key)
        ):
            reason = "draws random numbers, which a single step draws differently"
        if reason:
            raise InvalidValue(
                f"layer {part.places.start + place}, {type(layer).__name__}: {type(rule).__name__} goes step by step, "
                f"and this layer {reason}. Put it behind the last layer that remembers, or leave it out; recurrent "
                "layers without dropout and stateful."
            )
        x_t = layer.activate(walk(context)[1])


def _is_read(traced: jax.extend.core.ClosedJaxpr) -> bool:
    """Return whether a traced function does anything with its argument."""
    given = traced.jaxpr.invars[0]
    return any(given is read for equation in traced.jaxpr.eqns for read in equation.invars)


def _without_memory(rule: Rule) -> str:
    return (
        f"{type(rule).__name__}: no layer of this network remembers from step to step. Add one, such as "
        'SimpleRNN(8, return_sequences=True), or use rule="backprop".'
    )


def _in_time(delta: Float[Array, "batch *shape"], part: WalkedPart) -> Float[Array, "time batch units"]:
    """Return an error for each step, time first; one answer for the sequence has an error at its last step alone."""
    if part.layer.keeps_time:
        return jnp.swapaxes(delta, 0, 1)
    return jnp.zeros((len(part.steps), *delta.shape), delta.dtype).at[-1].set(delta)
