"""Recurrent layers on tasks that need memory, with several seeds in one program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidValue
from ..layers import GRU, LSTM, RNN, Dense, EchoState, MinimalGatedCell, SimpleRNN
from ..layers.layer import Layer
from ..model import Sequential
from ..optimizers import Adam
from ..populations import Population
from ..registry import look_up
from .tasks import TASKS, MemoryTask, make_task

if TYPE_CHECKING:
    import polars

LAYERS: Mapping[str, Callable[[int, bool], Layer]] = {
    "simple_rnn": lambda units, every: SimpleRNN(units, return_sequences=every),
    "lstm": lambda units, every: LSTM(units, return_sequences=every),
    "gru": lambda units, every: GRU(units, return_sequences=every),
    "minimal_gated": lambda units, every: RNN(MinimalGatedCell(units), return_sequences=every),
    "echo_state": lambda units, every: EchoState(units, return_sequences=every),
}
TEST_ROWS = 1000
TEST_SEED = 2**31  # of sequences that no training set has


def compare_recurrent_layers(
    tasks: str | Sequence[str] = tuple(TASKS),
    layers: str | Sequence[str] = tuple(LAYERS),
    *,
    length: int = 50,
    units: int = 32,
    rows: int = 5000,
    epochs: int = 30,
    batch_size: int = 50,
    learning_rate: float = 3e-3,
    seeds: int = 3,
    seed: int = 0,
    verbose: int | str = 0,
) -> polars.DataFrame:
    """Train recurrent layers on memory tasks, all seeds of a pair in one program, and test them on new sequences.

    Args:
        tasks: Names of tasks, as for ``make_task``. Default: all.
        layers: Names of layers: ``"simple_rnn"``, ``"lstm"``, ``"gru"``, ``"minimal_gated"``,
            ``"echo_state"``. Default: all.
        length: The number of steps of sequences.
        units: The units of each layer.
        rows: The number of training sequences.
        epochs: The number of epochs.
        batch_size: Sequences per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1.
        seeds: The number of networks for each pair.
        seed: The first random seed.
        verbose: As for ``fit``.

    Returns:
        A polars data frame with the columns task, layer, score (mean over seeds of the accuracy, or of the mean squared
        error), best, chance, solved (the number of networks that solve the task) and networks.

    Raises:
        UnknownName: If a task or layer is unknown.
        InvalidValue: If there are no seeds, or a task is not possible with this length.
    """
    import polars

    if seeds < 1:
        raise InvalidValue(f"compare_recurrent_layers(seeds={seeds!r}): at least one.")
    named = [layers] if isinstance(layers, str) else layers
    makers = [(name, look_up("layer", name, LAYERS)) for name in named]
    found: list[dict[str, object]] = []
    for task_name in [tasks] if isinstance(tasks, str) else tasks:
        train = make_task(task_name, rows, length, seed)
        test = make_task(task_name, TEST_ROWS, length, TEST_SEED + seed)
        for name, make in makers:
            population = _population(make(units, train.at_every_step), train, learning_rate, seeds, seed)
            population.fit(train.x, train.y, epochs=epochs, batch_size=batch_size, verbose=verbose)
            found.append({"task": task_name, "layer": name, **_scores(population, test)})
    return polars.DataFrame(found)


def _population(layer: Layer, task: MemoryTask, learning_rate: float, seeds: int, seed: int) -> Population:
    last = Dense(task.classes, "softmax") if task.classes else Dense(1)
    model = Sequential([layer, last], seed=seed)
    loss = "sparse_categorical_crossentropy" if task.classes else "mse"
    model.compile(Adam(learning_rate, clipnorm=1.0), loss)
    return Population(model, seeds=seeds)


def _scores(population: Population, test: MemoryTask) -> dict[str, object]:
    answers = [np.asarray(member.predict(test.x)) for member in population]
    if test.classes:
        scores = [float((answer.argmax(-1) == test.y).mean()) for answer in answers]
    else:
        scores = [float(((answer - test.y) ** 2).mean()) for answer in answers]
    return {
        "score": float(np.mean(scores)),
        "best": max(scores) if test.classes else min(scores),
        "chance": test.chance,
        "solved": sum(map(test.is_solved, scores)),
        "networks": len(scores),
    }
