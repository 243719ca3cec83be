"""Supervised: a network trained by a rule, with the steps of an optimizer, towards an objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import Declaration, declaration, replace
from ..errors import InvalidValue
from ..layers import freezing
from ..layers.costs import costs_of
from ..layers.layer import INFERENCE, Context, Layer, Params, State
from ..losses import Objective
from ..metrics import Metric
from ..optimizers import Optimizer
from ..rules import Batch, Rule
from ..rules.masking import Masks, for_loss, for_metrics, real_steps
from ..rules.rule import loss_of
from ..schedules import Schedule
from ..typing import Bool, Memory, PyTree
from . import finite
from .program import Learner, Program
from .sums import BatchFigures, counts_last, plain_sums, weighted_sums


@declaration
class Supervised(Program):
    """What is trained, by which rule, with which steps, towards what, watched by what.

    Args:
        network: The network.
        rule: From a batch to a direction for each parameter.
        optimizer: From a direction to a step.
        objective: What is minimized; None for rules that learn from the inputs alone.
        metrics: BatchFigures that count each row once.
        weighted_metrics: BatchFigures that count each row by its weight.
    """

    network: Layer
    rule: Rule
    optimizer: Optimizer
    objective: Objective | None
    metrics: tuple[Metric, ...] = ()
    weighted_metrics: tuple[Metric, ...] = ()

    @property
    def means(self) -> tuple[str, ...]:
        return self.network.cost_names

    @property
    def watched(self) -> tuple[Metric, ...]:
        return (*self.metrics, *self.weighted_metrics)

    def begin(self, params: Params, state: State, key: jax.Array) -> tuple[Memory, PyTree]:
        memory = self.rule.init(self.network, params, key)
        return memory, self.optimizer.init(freezing.trainable_part(self.network, params))

    def step(self, learner: Learner, batch: Batch, key: jax.Array) -> tuple[Learner, BatchFigures]:
        network, rule, optimizer, objective = self.network, self.rule, self.optimizer, self.objective
        context, mask = context_of(batch, key), real_steps(network, batch)
        # Two batches from one: padded steps weigh nothing in both, but a mean over the steps of a row is the loss's,
        # while metrics count each step.
        watched, batch = for_metrics(batch, mask), for_loss(batch, mask)
        signal = rule.signal(network, learner.params, learner.state, learner.memory, batch, objective, context)
        if signal.direction is None and optimizer.keeps_average:
            raise InvalidValue(
                f"{type(optimizer).__name__}(use_ema=True) averages the weights after each step, but with "
                f"{type(rule).__name__} without a loss it makes no steps. Leave out use_ema."
            )

        def value_at(part: Params) -> jax.Array:
            params = freezing.with_trainable_part(network, learner.params, part)
            answer = answered(network, params, batch.x, learner.state, context)
            loss = signal.loss if objective is None else loss_of(objective, batch, answer.potential, answer.activity)
            return loss + sum(answer.costs.values()) + network.penalty(params)

        # The penalty is added here and not by rules, so that a regularizer means the same under every one of them.
        loss, params, optimizer_state = signal.total, learner.params, learner.optimizer
        if signal.direction is not None:
            loss, direction = with_penalty(network, params, loss, signal.direction)
            # Frozen arrays never reach the optimizer: it has no moments for them, and their gradients, unused, are not
            # computed.
            own, along = (freezing.trainable_part(network, tree) for tree in (params, direction))
            own, optimizer_state = optimizer.update(along, optimizer_state, own, loss, value_at)
            params = freezing.with_trainable_part(network, params, own)
        if signal.change is not None:
            moved = jax.tree.map(lambda w, change: w + change.astype(w.dtype), params, signal.change)
            params = freezing.kept_of_frozen(network, params, moved)
        state = freezing.state_after(network, learner.state, signal.state)
        # After rule and optimizer alike: a constraint is about the weights, whoever moved them.
        params = network.constrain(params, state)
        made = learner._replace(params=params, state=state, memory=signal.memory, optimizer=optimizer_state)
        return made, BatchFigures(loss, signal.costs, self._sums(signal.output, watched, mask))

    def judge(self, params: Params, state: State, memory: Memory, batch: Batch) -> BatchFigures:
        network, costs, mask = self.network, {}, real_steps(self.network, batch)
        shown = for_loss(batch, mask)
        if self.means and self.objective is not None:  # only rules that answer by the forward pass take costs
            answer = answered(network, params, batch.x, state, INFERENCE._replace(mask=is_real(batch)))
            loss, activity, costs = loss_of(self.objective, shown, *answer[:2]), answer.activity, answer.costs
        else:
            loss, activity = self.rule.judge(network, params, state, memory, shown, self.objective)
        total = loss + sum(costs.values()) + network.penalty(params)
        return BatchFigures(total, costs, self._sums(activity, for_metrics(batch, mask), mask))

    @property
    def answering(self) -> Answering:
        return Answering(self.network, self.rule)

    @property
    def full_batch(self) -> bool:
        return self.optimizer.full_batch

    @property
    def learning_rate(self) -> float | None:
        rate = self.optimizer.learning_rate
        return None if isinstance(rate, Schedule) else float(rate)

    def with_learning_rate(self, rate: float) -> Supervised:
        return replace(self, optimizer=replace(self.optimizer, learning_rate=rate))

    @property
    def hidden_widths(self) -> dict[int, int]:
        # Padded units have gradients of 0 only under the gradient itself, and stay 0 only if the optimizer leaves them
        # there: decay to another value, or noise, would bring them to life.
        pads = self.rule.follows_gradient and self.optimizer.keeps_zero
        return self.network.hidden_widths if pads else {}

    def with_widths(self, widths: Mapping[int, int]) -> Supervised:
        return replace(self, network=self.network.with_widths(widths)) if widths else self

    def averaged(self, params: Params, optimizer: PyTree) -> Params:
        return freezing.with_trainable_part(
            self.network, params, self.optimizer.averaged(freezing.trainable_part(self.network, params), optimizer)
        )

    def carried(self, learner: Learner) -> PyTree:
        return learner.params, learner.state, self.optimizer.gathered(learner.optimizer)

    def explain(self, learner: Learner, batch: Batch, key: jax.Array) -> str:
        record, _ = self.network.forward(learner.params, batch.x, learner.state, context_of(batch, key))
        first = finite.first_not_finite(self.network, self.objective, record, batch)
        return "; ".join(filter(None, (first, self.rule.advice(self.network, learner.params, record, batch))))

    def remedy(self) -> str:
        return finite.what_to_try(self.rule.own_rates(), has_objective=self.objective is not None)

    def _sums(self, output: PyTree, batch: Batch, mask: Masks = None) -> tuple[jax.Array, ...]:
        """Return what one batch adds to the sums of the metrics, counts last."""
        # As in Keras, metrics ignore the weights of rows; only padding is left out.
        real = is_real(batch).astype(batch.weight.dtype)
        if mask is None:
            found = [plain_sums(metric, output, batch, real) for metric in self.metrics]
        else:
            steps = batch._replace(weight=real, within=jax.tree.map(lambda own: own.astype(real.dtype), mask))
            found = [weighted_sums(metric, output, steps) for metric in self.metrics]
        found += [weighted_sums(metric, output, batch) for metric in self.weighted_metrics]
        return tuple(jnp.ravel(found[place]) for place in counts_last(self.watched))


@declaration
class Answering(Declaration):
    """What predictions depend on: another loss or optimizer compiles no other program for them."""

    network: Layer
    rule: Rule

    def cast_inputs(self, x: PyTree) -> PyTree:
        """Return inputs in the types that the network computes with."""
        return self.network.cast_inputs(x)

    def respond(self, params: Params, state: State, memory: Memory, x: PyTree) -> PyTree:
        """Return the activity for inputs ``(batch, ...)``."""
        return self.rule.respond(self.network, params, state, memory, x)[1]


class CostedAnswer(NamedTuple):
    """What a network answers: its last potential, its activity, and the costs of its layers by name."""

    potential: PyTree
    activity: PyTree
    costs: dict[str, jax.Array]


def answered(network: Layer, params: Params, x: PyTree, state: State, context: Context) -> CostedAnswer:
    """Return the forward pass, with the costs of the layers if there are any."""
    if not network.cost_names:
        potential, _ = network.synapse(params, x, state, context)
        return CostedAnswer(potential, network.activate(potential), {})
    record, _ = network.forward(params, x, state, context)
    return CostedAnswer(record.potential, record.activity, costs_of(record))


def is_real(batch: Batch) -> Bool[Array, "batch"]:
    """Return which rows of a batch do not only fill it up, ``(batch,)``."""
    return jnp.arange(batch.weight.shape[0]) < batch.size


def context_of(batch: Batch, key: jax.Array) -> Context:
    """Return the options of the forward pass of a training step."""
    return Context(training=True, key=key, mask=is_real(batch))


def with_penalty(network: Layer, params: Params, loss: jax.Array, direction: Params) -> tuple[jax.Array, Params]:
    """Add what the layers' regularizers ask for, under every rule alike."""
    if isinstance(network.penalty(params), int):
        return loss, direction
    value, gradient = jax.value_and_grad(network.penalty)(params)
    return loss + value, jax.tree.map(jnp.add, direction, gradient)
