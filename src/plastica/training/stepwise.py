"""The run step by step: each step is one call of a compiled program that no loop contains.

On the CPU, XLA computes convolutions of many channels 10 to 40 times faster outside of loops than inside (jax issue
12868). A step with such convolutions takes milliseconds, beside which a call for each step costs nothing. The functions
have the signatures and the results of those in :mod:`.loop`. Every step runs the same program, so that a run is the
same, bit for bit, however it is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..layers.kernels.placement import outside_of_loops
from ..layers.layer import Params, State
from .finite import all_finite
from .loop import Chunk, Place, count_chunks, judged_chunk, planned_step, state_behind_chunk
from .program import Learner, Program
from .rows import Plan, Rows, count_rows, gathered


def advance(
    program: Program, key: jax.Array, learner: Learner, rows: Rows, validation: Rows | None, plan: Plan
) -> Chunk:
    """Run the planned span of epochs and batches; see :func:`.loop.advance`."""
    places = list(_places(plan))
    walk = partial(_walk, program, key, learner, rows, validation)
    walked = walk(places, has_failed=False)
    # Nobody waits for a loss, so that the next step is prepared while one is computed. If a loss was not finite, the
    # steps after it were made in vain, and those up to it are made again.
    finite = np.asarray(walked.finite)
    is_well = bool(finite.all())
    if not is_well:
        places = places[: int(np.argmin(finite)) + 1]
        walked = walk(places, has_failed=True)
    epoch, batch = places[-1].epoch, places[-1].batch + is_well
    if is_well and batch == places[-1].batches:
        epoch, batch = epoch + 1, 0
    shape = (plan.table.shape[0], learner.sums.shape[0])
    return Chunk(
        walked.learner,
        jnp.asarray(_filled(walked.train, shape)),
        jnp.asarray(_filled(walked.validation, shape)),
        jnp.asarray(is_well and bool(_is_finite(program, walked.learner))),
        jnp.asarray(is_well),
        jnp.asarray(epoch),
        jnp.asarray(batch),
    )


def evaluate(program: Program, params: Params, state: State, memory: Any, rows: Rows, sums: jax.Array) -> jax.Array:
    """Add the figures of data in chunks to ``sums``; see :func:`.loop.evaluate`."""
    for place in range(int(_count_chunks(rows))):
        sums = _judge(program, params, state, memory, rows, np.int32(place), sums)
        state = _state_behind(program, params, state, rows, np.int32(place)) if program.network.remembers else state
    return sums


def predict(answering: Any, params: Params, state: State, memory: Any, x: Any, chunks: Any = None) -> Any:
    """Return the predictions for inputs in chunks; see :func:`.loop.predict`."""
    count = count_rows(x)
    answer = partial(_answer, answering, params, state, memory, x)
    shapes = jax.eval_shape(answer, np.int32(0))
    made = jax.tree.map(lambda shape: np.zeros((count, *shape.shape), shape.dtype), shapes)
    for place in range(count if chunks is None else int(chunks)):
        for whole, part in zip(jax.tree.leaves(made), jax.tree.leaves(answer(np.int32(place))), strict=True):
            whole[place] = part
    return made


def programs() -> tuple[Any, ...]:
    """Return the compiled functions that keep programs in memory."""
    return _step, _judge, _state_behind, _answer


class _Step(NamedTuple):
    """A step of the plan: its place, the numbers of its rows, and how many of them are real."""

    epoch: int
    batch: int
    batches: int
    before: Any
    numbers: Any
    real: Any


class _Walked(NamedTuple):
    """The result of steps: the state, the figures of epochs by their number, and whether each loss was finite."""

    learner: Learner
    train: dict[int, jax.Array]
    validation: dict[int, jax.Array]
    finite: list[jax.Array]


def _places(plan: Plan) -> Iterator[_Step]:
    """Yield the planned steps."""
    batches = int(plan.table.shape[1] if plan.batches is None else plan.batches)
    epoch, batch, stop_epoch, stop_batch = (int(number) for number in plan.span)
    before = np.array([0, 0, stop_epoch * batches + stop_batch]) if plan.before is None else plan.before
    table, real = np.asarray(plan.table), np.asarray(plan.real)
    while (epoch, batch) < (stop_epoch, stop_batch):
        yield _Step(epoch, batch, batches, np.asarray(before, np.int32), table[epoch, batch], real[batch])
        epoch, batch = (epoch, batch + 1) if batch + 1 < batches else (epoch + 1, 0)


def _walk(
    program: Program,
    key: jax.Array,
    learner: Learner,
    rows: Rows,
    validation: Rows | None,
    steps: Sequence[_Step],
    has_failed: bool,
) -> _Walked:
    """Make steps; the last one does not complete its epoch if it is known to fail."""
    # Each step writes its result in place of what it was given; the caller keeps what it gave.
    walked = _Walked(jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), learner), {}, {}, [])
    for number, step in enumerate(steps):
        place = Place(np.int32(step.epoch), np.int32(step.batch), np.int32(step.batches), step.before)
        learner, finite = _step(program, key, walked.learner, rows, step.numbers, step.real, place)
        walked.finite.append(finite)
        is_last = number + 1 == len(steps)
        completes = step.batch + 1 == step.batches and not (is_last and has_failed)
        if completes or is_last:
            walked.train[step.epoch] = learner.sums
        if completes:
            if validation is not None:
                walked.validation[step.epoch] = _held_out_sums(program, learner, validation)
            learner = learner._replace(sums=jnp.zeros_like(learner.sums))
        walked = walked._replace(learner=learner)
    return walked


def _held_out_sums(program: Program, learner: Learner, rows: Rows) -> jax.Array:
    params = _averaged(program, learner.params, learner.optimizer)
    return evaluate(program, params, learner.state, learner.memory, rows, jnp.zeros_like(learner.sums))


def _filled(found: dict[int, jax.Array], shape: tuple[int, int]) -> np.ndarray:
    made = np.zeros(shape, np.float32)
    for epoch, sums in found.items():
        made[epoch] = sums
    return made


@partial(jax.jit, donate_argnames=("learner",))
def _step(
    program: Program, key: jax.Array, learner: Learner, rows: Rows, numbers: Any, real: Any, place: Place
) -> tuple[Learner, jax.Array]:
    with outside_of_loops():
        learner, loss = planned_step(program, key, learner, rows, numbers, real, place)
    return learner, jnp.isfinite(loss)


@jax.jit
def _judge(
    program: Program, params: Params, state: State, memory: Any, rows: Rows, place: Any, sums: jax.Array
) -> jax.Array:
    with outside_of_loops():
        return judged_chunk(program, params, state, memory, rows, place, sums)


@jax.jit
def _state_behind(program: Program, params: Params, state: State, rows: Rows, place: Any) -> State:
    with outside_of_loops():
        return state_behind_chunk(program, params, state, rows, place)


@jax.jit
def _answer(answering: Any, params: Params, state: State, memory: Any, x: Any, place: Any) -> Any:
    with outside_of_loops():
        return answering.respond(params, state, memory, answering.cast_inputs(gathered(x, place)))


@jax.jit
def _averaged(program: Program, params: Params, optimizer: Any) -> Params:
    return program.averaged(params, optimizer)


@jax.jit
def _is_finite(program: Program, learner: Learner) -> jax.Array:
    return all_finite(program.carried(learner))


_count_chunks = jax.jit(count_chunks)
