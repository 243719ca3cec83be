"""Training of a population on a cluster: each worker trains some of its members."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from ..errors import InvalidValue, PlasticaWarning
from ..model.options import Options
from ..model.reading import read_network
from ..populations import Population
from ..populations.preparing import prepared
from ..populations.results import PopulationHistory
from ..storage import newest_step, write_model
from ..training.history import History
from ..typing import Document
from .address import Address, address_of
from .job import CHECKPOINT, SETTINGS, plain_options, read_json, stopping_document, write_json, write_rows
from .launching import WorkerTask, run_apart
from .shared import Stopping, job_folder, shared_settings, take_from
from .work import APART, MEMBERS, answer_of, error_of, histories_of, network_at


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
    with job_folder(checkpoint, resume) as folder:
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
        write_json(folder / SETTINGS, {**settings, "splits": len(splits), **shared_settings(checkpoint_seconds)})
        _train_apart(folder, where, len(parts))
        answers = [read_json(answer_of(folder, part)) for part in range(len(parts))]
        trained = [read_network(network_at(folder, f"{place}-trained")).model for place in range(len(models))]
    history = _joined(population, parts, answers)
    for place, (model, own_trained) in enumerate(zip(models, trained, strict=True)):
        take_from(model, own_trained)
        model.history = history.histories[place]
    population.history = history
    return history


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
