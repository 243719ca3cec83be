"""The compiled run: steps inside epochs inside one program.

Everything a run does between two looks of the host is one call of :func:`advance`. Its trip counts are
arguments, so one compiled program serves every chunk: one step, a part of a long epoch, or many short
epochs. A run is therefore the same, bit for bit, however it is cut.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .. import random
from ..data.gathered import Staged
from ..declaration import Declaration, declaration
from ..errors import InvalidValue
from ..layers import freezing
from ..layers.layer import Context, Layer, Params, State, as_float
from ..losses import Objective
from ..metrics import Metric
from ..optimizers import Optimizer
from ..rules import Batch, Rule
from ..rules.rule import loss_of
from .share import progress_of
from .sums import added, counts_last, plain_sums, weighted_sums


@declaration
class Program(Declaration):
    """What is trained, by which rule, with which steps, towards what, watched by what.

    The objective is None for rules that learn from the inputs alone.
    """

    network: Layer
    rule: Rule
    optimizer: Optimizer
    objective: Objective | None
    metrics: tuple[Metric, ...] = ()
    weighted_metrics: tuple[Metric, ...] = ()

    def averaged(self, params: Params, optimizer: Any) -> Params:
        """Return the moving average of the parameters; the parameters themselves if the optimizer keeps none."""
        return freezing.with_trainable_part(
            self.network, params, self.optimizer.averaged(freezing.trainable_part(self.network, params), optimizer)
        )

    @property
    def watched(self) -> tuple[Metric, ...]:
        """All metrics, in the order of their sums."""
        return (*self.metrics, *self.weighted_metrics)


class Learner(NamedTuple):
    """All that changes in a run; what a checkpoint holds.

    Attributes:
        params: The network's parameters.
        state: What its layers carry (running statistics).
        memory: What the rule carries.
        optimizer: What the optimizer carries.
        step: How many steps were made, a scalar.
        sums: Loss and metrics of the epoch so far, and what rounding took from them, a vector; see :mod:`.sums`.
    """

    params: Params
    state: State
    memory: Any
    optimizer: Any
    step: Any
    sums: Any


class Rows(NamedTuple):
    """Data as the program takes it.

    Attributes:
        x: Inputs, ``(rows, ...)``; for evaluation ``(chunks, size, ...)``. An array of any type,
            :class:`Staged` rows, or a tuple of them.
        y: Targets, likewise.
        weight: The weight of each row, or None where all weigh 1; or the weight of each step, pixel or member of each
            row, ``(rows, ...)``.
    """

    x: Any
    y: Any
    weight: Any


class Plan(NamedTuple):
    """Which rows make which batch, and which part of it to run now.

    Attributes:
        table: Row numbers, int32 ``(epochs, batches, size)``; there may be more batches than an epoch has.
        real: How many rows of each batch are real, int32 ``(batches,)``.
        span: First epoch and batch to run, and the epoch and batch to stop before, int32 ``(4,)``.
        batches: How many batches make an epoch, where not all that the table has room for.
        before: The epochs that the network was trained before the table's first one, the steps of this run made
            before it, and the steps of the whole run, int32 ``(3,)``; None for a run that is the plan. A run of more
            steps than an int32 counts has instead: the epochs that the network was trained, the epochs and batches of
            this run made before the table's first one, batches an epoch and epochs of the whole run, ``(5,)``.
    """

    table: Any
    real: Any
    span: Any
    batches: Any = None
    before: Any = None


class Chunk(NamedTuple):
    """What one call brings back.

    Attributes:
        learner: The new state of the run.
        train: Summed figures of each finished epoch, ``(epochs, width)``.
        validation: The same on validation data.
        finite: False when a step met a loss, or left parameters, that are not finite.
        loss_finite: False when it was the loss of the last step; the run then stands there. What a step leaves is
            looked at once, at the end of the call: an earlier step than the last may be the one that failed.
        epoch: The epoch in the plan where the run stands.
        batch: The batch where it stands; with ``loss_finite`` False the one that failed.
    """

    learner: Learner
    train: jax.Array
    validation: jax.Array
    finite: jax.Array
    loss_finite: jax.Array
    epoch: jax.Array
    batch: jax.Array


@jax.jit
def advance(
    program: Program, key: jax.Array, learner: Learner, rows: Rows, validation: Rows | None, plan: Plan
) -> Chunk:
    """Run the planned span of epochs and batches.

    Args:
        program: What to run; its floats are arguments, its structure is compiled in.
        key: The run's randomness; each step folds its number into it.
        learner: Where the run stands.
        rows: Training data.
        validation: Data to evaluate on after each finished epoch, in chunks, or None.
        plan: Batches and span.
    """
    epochs = plan.table.shape[0]
    batches = plan.table.shape[1] if plan.batches is None else plan.batches
    first_epoch, first_batch, stop_epoch, stop_batch = plan.span
    before = (0, 0, stop_epoch * batches + stop_batch) if plan.before is None else plan.before
    width = learner.sums.shape[0]

    def train_batch(carry: Any) -> Any:
        epoch, batch, learner, _ = carry
        progress = progress_of(before, epoch, batch, batches)
        picked = pick(program.network, rows, plan.table[epoch, batch], plan.real[batch])
        picked = picked._replace(epoch=before[0] + epoch, progress=progress.astype(picked.weight.dtype))
        learner, loss = step(program, random.fold(key, learner.step), learner, picked)
        finite = jnp.isfinite(loss)
        return epoch, batch + 1, learner, finite

    def train_epoch(carry: Any) -> Any:
        epoch, batch, learner, train, held_out, _ = carry
        stop = jnp.where(epoch == stop_epoch, stop_batch, batches)
        _, batch, learner, finite = jax.lax.while_loop(
            lambda c: (c[1] < stop) & c[3], train_batch, (epoch, batch, learner, jnp.array(True))
        )
        # Counting does not wait for the loss, so that the next rows are fetched meanwhile; a failed step counts back.
        batch = jnp.where(finite, batch, batch - 1)
        complete = finite & (batch == batches)
        train = train.at[epoch].set(learner.sums)
        if validation is not None:
            judge = partial(held_out_sums, program, learner, validation)
            found = jax.lax.cond(complete, judge, lambda: jnp.zeros(width, learner.sums.dtype))
            held_out = held_out.at[epoch].set(found)
        learner = learner._replace(sums=jnp.where(complete, 0.0, learner.sums))
        return epoch + complete, jnp.where(complete, 0, batch), learner, train, held_out, finite

    def unfinished(carry: Any) -> jax.Array:
        epoch, batch, _, _, _, finite = carry
        return finite & ((epoch < stop_epoch) | ((epoch == stop_epoch) & (batch < stop_batch)))

    empty = jnp.zeros((epochs, width))
    start = (first_epoch, first_batch, learner, empty, empty, jnp.array(True))
    epoch, batch, learner, train, held_out, finite = jax.lax.while_loop(unfinished, train_epoch, start)
    return Chunk(learner, train, held_out, finite & all_finite(_carried(learner)), finite, epoch, batch)


def _carried(learner: Learner) -> Any:
    """Return what the next steps and answers come from: parameters, running statistics, gathered directions."""
    return learner.params, learner.state, learner.optimizer.get("total")


def pick(network: Layer, rows: Rows, numbers: jax.Array, real: jax.Array) -> Batch:
    """Gather one batch in the types that the network computes with; fillers after the ``real`` rows weigh nothing."""
    weight = (jnp.arange(numbers.shape[0]) < real).astype(jnp.float32)
    size = real.astype(jnp.float32)
    found = gathered(rows, numbers)
    x, y = computed(network, found)
    if found.weight is None:
        return Batch(x, y, weight, size)
    if found.weight.ndim > 1:
        return Batch(x, y, weight, size, within=found.weight)
    return Batch(x, y, weight * found.weight, size)


def gathered(tree: Any, numbers: Any) -> Any:
    """Return the rows with these numbers of the arrays of a tree, some of which may be :class:`Staged`."""

    def take(part: Any) -> Any:
        if _is_staged(part):
            return part.take(numbers)
        return part[numbers] if jnp.ndim(numbers) == 0 else part.at[numbers].get(mode="promise_in_bounds")

    return jax.tree.map(take, tree, is_leaf=_is_staged)


def _is_staged(part: Any) -> bool:
    return isinstance(part, Staged)


def computed(network: Layer, rows: Rows) -> tuple[Any, Any]:
    """Return inputs and targets in the types that the network and the objective compute with."""
    return network.cast_inputs(rows.x), jax.tree.map(as_float, rows.y)


def step(program: Program, key: jax.Array, learner: Learner, batch: Batch) -> tuple[Learner, jax.Array]:
    """Make one step of learning; returns the new state and the loss before the step."""
    network, rule, optimizer, objective = program.network, program.rule, program.optimizer, program.objective
    real = jnp.arange(batch.weight.shape[0]) < batch.size
    context = Context(training=True, key=key, mask=real)
    signal = rule.signal(network, learner.params, learner.state, learner.memory, batch, objective, context)
    if signal.direction is None and optimizer.use_ema:
        raise InvalidValue(
            f"{type(optimizer).__name__}(use_ema=True) averages the weights after each step, but with "
            f"{type(rule).__name__} without a loss it makes no steps. Leave out use_ema."
        )

    def value_at(part: Params) -> jax.Array:
        params = freezing.with_trainable_part(network, learner.params, part)
        potential, _ = network.synapse(params, batch.x, learner.state, context)
        loss = signal.loss if objective is None else loss_of(objective, batch, potential, network.activate(potential))
        return loss + network.penalty(params)

    loss, params, optimizer_state = signal.loss, learner.params, learner.optimizer
    if signal.direction is not None:
        loss, direction = with_penalty(network, params, loss, signal.direction)
        own, along = (freezing.trainable_part(network, tree) for tree in (params, direction))
        own, optimizer_state = optimizer.update(along, optimizer_state, own, loss, value_at)
        params = freezing.with_trainable_part(network, params, own)
    if signal.change is not None:
        moved = jax.tree.map(lambda w, change: w + change.astype(w.dtype), params, signal.change)
        params = freezing.kept_of_frozen(network, params, moved)
    state = freezing.kept_of_frozen(network, learner.state, signal.state)
    params = network.constrain(params, state)
    sums = added(learner.sums, row_sums(program, loss, signal.output, batch))
    return Learner(params, state, signal.memory, optimizer_state, learner.step + 1, sums), loss


def with_penalty(network: Layer, params: Params, loss: jax.Array, direction: Params) -> tuple[jax.Array, Params]:
    """Add what the layers' regularizers ask for, under every rule alike."""
    if isinstance(network.penalty(params), int):
        return loss, direction
    value, gradient = jax.value_and_grad(network.penalty)(params)
    return loss + value, jax.tree.map(jnp.add, direction, gradient)


