"""Rules that each layer follows by itself, from its own inputs and activities only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import prod
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.layer import INFERENCE, Context, Errors, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Optimizer
from ..random import Key
from ..typing import Float, Memory, PyTree, Shaped, by_name
from .chain import learned_places
from .rule import Batch, Rule, Signal, loss_of, rule_key

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Learned(NamedTuple):
    """What one layer learns from a batch.

    Attributes:
        change: The change of its parameters, in their structure.
        memory: Its new memory.
        figure: The measure of fit that the rule shows in place of a loss, a scalar; small is good.
    """

    change: Params
    memory: Memory
    figure: Float[Array, ""]


class LayerRule(Rule):
    """Base class of rules that each layer follows by itself, on the activities of the layer below.

    Without a loss in ``compile``, every layer with parameters follows the rule, and the loss in the history is the sum
    of the measures of all layers. With a loss, the last layer with parameters is a readout: it learns from the gradient
    of the loss, with the optimizer. The layers before it follow the rule and do not depend on the targets.

    A subclass implements ``begin``, ``learn``, ``figure`` and ``require``. Its steps have a learning rate of their own.
    """

    needs_loss: ClassVar[bool] = False

    def own_rates(self) -> tuple[str, ...]:
        own = {field.name for field in fields(cast("DataclassInstance", self))}
        return written(self, "learning_rate") if "learning_rate" in own else (type(self).__name__,)

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        """Return the initial memory of one layer, a pytree of arrays. Default: none."""
        return ()

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        """Return the change of one layer for a batch.

        Args:
            layer: The layer.
            params: Its parameters.
            memory: Its memory, from :meth:`begin` or from the previous step.
            record: The forward pass of the layer: its input, potential and activity. ``record.pull_synapse(e)`` returns
                the products of its inputs with any e in the shape of its potential, summed over the batch.
            batch: The rows, for their weights, epoch and progress; ``x`` and ``y`` are those of the network.
            key: A random key for this layer and step.
        """
        raise NotImplementedError

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        """Return the measure of fit for rows without learning from them, the mean over the rows."""
        raise NotImplementedError

    def require(self, layer: Layer) -> None:
        """Check that the rule is defined for a layer with parameters.

        Raises:
            InvalidValue: If it is not.
        """

    def under_read_out(self) -> LayerRule:
        """Return the rule for layers below a readout. Default: the same rule."""
        return self

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the memory of each layer; ``()`` for layers that cannot follow the rule, such as many readouts."""
        learned = learned_places(network, params)
        return tuple(
            self.begin(layer, params[place], random.fold(key, place))
            if place in learned and _is_defined_for(self, layer)
            else ()
            for place, layer in enumerate(network.children)
        )

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective | None,
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
        # Every layer keeps its place in both trees, those that do not follow the rule included: the structure of a step
        # is the same in each, as loops of JAX require.
        kept = tuple(found[place].memory if place in found else own for place, own in enumerate(memory))
        if objective is None:
            loss = sum((each.figure for each in found.values()), jnp.zeros(()))
            # Without a direction no optimizer makes a step; the changes are the rule's own and are added as they are.
            return Signal(loss, None, record.activity, new_state, kept, change)
        loss, direction = read_out(network, params, record, batch, objective)
        return Signal(loss, direction, record.activity, new_state, kept, change)

    def judge(
        self, network: Layer, params: Params, state: State, memory: Memory, batch: Batch, objective: Objective | None
    ) -> tuple[Float[Array, ""], PyTree]:
        record, _ = network.forward(params, batch.x, state, INFERENCE)
        if objective is not None:
            return loss_of(objective, batch, record.potential, record.activity), record.activity
        figures = (
            self.figure(network.children[place], params[place], memory[place], record.children[place], batch)
            for place in self.places(network, params, None)
        )
        return sum(figures, jnp.zeros(())), record.activity

    def places(self, network: Layer, params: Params, objective: Objective | None) -> list[int]:
        """Return the indices of the layers that follow the rule, after checking each of them.

        Raises:
            InvalidValue: If there is none, the rule is not defined for one of them, or one has a regularizer.
        """
        learned = learned_places(network, params)
        if not learned:
            raise InvalidValue(f"{type(self).__name__}: no layer of this network has parameters; add Dense layers.")
        found = learned if objective is None else learned[:-1]
        for place in found:
            try:
                self.require(network.children[place])
            except InvalidValue as error:
                raise InvalidValue(f"layer {place}, {error}") from None
            require_no_penalty(self, network, params, place)
        return found

    def learn_at(
        self, place: int, network: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key
    ) -> Learned:
        """Return what the layer at an index learns from a batch."""
        layer = network.children[place]
        return self.learn(layer, params[place], memory[place], record.children[place], batch, random.fold(key, place))


def read_out(
    network: Layer, params: Params, record: Record, batch: Batch, objective: Objective
) -> tuple[Float[Array, ""], Params]:
    """Return the loss, and a direction that changes only the last layer with parameters: its gradient."""
    last = learned_places(network, params)[-1]

    def loss_at(potential: PyTree) -> Float[Array, ""]:
        return loss_of(objective, batch, potential, network.activate(potential))

    loss, delta = jax.value_and_grad(loss_at)(record.potential)
    direction = [jax.tree.map(jnp.zeros_like, own) for own in params]
    direction[last] = _error_at(network, record, delta, last).gradient
    return loss, tuple(direction)


