"""Rules that one layer can follow by itself: with what arrives at it and what it answers, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import prod
from typing import Any, ClassVar, NamedTuple, cast

import jax
import jax.numpy as jnp

from .. import random
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.layer import INFERENCE, Context, Errors, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Optimizer
from .chain import learned_places
from .rule import Batch, Rule, Signal, loss_of, rule_key


class Learned(NamedTuple):
    """What one layer takes from a batch.

    Attributes:
        change: What is added to its parameters, in their structure.
        memory: Its new memory.
        figure: How well it fits the batch, in the rule's own measure, a scalar; small is good.
    """

    change: Params
    memory: Any
    figure: jax.Array


class LayerRule(Rule):
    """A rule of one layer, that any layer for which it is defined can follow on the activities of the one below.

    Compiled without a loss, every layer with parameters follows the rule, and what is shown as the loss is the sum of
    the layers' own figures. Compiled with a loss, the last layer with parameters is a read-out: it learns by the
    gradient of the loss, through the optimizer, and all before it follow the rule and know of no target.

    A subclass writes ``begin`` and ``learn``, ``figure`` and ``require``. Its steps have a rate of their own.
    """

    needs_loss: ClassVar[bool] = False

    def own_rates(self) -> tuple[str, ...]:
        own = {field.name for field in fields(cast(Any, self))}
        return written(self, "learning_rate") if "learning_rate" in own else (type(self).__name__,)

    def begin(self, layer: Layer, params: Params, key: jax.Array) -> Any:
        """Return what the rule keeps for one layer, a pytree of arrays; most keep nothing."""
        return ()

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        """Return what one layer takes from a batch.

        Args:
            layer: The layer.
            params: Its parameters.
            memory: What :meth:`begin` or the step before kept.
            record: What the layer did: its input, potential and activity; ``record.pull_synapse(e)`` gives the
                correlation of its inputs with any e shaped like its potential, summed over the batch.
            batch: Rows, for their weights, epoch and progress; its ``x`` and ``y`` are the network's.
            key: Randomness for this layer and step.
        """
        raise NotImplementedError

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        """Return how well a layer fits rows that it does not learn from; the mean over rows, a scalar."""
        raise NotImplementedError

    def require(self, layer: Layer) -> None:
        """See whether the rule is defined for a layer that has parameters.

        Raises:
            InvalidValue: If it is not.
        """

    def under_read_out(self) -> LayerRule:
        """Return the rule as it suits layers whose answers a read-out takes; most rules are the same there."""
        return self

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return each layer's memory; ``()`` for layers that cannot follow the rule: a read-out may be of any kind."""
        learned = learned_places(network, params)
        return tuple(
            self.begin(layer, params[place], random.fold(key, place))
            if place in learned and _is_fit(self, layer)
            else ()
            for place, layer in enumerate(network.children)
        )

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Any,
        context: Context,
    ) -> Signal:
        record, new_state = network.forward(params, batch.x, state, context)
        places = self.places(network, params, objective)
        rule = self if objective is None else self.under_read_out()
        found = {
            place: rule.learn_at(place, network, params, memory, record, batch, rule_key(context)) for place in places
        }
        change = tuple(
            found[place].change if place in found else jax.tree.map(jnp.zeros_like, own)
            for place, own in enumerate(params)
        )
        kept = tuple(found[place].memory if place in found else own for place, own in enumerate(memory))
        if objective is None:
            loss = sum((each.figure for each in found.values()), jnp.zeros(()))
            return Signal(loss, None, record.activity, new_state, kept, change)
        loss, direction = read_out(network, params, record, batch, objective)
        return Signal(loss, direction, record.activity, new_state, kept, change)

    def judge(
        self, network: Layer, params: Params, state: State, memory: Any, batch: Batch, objective: Any
    ) -> tuple[jax.Array, jax.Array]:
        record, _ = network.forward(params, batch.x, state, INFERENCE)
        if objective is not None:
            return loss_of(objective, batch, record.potential, record.activity), record.activity
        figures = (
            self.figure(network.children[place], params[place], memory[place], record.children[place], batch)
            for place in self.places(network, params, None)
        )
        return sum(figures, jnp.zeros(())), record.activity

    def places(self, network: Layer, params: Params, objective: Objective | None) -> list[int]:
        """Return the places of the layers that follow the rule, each looked at.

        Raises:
            InvalidValue: If there is none, or the rule is not defined for one of them, or one has a regularizer.
        """
        learned = learned_places(network, params)
        if not learned:
            raise InvalidValue(f"{type(self).__name__}: no layer of this network has parameters; put units there.")
        found = learned if objective is None else learned[:-1]
        for place in found:
            try:
                self.require(network.children[place])
            except InvalidValue as error:
                raise InvalidValue(f"layer {place}, {error}") from None
            require_no_penalty(self, network, params, place)
        return found

    def learn_at(
        self, place: int, network: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array
    ) -> Learned:
        """Return what the layer at a place takes from a batch."""
        layer = network.children[place]
        return self.learn(layer, params[place], memory[place], record.children[place], batch, random.fold(key, place))


