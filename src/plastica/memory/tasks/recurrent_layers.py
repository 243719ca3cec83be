"""Recurrent layers, convolutions and attention on tasks that need memory, with several seeds in one program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InvalidValue
from ...registry import look_up
from .catalogue import TASKS
from .task_layers import LAYERS, LayerMaker, LayerPlan, made, named_makers
from .task_progress import TaskProgress
from .task_training import TaskData, TaskTraining, TrainedOnTask, train_on_task

if TYPE_CHECKING:
    import polars

# How each task is trained where the usual values are not enough; found with LSTM layers.
TRAINING: Mapping[str, TaskTraining] = {
    "adding": TaskTraining(rows=2000, epochs=80, batch_size=50, learning_rate=0.01),
    "multiplication": TaskTraining(rows=2000, epochs=80, batch_size=50, learning_rate=0.01),
    "copy": TaskTraining(units=64, rows=2000, epochs=150, batch_size=50, learning_rate=0.01),
    "temporal_order": TaskTraining(epochs=100, learning_rate=0.01),
    "temporal_order_3": TaskTraining(epochs=100, learning_rate=0.01),
    "latch": TaskTraining(rows=500, epochs=60, learning_rate=0.01),
    "noise_free": TaskTraining(rows=500, epochs=60, learning_rate=0.01),
    "delayed_match": TaskTraining(epochs=100, learning_rate=0.01),
    "n_back": TaskTraining(learning_rate=0.01),
    "two_back": TaskTraining(learning_rate=0.01),
    "three_back": TaskTraining(learning_rate=0.01),
    "parity": TaskTraining(rows=2000, epochs=100, batch_size=50),
    "associative_recall": TaskTraining(units=64, rows=2000, epochs=300, batch_size=50),
    "reber": TaskTraining(units=16, rows=500, epochs=60, batch_size=5, learning_rate=0.01),
    "embedded_reber": TaskTraining(units=16, rows=500, epochs=80, batch_size=5, learning_rate=0.01),
    "continual_reber": TaskTraining(units=16, rows=200, epochs=100, batch_size=5, learning_rate=0.01),
    "sequential_digits": TaskTraining(units=64, rows=2000, epochs=100),
    "permuted_digits": TaskTraining(units=64, rows=2000, epochs=100),
    "digit_rows": TaskTraining(units=64, rows=2000, epochs=100),
}


def compare_recurrent_layers(
    tasks: str | Sequence[str] = tuple(TASKS),
    layers: str | LayerMaker | Sequence[str | LayerMaker] | Mapping[str, LayerMaker] = tuple(LAYERS),
    *,
    length: int | None = None,
    units: int | None = None,
    rows: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    seeds: int = 3,
    seed: int = 0,
    verbose: int | str = 0,
    options: Mapping[str, object] | None = None,
) -> polars.DataFrame:
    """Train layers on memory tasks until they solve them, all seeds of a pair in one program, and test them.

    Each round trains on sequences that were never seen before, so that nothing can be learned by heart; of images, on
    those for training. A network that solves the validation sequences keeps the weights that it has then, and the
    number of sequences so far is what it needed. The scores are those on test sequences.

    Args:
        tasks: Names of tasks, as for ``make_task``. Default: all, which takes hours; one pair takes seconds to minutes.
        layers: Names of layers: ``"simple_rnn"`` (Elman's network), ``"jordan"``, ``"lstm"``, ``"chrono_lstm"`` (with a
            :class:`ChronoBias`), ``"gru"``, ``"minimal_gated"``, ``"echo_state"``, ``"linear_recurrent"``,
            ``"temporal_convolution"``, ``"attention"``. Or functions of your own that return a layer, given a plan with
            ``units``, ``return_sequences``, ``length`` and ``outputs``; or a mapping from names to them. Default: all
            names.
        length: The number of steps of sequences. Default: that of each task.
        units: The units of each layer.
        rows: New sequences in each round.
        epochs: The largest number of rounds.
        batch_size: Sequences per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1. The defaults of these five are those of each task.
        seeds: The number of networks for each pair.
        seed: The first random seed.
        verbose: 0 shows nothing; otherwise a live line in a terminal, and a line for each pair on standard error.
        options: Options of the tasks, such as ``{"images": x, "labels": y}``.

    Returns:
        A polars data frame with the columns task, layer, score (the mean over networks of the fraction of right
        answers, or of the squared error), deviation (its standard deviation), best, chance, optimal, loss, chance_loss,
        solved (the number of networks that solve the test), networks, sequences (the median number of training
        sequences of those that solved the task; null if none did), trained (the sequences of the longest run), and
        seconds.

    Raises:
        UnknownName: If a task or layer is unknown.
        InvalidValue: If a number is below 1, a task is not possible with this length, or a function makes no layer.

    Example:
        >>> table = compare_recurrent_layers("latch", "gru", length=5, rows=200, epochs=2, seeds=1)
        >>> table["task"][0], table["chance"][0], table["networks"][0]
        ('latch', 0.5, 1)
    """
    import polars

    chosen = {"units": units, "rows": rows, "epochs": epochs, "batch_size": batch_size, "seeds": seeds}
    if wrong := [name for name, value in chosen.items() if value is not None and value < 1]:
        raise InvalidValue(f"compare_recurrent_layers({wrong[0]}={chosen[wrong[0]]}): expected at least one.")
    if learning_rate is not None and not learning_rate > 0:
        raise InvalidValue(f"compare_recurrent_layers(learning_rate={learning_rate}): expected a number above 0.")
    del chosen["seeds"]
    given = {name: value for name, value in (chosen | {"learning_rate": learning_rate}).items() if value is not None}
    makers = named_makers(layers)
    names = [tasks] if isinstance(tasks, str) else list(tasks)
    names = [name.strip().lower() for name in names if look_up("task", name, TASKS)]
    found: list[dict[str, object]] = []
    with TaskProgress(verbose, len(names) * len(makers)) as progress:
        for name in names:
            data = TaskData(name, length, seed, options or {})
            training = TRAINING.get(name, TaskTraining())._replace(**given)
            sample = data.part("validation", 1)
            plan = LayerPlan(training.units, sample.at_every_step, sample.x.shape[1], sample.classes or 1)
            for layer, maker in makers.items():
                progress.begins(name, layer, training.epochs)
                trained = train_on_task(made(layer, maker, plan), data, training, seeds, progress.round_ended)
                found.append({"task": name, "layer": layer, **_row(trained)})
                progress.ends(trained)
    return polars.DataFrame(found, schema_overrides={"sequences": polars.Float64})


def _row(trained: TrainedOnTask) -> dict[str, object]:
    scores, needed = trained.scores, trained.needed[np.isfinite(trained.needed)]
    return {
        "score": float(scores.mean()),
        "deviation": float(scores.std(ddof=1)) if len(scores) > 1 else 0.0,
        "best": float(scores.max() if trained.test.classes else scores.min()),
        "chance": trained.test.chance,
        "optimal": trained.test.optimal,
        "loss": float(trained.losses.mean()),
        "chance_loss": trained.test.chance_loss,
        "solved": trained.solved,
        "networks": len(scores),
        "sequences": float(np.median(needed)) if len(needed) else None,
        "trained": trained.trained,
        "seconds": trained.seconds,
    }
