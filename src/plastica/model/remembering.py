"""Stateful networks: row i of a batch goes on where row i of the last batch ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import numpy as np

from ..errors import InvalidValue, ShapeError
from ..layers.layer import INFERENCE, Layer, Params, State
from ..training.rows import count_rows
from ..training.stream import BatchArrays, BatchConverter
from ..typing import PyTree
from .base import BaseModel
from .inputs import Examples, HostArrays
from .memory import with_memory
from .training_data import TrainingData


def reset_states(model: BaseModel) -> None:
    """Begin anew in each stateful layer; see :meth:`Model.reset_states`."""
    state = with_memory(model.network, model.params, model.state, np.random.default_rng(0))
    model.keep_untrained(model.params, state)


def rows_a_batch(network: Layer, given: int | None, usual: int) -> int:
    """Return how many rows a batch has: what was given, or the usual number; for a stateful network its own.

    Raises:
        InvalidValue: If another number was given than the network remembers sequences.
    """
    if not network.remembers or network.declared_batch is None:
        return given or usual
    if given not in (None, network.declared_batch):
        raise InvalidValue(
            f"batch_size={given}: this network is stateful and remembers {network.declared_batch} sequences, one for "
            "each row of a batch; leave batch_size out."
        )
    return network.declared_batch


def check_rows(network: Layer, rows: PyTree, what: str) -> None:
    """Refuse rows that are not whole batches.

    Raises:
        ShapeError: If the last batch would not be complete.
    """
    size, count = network.declared_batch, count_rows(rows)
    if network.remembers and size and count % size:
        raise ShapeError(
            f"{what} has {count} rows, which are not whole batches of {size}: this network is stateful, and row i of a "
            "batch goes on where row i of the last one ended. Leave rows out, or fill up with rows of weight 0."
        )


def check_fit(network: Layer, data: TrainingData, held_out: Examples | None, shuffle: bool) -> None:
    """Refuse training data of a stateful network whose rows would not go on from batch to batch.

    Raises:
        InvalidValue: If rows are shuffled, or come in blocks.
        ShapeError: If a batch would not be complete.
    """
    if not network.remembers:
        return
    data.require_order(shuffle)
    check_rows(network, data.some_rows()[0], "x")
    if held_out is not None:
        check_rows(network, held_out.x, "validation_data")


def checked(network: Layer, convert: BatchConverter) -> BatchConverter:
    """Return a converter of batches that refuses those of another size than a stateful network remembers."""
    if not network.remembers:
        return convert

    def whole(first: int, items: Sequence[object]) -> list[BatchArrays]:
        batches = convert(first, items)
        for number, batch in enumerate(batches, first):
            check_rows(network, batch, f"batch {number}")
        return batches

    return whole


def answers_batch_by_batch(model: BaseModel, x: HostArrays, answer: Callable[[HostArrays, State], PyTree]) -> PyTree:
    """Return the answers to rows, each batch from the memory that the batch before it left; the model goes on there."""
    # One batch after another, since the memory of each is what the one before left; nothing can run side by side.
    network, params, state = model.network, model.judged_params, model.state
    check_rows(network, x, "x")
    found = []
    for start in range(0, count_rows(x), network.declared_batch or 1):
        batch = _batch(network, x, start)
        found.append(answer(batch, state))
        # Computed once more for the state alone: predictions are those of a rule, which need not return it.
        state = _behind(network, params, state, batch)
    go_on(model, state)
    return jax.tree.map(lambda *parts: np.concatenate(parts), *found)


def state_behind(model: BaseModel, params: Params, state: State, x: HostArrays) -> State:
    """Return the state after rows, batch by batch; the state itself if the network is not stateful."""
    if model.network.remembers:
        for start in range(0, count_rows(x), model.network.declared_batch or 1):
            state = _behind(model.network, params, state, _batch(model.network, x, start))
    return state


def go_on(model: BaseModel, state: State) -> None:
    """Let a stateful model go on from this state."""
    if model.network.remembers:
        model.keep_untrained(model.params, state)


def _batch(network: Layer, x: HostArrays, start: int) -> HostArrays:
    return jax.tree.map(lambda part: part[start : start + (network.declared_batch or 1)], x)


@jax.jit
def _behind(network: Layer, params: Params, state: State, x: PyTree) -> State:
    return network.synapse(params, network.cast_inputs(x), state, INFERENCE)[1]