def require_no_penalty(rule: Rule, network: Layer, params: Params, place: int) -> None:
    """Check that a layer without a gradient has no regularizer, which acts through the gradient.

    Raises:
        InvalidValue: If it has one.
    """
    layer = network.children[place]
    # Without regularizers the penalty is the number 0 and no array, so that it need not be computed to know.
    if not isinstance(layer.penalty(params[place]), int):
        raise InvalidValue(
            f"layer {place}, {type(layer).__name__}: it has a regularizer, but with {type(rule).__name__} only the "
            "last layer learns from a loss, of which regularizers are a part. Remove it, or use another rule."
        )


def require_steps_by_batch(rule: Rule, name: str) -> None:
    """Check that a field of a rule is an optimizer that does not need all rows at once.

    Raises:
        InvalidValue: If it is not.
    """
    given = getattr(rule, name)
    if not isinstance(given, Optimizer) or given.full_batch:
        raise InvalidValue(
            f"{type(rule).__name__}({name}={given!r}): expected an optimizer that steps batch by batch, such as Adam()."
        )


def written(rule: Rule, name: str, value: float | None = None) -> tuple[str, ...]:
    """Return a field of a rule as it is written in code, with its value or the given one."""
    return (f"{type(rule).__name__}({name}={getattr(rule, name) if value is None else value!r})",)


def _is_defined_for(rule: LayerRule, layer: Layer) -> bool:
    try:
        rule.require(layer)
    except InvalidValue:
        return False
    return True


def _error_at(network: Layer, record: Record, delta: Float[Array, "batch *shape"], place: int) -> Errors:
    top = len(network.children) - 1
    error = network.children[top].backward_potential(record.children[top], delta)
    # Only down to the layer that learns; no error is needed below it.
    for below in reversed(range(place, top)):
        error = network.children[below].backward(record.children[below], error.input_delta)
    return error


def row_shares(batch: Batch, values: Float[Array, "batch *shape"]) -> Float[Array, "batch *ones"]:
    """Return the weight of each row in the mean over the batch, shaped to broadcast with ``values``."""
    return like_rows(batch.weight / batch.size, values)


def like_rows(numbers: Shaped[Array, "batch"], values: Float[Array, "batch *shape"]) -> Shaped[Array, "batch *ones"]:
    """Return a number for each row, reshaped to broadcast with ``values``."""
    # Broadcasting aligns the last axes, but rows are the first.
    return numbers.reshape(-1, *([1] * (values.ndim - 1)))  # (batch, 1, ..., 1)


def only_kernel(params: Params, change: Float[Array, "*window channels units"]) -> Params:
    """Return a change of the kernel alone, in the structure of the parameters."""
    return {name: change if name == "kernel" else jnp.zeros_like(array) for name, array in by_name(params).items()}


def without_bias(params: Params, record: Record) -> Float[Array, "batch *places units"]:
    """Return the potential of a layer without its bias."""
    return record.potential - params["bias"] if "bias" in params else record.potential


def mean_square_length(params: Params, record: Record, batch: Batch) -> Float[Array, ""]:
    """Return the mean of |x|^2 over the rows, summed over all places of a convolution; always above 0."""
    x, places = record.input, prod(params["kernel"].shape[:-2])
    return jnp.maximum(places * jnp.sum(row_shares(batch, x) * x * x), jnp.finfo(x.dtype).tiny)


def advise_rate(
    rule: LayerRule, learning_rate: float, network: Layer, params: Params, record: Record, batch: Batch
) -> str:
    """Return advice on the learning rate of Oja's or Sanger's rule if it is too large for a layer, else nothing."""
    learned = learned_places(network, params)
    for place in learned[:-1] if batch.y.size else learned:  # with targets the last layer is a readout
        own, layer = record.children[place], network.children[place]
        if not (_is_defined_for(rule, layer) and bool(jnp.all(jnp.isfinite(own.input)))):
            continue
        # The largest eigenvalue of the second moments is at most their trace, which is the mean square length.
        safe = 1 / float(mean_square_length(params[place], own, batch))
        if learning_rate > safe:
            return (
                f"on these rows {type(rule).__name__} is stable in layer {place}, {type(layer).__name__}, up to about "
                f"learning_rate={safe:.2g}; with relative=True the same rate is stable in every layer"
            )
    return ""


def linear_layers(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return units without bias and activation, for rules that find directions of the inputs.

    There is only one such layer: a second one would find the directions of the first again.
    """
    return stacks.dense(widest(units), last, "linear", use_bias=False)


def widest(units: Sequence[int]) -> list[int]:
    """Return the largest of the hidden layers, for rules that use only one; an empty list if there is none."""
    return [max(units)] if units else []


def require_units(rule: Rule, layer: Layer) -> None:
    """Check that a layer has one kernel and that its potential is linear in it.

    Raises:
        InvalidValue: If not.
    """
    if not layer.linear_units:
        raise InvalidValue(
            f"{type(layer).__name__}: {type(rule).__name__} works on layers of units with one kernel, such as Dense "
            "and Conv2D. Use such a layer here, or another rule."
        )