def read_out(
    network: Layer, params: Params, record: Record, batch: Batch, objective: Objective
) -> tuple[jax.Array, Params]:
    """Return the loss, and a direction that moves the last layer with parameters alone: along its gradient."""
    last = learned_places(network, params)[-1]

    def loss_at(potential: jax.Array) -> jax.Array:
        return loss_of(objective, batch, potential, network.activate(potential))

    loss, delta = jax.value_and_grad(loss_at)(record.potential)
    direction = [jax.tree.map(jnp.zeros_like, own) for own in params]
    direction[last] = _error_at(network, record, delta, last).gradient
    return loss, tuple(direction)


def require_no_penalty(rule: Rule, network: Layer, params: Params, place: int) -> None:
    """See that the layer at a place, which follows no gradient, has no regularizer: its pull would be one.

    Raises:
        InvalidValue: If it has.
    """
    layer = network.children[place]
    if not isinstance(layer.penalty(params[place]), int):
        raise InvalidValue(
            f"layer {place}, {type(layer).__name__}: it has a regularizer, and under {type(rule).__name__} only the "
            "last layer can follow a loss and what is added to it. Leave it out here, or take another rule."
        )


def require_steps_by_batch(rule: Rule, name: str) -> None:
    """See that a rule's field is an optimizer, and none that wants all rows at once.

    Raises:
        InvalidValue: If it is not.
    """
    given = getattr(rule, name)
    if not isinstance(given, Optimizer) or given.full_batch:
        raise InvalidValue(
            f"{type(rule).__name__}({name}={given!r}): give an optimizer that steps batch by batch, such as Adam(1e-3)."
        )


def written(rule: Rule, name: str, value: Any = None) -> tuple[str, ...]:
    """Return a rule's field as a person writes it, with its value or the one that it stands for."""
    return (f"{type(rule).__name__}({name}={getattr(rule, name) if value is None else value!r})",)


def _is_fit(rule: LayerRule, layer: Layer) -> bool:
    try:
        rule.require(layer)
    except InvalidValue:
        return False
    return True


def _error_at(network: Layer, record: Record, delta: jax.Array, place: int) -> Errors:
    top = len(network.children) - 1
    error = network.children[top].backward_potential(record.children[top], delta)
    for below in reversed(range(place, top)):
        error = network.children[below].backward(record.children[below], error.input_delta)
    return error


def row_shares(batch: Batch, values: jax.Array) -> jax.Array:
    """Return each row's share of the batch's mean, shaped to multiply ``values``, ``(batch, ...)``."""
    return like_rows(batch.weight / batch.size, values)


def like_rows(numbers: jax.Array, values: jax.Array) -> jax.Array:
    """Return a number for each row, ``(batch,)``, shaped to multiply ``values``, ``(batch, ...)``."""
    return numbers.reshape(-1, *([1] * (values.ndim - 1)))


def only_kernel(params: Params, change: jax.Array) -> Params:
    """Return a change of the kernel alone, in the parameters' structure."""
    return {name: change if name == "kernel" else jnp.zeros_like(array) for name, array in params.items()}


def without_bias(params: Params, record: Record) -> jax.Array:
    """Return what the inputs alone make of a layer's potential."""
    return record.potential - params["bias"] if "bias" in params else record.potential


def mean_square_length(params: Params, record: Record, batch: Batch) -> jax.Array:
    """Return the mean over rows of |x|^2, over all places of a convolution together; at least the least number."""
    x, places = record.input, prod(params["kernel"].shape[:-2])
    return jnp.maximum(places * jnp.sum(row_shares(batch, x) * x * x), jnp.finfo(x.dtype).tiny)


def advise_rate(rule: Any, network: Layer, params: Params, record: Record, batch: Batch) -> str:
    """Return up to which learning rate Oja's and Sanger's rules are safe in the first layer where theirs is beyond."""
    learned = learned_places(network, params)
    for place in learned[:-1] if batch.y.size else learned:  # with targets the last layer reads out
        own, layer = record.children[place], network.children[place]
        if not (_is_fit(rule, layer) and bool(jnp.all(jnp.isfinite(own.input)))):
            continue
        # No variance of the inputs is larger than their mean square length.
        safe = 1 / float(mean_square_length(params[place], own, batch))
        if rule.learning_rate > safe:
            return (
                f"on these rows {type(rule).__name__} is safe in layer {place}, {type(layer).__name__}, up to about "
                f"learning_rate={safe:.2g}; relative=True makes one rate safe in every layer"
            )
    return ""


def linear_layers(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return units without a bias or an activation, for rules whose units find directions of the inputs.

    One layer: of directions that are found already, another one finds the same.
    """
    return stacks.dense(widest(units), last, "linear", use_bias=False)


def widest(units: Sequence[int]) -> list[int]:
    """Return the largest of the hidden layers, for rules of which one layer is all that helps; none for none."""
    return [max(units)] if units else []


def require_units(rule: Rule, layer: Layer) -> None:
    """See that a layer is units with one kernel, whose potential is linear in it.

    Raises:
        InvalidValue: If it is not.
    """
    if not layer.linear_units:
        raise InvalidValue(
            f"{type(layer).__name__}: {type(rule).__name__} works on layers of units with one kernel, such as Dense "
            "and Conv2D. Put such a layer there, or take another rule."
        )
