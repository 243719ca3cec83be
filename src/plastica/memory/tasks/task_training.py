"""Networks trained on new sequences of a task until they solve it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ...layers import Dense
from ...layers.layer import Layer
from ...model import Model, Sequential
from ...optimizers import Adam
from ...populations import Population
from ...typing import Shaped
from .catalogue import TASKS, make_task
from .memory_task import MemoryTask

CHECKED, TESTED = 300, 1000  # sequences for validation and for the test


class TaskTraining(NamedTuple):
    """How networks are trained on a task.

    Attributes:
        units: The number of units of a layer.
        rows: New sequences in each round, after which networks are validated.
        epochs: The largest number of rounds.
        batch_size: Sequences per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1.
    """

    units: int = 32
    rows: int = 1000
    epochs: int = 50
    batch_size: int = 20
    learning_rate: float = 3e-3


class TaskData(NamedTuple):
    """Where the sequences of a task come from.

    Attributes:
        name: The name of the task.
        length: The number of steps; None for the usual one.
        seed: The random seed.
        options: Options of the task, such as ``images``.
    """

    name: str
    length: int | None
    seed: int
    options: Mapping[str, object]

    def part(self, part: str, rows: int, number: int = 0) -> MemoryTask:
        """Return sequences for a part; of images, those for validation and tests are all that there are."""
        if TASKS[self.name].of_images:
            whole = make_task(self.name, None, self.length, (self.seed, number), part=part, **self.options)
            return whole if part != "training" else whole._replace(x=whole.x[:rows], y=whole.y[:rows])
        return make_task(self.name, rows, self.length, (self.seed, number), part=part, **self.options)


class TrainedOnTask(NamedTuple):
    """What networks of several seeds have learned.

    Attributes:
        scores: The score of each on the test sequences.
        losses: Its loss on them.
        needed: After how many sequences it solved the validation sequences; NaN if it did not.
        trained: How many sequences it was trained on at most.
        seconds: How long all took.
        test: The test sequences.
    """

    scores: np.ndarray
    losses: np.ndarray
    needed: np.ndarray
    trained: int
    seconds: float
    test: MemoryTask

    @property
    def solved(self) -> int:
        """How many networks solve the test."""
        return sum(map(self.test.is_solved, self.scores))


# What is called after each round: the round, and the scores of the validation.
OnRound = Callable[[int, np.ndarray], None]


def train_on_task(
    layer: Layer, data: TaskData, training: TaskTraining, seeds: int, on_round: OnRound | None = None
) -> TrainedOnTask:
    """Train networks with the same layer and different seeds on new sequences in each round, and test them.

    A network that solves the validation sequences keeps the weights that it has then; training ends when all do.

    Args:
        layer: The layer; a Dense layer with the answers follows it.
        data: The sequences.
        training: How to train.
        seeds: The number of networks.
        on_round: Called after each round.
    """
    began = time.perf_counter()
    check, test = data.part("validation", CHECKED), data.part("test", TESTED)
    population = Population(_model(layer, check, training.learning_rate, data.seed), seeds=seeds)
    needed: np.ndarray = np.full(seeds, np.nan)
    kept: dict[int, list[Shaped[np.ndarray, "*shape"]]] = {}
    trained = 0
    for number in range(1, training.epochs + 1):
        given = data.part("training", training.rows, number)
        population.fit(given.x, given.y, training.batch_size, verbose=0, sample_weight=given.weights)
        trained += len(given.x)
        scores = np.array([check.score(_answers(model, check)) for model in population])
        for place, model in enumerate(population):
            if place not in kept and check.is_solved(scores[place]):
                kept[place], needed[place] = model.get_weights(), trained
        if on_round is not None:
            on_round(number, scores)
        if len(kept) == seeds:
            break
    for place, weights in kept.items():
        population[place].set_weights(weights)
    answers = [_answers(model, test) for model in population]
    return TrainedOnTask(
        np.array([test.score(each) for each in answers]),
        np.array([test.loss_of(each) for each in answers]),
        needed,
        trained,
        time.perf_counter() - began,
        test,
    )


def _model(layer: Layer, task: MemoryTask, learning_rate: float, seed: int) -> Model:
    if not task.classes:
        last = Dense(1)
    else:
        last = Dense(task.classes, "sigmoid" if task.has_several_answers else "softmax")
    model = Sequential([layer, last], seed=seed)
    model.compile(Adam(learning_rate, clipnorm=1.0), task.loss)
    return model


def _answers(model: Model, task: MemoryTask) -> np.ndarray:
    return np.asarray(model.predict(task.x))
