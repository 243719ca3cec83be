"""Training on a cluster, seen from the process that asks for it."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
from numpy.typing import ArrayLike

from ..errors import InvalidValue, PlasticaWarning
from ..model import Model
from ..model import fitting as model_fitting
from ..model.options import Options
from ..model.reading import read_network
from ..model.training_data import GivenData
from ..populations import Population
from ..populations.preparing import prepared
from ..populations.results import PopulationHistory
from ..storage import newest_step, write_model
from ..training.callbacks import as_list
from ..training.early_stopping import EarlyStopping
from ..training.history import History
from ..typing import Document
from .address import Address, address_of
from .job import (
    CHECKPOINT,
    SETTINGS,
    make_folder,
    plain_options,
    read_json,
    stopping_document,
    write_json,
    write_rows,
)
from .launching import WorkerTask, run_apart, run_together, seats
from .work import APART, MEMBERS, TOGETHER, answer_of, error_of, histories_of, network_at

Stopping = Sequence[EarlyStopping] | EarlyStopping | None


def fit(
    model: Model,
    x: object,
    y: object = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Stopping = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: object = None,
    *,
    cluster: str,
    sampling: object = None,
    until: Mapping[str, object] | None = None,
    time_limit: float | str | None = None,
    max_steps: int | None = None,
    average_every: int | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 10.0,
) -> History:
    """Train one network with several workers: each batch is divided among them, and gradients are added up.

    When to use: if a step takes more than about 5 ms (``model.plan`` says so); below that, the workers would wait for
    each other longer than they compute. The result is that of one process up to rounding, on any number of workers: a
    run that was stopped on four may go on with two. If a worker is lost, all go on from the last checkpoint.

    Args:
        model: The compiled model; it is trained as if by :meth:`Model.fit`.
        x, y, batch_size, epochs, verbose, validation_split, validation_data, shuffle: As for :meth:`Model.fit`, in
            memory.
        class_weight, sample_weight, sampling, until, time_limit, max_steps: As for :meth:`Model.fit`.
        callbacks: ``EarlyStopping`` only: other callbacks are code, which is not sent.
        average_every: Let each worker train on its own share of the rows of an epoch, and average the weights after so
            many steps: for short steps and slow connections. The result then depends on the number of workers.
        cluster: Where the workers run: ``"local:3"`` for three processes of this machine; ``"ray"`` or
            ``"ray://HOST:PORT?workers=8"`` for a cluster of Ray.
        checkpoint: A folder that all workers see, for the job and its checkpoints. Default: a temporary one.
        resume: Continue the run of that folder.
        checkpoint_seconds: Seconds between checkpoints; as much work is lost with a worker at most.

    Raises:
        InvalidValue: If the address is none, or a callback cannot be sent.
        DataError, ShapeError: If the data do not suit the network; no worker is started then.
        WorkerFailed: If workers are lost again and again.
        MissingExtra: If Ray is asked for and not installed.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = pl.cluster.fit(model, np.ones((8, 2)), np.ones(8), cluster="local:2")  # doctest: +SKIP
    """
    where = address_of(cluster)
    found = Options(
        batch_size,
        epochs,
        0,
        shuffle,
        0,
        until,
        time_limit,
        max_steps,
        checkpoint,
        resume,
        checkpoint_seconds,
        average_every=average_every,
    )
    stopping = stopping_document(callbacks)
    given = GivenData(x, y, sample_weight, class_weight, validation_split, validation_data, sampling)
    data, held_out = model_fitting.training_data(model, given, found)
    if data.examples is None:
        raise InvalidValue(
            "pl.cluster.fit takes arrays in memory; for blocks and generators, start the script on each machine, call "
            'pl.cluster.join(), and fit(devices="all").'
        )
    options = plain_options({
        "batch_size": batch_size, "epochs": epochs, "shuffle": shuffle, "until": until, "time_limit": time_limit,
        "max_steps": max_steps, "average_every": average_every,
    })  # fmt: skip
    talks = verbose not in (0, "0")
    settings = {"options": options, "callbacks": stopping, "verbose": 1 if talks else 0, **_common(checkpoint_seconds)}
    with _folder(checkpoint, resume) as folder:
        write_rows(folder, data.examples, held_out)
        model.save(network_at(folder, "given"))
        write_json(folder / SETTINGS, settings)
        _train_together(folder, where, talks)
        trained = read_network(network_at(folder, "trained")).model
        answer = read_json(answer_of(folder, 0))
    history = History.from_dict(answer["history"])
    for callback, state in zip(as_list(callbacks), answer["states"], strict=True):
        callback.set_state(state)
    _take(model, trained)
    model.history = history
    return history


def fit_population(
    population: Population,
    x: object,
    y: object = None,
    batch_size: int | None = None,
    epochs: int = 1,
    callbacks: Stopping = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: object = None,
    *,
    cluster: str,
    groups: ArrayLike | None = None,
    until: Mapping[str, object] | None = None,
    time_limit: float | str | None = None,
    max_steps: int | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    checkpoint_seconds: float = 10.0,
) -> PopulationHistory:
    """Train the members of a population with several workers, each of which trains some of them.

    When to use: for grids, seeds, folds and ensembles. Workers exchange nothing during training, so that many pay even
    for the smallest networks. A worker that is lost is started again from its last checkpoint; the others go on.

    Args:
        population: The population; it is trained as if by :meth:`Population.fit`, up to rounding.
        x, y, batch_size, epochs, validation_split, validation_data, shuffle, class_weight, sample_weight, groups: As
            for :meth:`Population.fit`.
        until, time_limit, max_steps: As for :meth:`Population.fit`.
        callbacks: ``EarlyStopping`` only: other callbacks are code, which is not sent.
        cluster, checkpoint, resume, checkpoint_seconds: As for :func:`fit`. A run that goes on keeps the parts into
            which its members were divided, whatever the number of workers is now.

    Raises:
        InvalidValue, DataError, ShapeError, WorkerFailed, MissingExtra: As for :func:`fit`.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> population = pl.Population(model, seeds=4)
        >>> x = np.ones((8, 2))
        >>> history = pl.cluster.fit_population(population, x, x[:, 0], cluster="local:2")  # doctest: +SKIP
    """
    where = address_of(cluster)
    found = Options(
        batch_size, epochs, 0, shuffle, 0, until, time_limit, max_steps, checkpoint, resume, checkpoint_seconds
    )
    stopping = stopping_document(callbacks)
    options = plain_options({
        "batch_size": batch_size, "epochs": epochs, "shuffle": shuffle, "until": until, "time_limit": time_limit,
        "max_steps": max_steps,
    })  # fmt: skip
    data = prepared(population, x, y, sample_weight, class_weight, validation_split, validation_data, found, groups)
    models, members, splits = population.models, population.members, population.splits or []
    for model in models:
        if not model.built:
            model.build(data.input_shape)
    with _folder(checkpoint, resume) as folder:
        count = min(where.workers or len(models), len(models))
        before = read_json(folder / SETTINGS) if (folder / SETTINGS).exists() else {}
        parts = before.get("parts", [list(range(len(models)))[start::count] for start in range(count)])
        if sorted(place for part in parts for place in part) != list(range(len(models))):
            raise InvalidValue(f"checkpoint={str(folder)!r} belongs to another population; use another folder.")
        write_rows(folder, data.learn, data.held_out)
        arrays = {f"{number}/train": split.train for number, split in enumerate(splits)}
        arrays |= {f"{n}/held_out": each.held_out for n, each in enumerate(splits) if each.held_out is not None}
        arrays |= {} if data.weight is None else {"weight": data.weight}
        write_model(folder / MEMBERS, arrays, {"kind": "members"})
        for place, model in enumerate(models):
            model.save(network_at(folder, place))
        own = [{"seed": each.seed, "part": each.part, "batch_size": each.batch_size} for each in members]
        defaults = dict.fromkeys(("batch_size", "until", "time_limit", "max_steps"))
        settings: Document = {"options": {**defaults, **options}, "callbacks": stopping, "parts": parts, "members": own}
        write_json(folder / SETTINGS, {**settings, "splits": len(splits), **_common(checkpoint_seconds)})
        _train_apart(folder, where, len(parts))
        answers = [read_json(answer_of(folder, part)) for part in range(len(parts))]
        trained = [read_network(network_at(folder, f"{place}-trained")).model for place in range(len(models))]
    history = _joined(population, parts, answers)
    for place, (model, own_trained) in enumerate(zip(models, trained, strict=True)):
        _take(model, own_trained)
        model.history = history.histories[place]
    population.history = history
    return history


def _train_together(folder: Path, where: Address, talks: bool) -> None:
    if where.kind == "ray":
        from .ray_workers import train_together

        train_together(folder, where)
        return

    def tasks() -> list[WorkerTask]:
        return [
            WorkerTask(
                (str(folder), TOGETHER, str(number)),
                number,
                None if talks and number == 0 else folder / f"worker-{number}.log",
                error_of(folder, number),
                seat,
            )
            for number, seat in enumerate(seats(where.workers or 1))
        ]

    run_together(tasks, lambda: newest_step(folder / CHECKPOINT))


def _train_apart(folder: Path, where: Address, parts: int) -> None:
    if where.kind == "ray":
        from .ray_workers import train_apart

        train_apart(folder, where, parts)
        return
    tasks = [
        WorkerTask((str(folder), APART, str(part)), part, folder / f"worker-{part}.log", error_of(folder, part))
        for part in range(parts)
    ]
    run_apart(tasks, where.workers or parts, lambda task: newest_step(folder / f"{CHECKPOINT}-{task.number}"))


def _joined(population: Population, parts: Sequence[Sequence[int]], answers: Sequence[Document]) -> PopulationHistory:
    """Return the history of all members from the answers of the workers."""
    histories: dict[int, History] = {}
    kept: dict[int, int] = {}
    failed: dict[int, str] = {}
    for places, answer in zip(parts, answers, strict=True):
        histories |= dict(zip(places, histories_of(answer), strict=True))
        kept |= dict(zip(places, answer["kept"], strict=True))
        failed |= {int(place): why for place, why in answer["failed"].items()}
    every = range(len(histories))
    found = PopulationHistory([histories[place] for place in every], population.columns(), population.part_name)
    found.kept, found.failed = [kept[place] for place in every], failed
    if failed:
        place, why = next(iter(failed.items()))
        warnings.warn(
            f"{len(failed)} of {len(found)} members met a number that is not finite and stopped there. Member {place}: "
            f"{why}",
            PlasticaWarning,
            stacklevel=3,
        )
    return found


def _take(model: Model, trained: Model) -> None:
    """Give a model what its copy on the workers has learned."""
    if trained.is_trained:
        model.learner = trained.learner
    model.epochs_trained = trained.epochs_trained


def _common(checkpoint_seconds: float) -> dict[str, Any]:
    x64 = bool(jax.config.jax_enable_x64)  # pyright: ignore[reportAttributeAccessIssue]
    return {"checkpoint_seconds": checkpoint_seconds, "x64": x64}


@contextmanager
def _folder(checkpoint: str | Path | None, resume: bool) -> Iterator[Path]:
    """Yield the folder of a job."""
    if checkpoint is None:
        with tempfile.TemporaryDirectory(prefix="plastica-") as made:
            yield Path(made)
        return
    folder = Path(checkpoint).absolute()
    if (folder / SETTINGS).exists() and not resume:
        raise InvalidValue(
            f"checkpoint={str(checkpoint)!r} already contains a job. Pass resume=True to continue it, or use another "
            "folder."
        )
    make_folder(folder)
    yield folder