def row_sums(program: Program, loss: jax.Array, output: jax.Array, batch: Batch) -> jax.Array:
    """Return what one batch adds to an epoch's figures: loss, rows, then each metric's sums, counts last."""
    real = (jnp.arange(batch.weight.shape[0]) < batch.size).astype(batch.weight.dtype)
    found = [plain_sums(metric, output, batch, real) for metric in program.metrics]
    found += [weighted_sums(metric, output, batch) for metric in program.weighted_metrics]
    ordered = (jnp.ravel(found[place]) for place in counts_last(program.watched))
    return jnp.concatenate([jnp.stack([loss * batch.size, batch.size]), *ordered])


def held_out_sums(program: Program, learner: Learner, rows: Rows) -> jax.Array:
    """Return the figures of validation data, for the weights that would be kept if the run ended here."""
    params = program.averaged(learner.params, learner.optimizer)
    return evaluate(program, params, learner.state, learner.memory, rows, jnp.zeros_like(learner.sums))


@jax.jit
def evaluate(program: Program, params: Params, state: State, memory: Any, rows: Rows, sums: jax.Array) -> jax.Array:
    """Add the figures of data in chunks ``(chunks, size, ...)`` to ``sums``.

    Filler rows carry the weight -1, so that a real row may weigh 0; chunks after the last real row cost nothing.
    """
    penalty = program.network.penalty(params)

    def one(place: jax.Array, sums: jax.Array) -> jax.Array:
        chunk = gathered(rows, place)
        x, y = computed(program.network, chunk)
        marks = jnp.ones(count_rows(x), jnp.float32) if chunk.weight is None else chunk.weight
        rows_marks = marks.reshape(marks.shape[0], -1)[:, 0]
        real = jnp.sum(rows_marks >= 0).astype(marks.dtype)
        weight, within = jnp.maximum(marks, 0.0), None
        if marks.ndim > 1:
            weight, within = (rows_marks >= 0).astype(marks.dtype), weight
        batch = Batch(x, y, weight, jnp.maximum(real, 1.0), within=within)
        loss, activity = program.rule.judge(program.network, params, state, memory, batch, program.objective)
        return added(sums, row_sums(program, loss + penalty, activity, batch._replace(size=real)))

    chunks = count_rows(rows.x)
    if rows.weight is not None:
        chunks = jnp.sum(jnp.any(rows.weight >= 0, axis=range(1, rows.weight.ndim)))
    return jax.lax.fori_loop(0, chunks, one, sums)


@jax.jit
def predict(rule: Rule, network: Layer, params: Params, state: State, memory: Any, x: Any, chunks: Any = None) -> Any:
    """Return the activity for inputs in chunks ``(chunks, size, ...)``; zeros after the first ``chunks`` of them."""

    def answer(chunk: Any) -> Any:
        return rule.respond(network, params, state, memory, network.cast_inputs(chunk))[1]

    def put(place: jax.Array, made: Any) -> Any:
        found = answer(gathered(x, place))
        return jax.tree.map(lambda all_made, own: all_made.at[place].set(own), made, found)

    count = count_rows(x)
    shapes = jax.eval_shape(lambda x: answer(gathered(x, 0)), x)
    empty = jax.tree.map(lambda shape: jnp.zeros((count, *shape.shape), shape.dtype), shapes)
    return jax.lax.fori_loop(0, count if chunks is None else chunks, put, empty)


def count_rows(tree: Any) -> int:
    """Return the size of the first axis of an array, or of the arrays of a tree, which have it in common."""
    return jax.tree.leaves(tree, is_leaf=_is_staged)[0].shape[0]


def all_finite(tree: Any) -> jax.Array:
    """Return whether every number in a tree is finite."""
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)] or [jnp.array(True)]))
