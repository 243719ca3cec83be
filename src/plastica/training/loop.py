"""The compiled run: steps inside epochs inside one program.

Everything a run does between two looks of the host is one call of :func:`advance`. Its trip counts are
arguments, so one compiled program serves every chunk: one step, a part of a long epoch, or many short
epochs. A run is therefore the same, bit for bit, however it is cut.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..layers.layer import INFERENCE, Params, State
from ..random import Key
from ..rules import Batch
from ..typing import AnyArray, Bool, Float, Int, Memory, PyTree
from .finite import all_finite
from .program import Learner, Program, RespondsToInputs
from .rows import Plan, Rows, count_rows, gathered
from .share import PlanCount, PlanCounts, progress_of
from .sums import added, row_sums


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
    train: Float[Array, "*members epochs sums"]
    validation: Float[Array, "*members epochs sums"]
    finite: Bool[Array, "*members"]
    loss_finite: Bool[Array, "*members"]
    epoch: Int[Array, "*members"]
    batch: Int[Array, "*members"]


# What the loops hand on: epoch, batch, learner, (train and validation sums of the epochs,) whether all was finite.
BatchLoop = tuple[Array, Array, Learner, Array]
EpochLoop = tuple[Array, Array, Learner, Array, Array, Array]


@jax.jit
def advance(program: Program, key: Key, learner: Learner, rows: Rows, validation: Rows | None, plan: Plan) -> Chunk:
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
    # The number of batches is an argument of its own: tables have room for more, so that folds of slightly different
    # sizes share one program.
    batches = plan.table.shape[1] if plan.batches is None else plan.batches
    first_epoch, first_batch, stop_epoch, stop_batch = plan.span
    before = (0, 0, stop_epoch * batches + stop_batch) if plan.before is None else plan.before
    width = learner.sums.shape[0]

    def train_batch(carry: BatchLoop) -> BatchLoop:
        epoch, batch, learner, _ = carry
        place = Place(epoch, batch, batches, before)
        learner, loss = planned_step(program, key, learner, rows, plan.table[epoch, batch], plan.real[batch], place)
        return epoch, batch + 1, learner, jnp.isfinite(loss)

    def train_epoch(carry: EpochLoop) -> EpochLoop:
        epoch, batch, learner, train, held_out, _ = carry
        stop = jnp.where(epoch == stop_epoch, stop_batch, batches)
        _, batch, learner, finite = jax.lax.while_loop(
            lambda c: (c[1] < stop) & c[3], train_batch, (epoch, batch, learner, jnp.array(True))
        )
        # Counting does not wait for the loss, so that the next rows are fetched meanwhile; a failed step counts back.
        batch = jnp.where(finite, batch, batch - 1)
        # An epoch whose last step failed is not evaluated: the host goes back to before that step and trains it again.
        complete = finite & (batch == batches)
        train = jax.lax.dynamic_update_index_in_dim(train, learner.sums, epoch, 0)
        if validation is not None:
            judge = partial(held_out_sums, program, learner, validation)
            # A call may end within an epoch; cond, unlike where, does not compute the evaluation then.
            found = jax.lax.cond(complete, judge, lambda: jnp.zeros(width, learner.sums.dtype))
            held_out = jax.lax.dynamic_update_index_in_dim(held_out, found, epoch, 0)
        # An epoch that is cut by the end of the call keeps its sums for the next call.
        learner = learner._replace(sums=jnp.where(complete, 0.0, learner.sums))
        return epoch + complete, jnp.where(complete, 0, batch), learner, train, held_out, finite

    def unfinished(carry: EpochLoop) -> Array:
        epoch, batch, _, _, _, finite = carry
        return finite & ((epoch < stop_epoch) | ((epoch == stop_epoch) & (batch < stop_batch)))

    empty = jnp.zeros((epochs, width), learner.sums.dtype)
    start = (first_epoch, first_batch, learner, empty, empty, jnp.array(True))
    epoch, batch, learner, train, held_out, finite = jax.lax.while_loop(unfinished, train_epoch, start)
    return Chunk(learner, train, held_out, finite & all_finite(program.carried(learner)), finite, epoch, batch)


class Place(NamedTuple):
    """Where a step stands in the plan and in the run: epoch, batch, batches an epoch, and :attr:`.rows.Plan.before`."""

    epoch: Int[Array, ""]
    batch: Int[Array, ""]
    batches: PlanCount
    before: PlanCounts


def planned_step(
    program: Program,
    key: Key,
    learner: Learner,
    rows: Rows,
    numbers: Int[Array, "size"],
    real: Int[Array, ""],
    place: Place,
) -> tuple[Learner, jax.Array]:
    """Gather the rows of one step and make it; return the new state and the loss before the step."""
    progress = progress_of(place.before, place.epoch, place.batch, place.batches)
    # Rows are gathered here and not on the host: their numbers are the only thing that a step has to be given.
    batch = pick(program, rows, numbers, real)
    batch = batch._replace(epoch=place.before[0] + place.epoch, progress=progress.astype(batch.weight.dtype))
    # The number of the step is the learner's, not that in the plan, so that a resumed run draws what the whole run
    # draws.
    return counted_step(program, random.fold(key, learner.step), learner, batch)


def pick(program: Program, rows: Rows, numbers: Int[AnyArray, "size"], real: Int[AnyArray, ""]) -> Batch:
    """Gather one batch in the types that the program computes with; fillers after the ``real`` rows weigh nothing."""
    # Every batch has one shape, whatever rows are left for the last one: fillers repeat a row and weigh nothing.
    weight = (jnp.arange(numbers.shape[0]) < real).astype(jnp.float32)
    size = jnp.asarray(real, jnp.float32)
    found = gathered(rows, numbers)
    x, y = program.cast(found)
    if found.weight is None:
        return Batch(x, y, weight, size)
    if found.weight.ndim > 1:
        return Batch(x, y, weight, size, within=found.weight)
    return Batch(x, y, weight * found.weight, size)


def counted_step(program: Program, key: Array, learner: Learner, batch: Batch) -> tuple[Learner, jax.Array]:
    """Make one step and count it and its figures; return the new state and the loss before the step."""
    step, sums = learner.step, learner.sums
    learner, figures = program.step(learner, batch, key)
    sums = added(sums, row_sums(figures, program.means, batch.size))
    return learner._replace(step=step + 1, sums=sums), figures.loss


def held_out_sums(program: Program, learner: Learner, rows: Rows) -> Float[Array, "sums"]:
    """Return the figures of validation data, for the weights that would be kept if the run ended here."""
    # With averaging of weights those are the averages, which a run hands out at its end.
    params = program.averaged(learner.params, learner.optimizer)
    return evaluate(program, params, learner.state, learner.memory, rows, jnp.zeros_like(learner.sums))


@jax.jit
def evaluate(
    program: Program, params: Params, state: State, memory: Memory, rows: Rows, sums: Float[Array, "sums"]
) -> Float[Array, "sums"]:
    """Add the figures of data in chunks ``(chunks, size, ...)`` to ``sums``.

    Filler rows carry the weight -1, so that a real row may weigh 0; chunks after the last real row cost nothing.
    """

    def one(place: jax.Array, carry: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
        state, sums = carry
        sums = judged_chunk(program, params, state, memory, rows, place, sums)
        return state_behind_chunk(program, params, state, rows, place), sums

    return jax.lax.fori_loop(0, count_chunks(rows), one, (state, sums))[1]


def state_behind_chunk(program: Program, params: Params, state: State, rows: Rows, place: Int[Array, ""]) -> State:
    """Return the state with which the next chunk begins: that of stateful layers has moved."""
    if not program.network.remembers:
        return state
    return program.network.synapse(params, program.cast(gathered(rows, place))[0], state, INFERENCE)[1]


def judged_chunk(
    program: Program,
    params: Params,
    state: State,
    memory: Memory,
    rows: Rows,
    place: Int[Array, ""],
    sums: Float[Array, "sums"],
) -> Float[Array, "sums"]:
    """Add the figures of one chunk to ``sums``."""
    chunk = gathered(rows, place)
    x, y = program.cast(chunk)
    marks = jnp.ones(count_rows(x), jnp.float32) if chunk.weight is None else chunk.weight
    rows_marks = marks.reshape(marks.shape[0], -1)[:, 0]
    real = jnp.sum(rows_marks >= 0).astype(marks.dtype)
    weight, within = jnp.maximum(marks, 0.0), None
    if marks.ndim > 1:
        weight, within = (rows_marks >= 0).astype(marks.dtype), weight
    # A chunk of fillers only would divide 0 by 0, and its NaN would stay in the sums although it weighs nothing.
    batch = Batch(x, y, weight, jnp.maximum(real, 1.0), within=within)
    return added(sums, row_sums(program.judge(params, state, memory, batch), program.means, real))


def count_chunks(rows: Rows) -> Int[Array, ""] | int:
    """Return how many chunks there are up to the last one with a real row."""
    if rows.weight is None:
        return count_rows(rows.x)
    # Fillers come last, so that the number of chunks with a real row is also where they end.
    return jnp.sum(jnp.any(rows.weight >= 0, axis=range(1, rows.weight.ndim)))


@jax.jit
def predict(
    answering: RespondsToInputs,
    params: Params,
    state: State,
    memory: Memory,
    x: PyTree,
    chunks: Int[Array, ""] | int | None = None,
) -> PyTree:
    """Return the predictions for inputs in chunks ``(chunks, size, ...)``; zeros after the first ``chunks`` of them.

    Args:
        answering: What responds to inputs: ``Program.answering``.
        params: The parameters.
        state: The layers' state.
        memory: The program's own memory.
        x: Inputs.
        chunks: How many chunks are answered; None for all.
    """

    def answer(chunk: PyTree) -> PyTree:
        return answering.respond(params, state, memory, answering.cast_inputs(chunk))

    def put(place: jax.Array, made: PyTree) -> PyTree:
        found = answer(gathered(x, place))
        return jax.tree.map(partial(jax.lax.dynamic_update_index_in_dim, index=place, axis=0), made, found)

    # The bound of the loop is an argument, so that one program serves all numbers of chunks; ``lax.map`` would also
    # compute those that only fill up.
    count = count_rows(x)
    shapes = jax.eval_shape(lambda x: answer(gathered(x, 0)), x)
    empty = jax.tree.map(lambda shape: jnp.zeros((count, *shape.shape), shape.dtype), shapes)
    return jax.lax.fori_loop(0, count if chunks is None else chunks, put, empty)
