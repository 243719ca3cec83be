"""Training of one network on a cluster: each batch is divided among workers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..data.parquet_shards import ParquetShards
from ..errors import InvalidValue
from ..model import Model
from ..model import fitting as model_fitting
from ..model.options import Options
from ..model.reading import read_network
from ..model.training_data import GivenData
from ..storage import newest_step
from ..training.callbacks import Callback, as_list
from ..training.history import History
from . import ensembles, launching
from .address import Address, address_of
from .answers import MemberAnswer
from .apart import sent_options
from .callbacks import callbacks_document, take_states
from .job import CHECKPOINT, SETTINGS, answer_of, error_of, network_at, read_json, write_json, write_rows
from .launching import WorkerTask, run_together, seats
from .shared import job_folder, shared_settings, take_from
from .work import TOGETHER


def fit(
    model: Model,
    x: object,
    y: object = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Sequence[Callback] | Callback | None = None,
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
    doctor: object = False,
) -> History:
    """Train one network with several workers: each batch is divided among them, and gradients are added up.

    When to use: if a step takes more than about 5 ms (``model.plan`` says so); below that, the workers would wait for
    each other longer than they compute. The result is that of one process up to rounding, on any number of workers: a
    run that was stopped on four may go on with two. If a worker is lost, all go on from the last checkpoint.

    The copies of an :class:`~plastica.layers.Ensemble` that leave out rows of their own, as in the default network for
    tables, are divided instead of its batches: workers exchange the sums of the loss and of the metrics after each
    epoch, and nothing in a step. The weights are those of one process up to rounding; bit for bit for numbers
    (regression), if each worker has two copies. A time limit is looked at after each epoch, and a run that goes on
    keeps its number of workers.

    Args:
        model: The compiled model; it is trained as if by :meth:`Model.fit`.
        x, y, batch_size, epochs, verbose, validation_split, validation_data, shuffle: As for :meth:`Model.fit`, in
            memory; or :class:`~plastica.data.ParquetShards` in a folder that all workers see.
        class_weight, sample_weight, sampling, until, time_limit, max_steps, doctor: As for :meth:`Model.fit`.
        callbacks: ``EarlyStopping`` and doctors only: other callbacks are code, which is not sent.
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
    where, callbacks = address_of(cluster), model_fitting.with_doctor(callbacks, doctor)
    options = Options(
        batch_size, epochs, 0, shuffle, 0, until, time_limit, max_steps, checkpoint, resume, checkpoint_seconds,
        average_every=average_every,
    )  # fmt: skip
    talks = verbose not in (0, "0")
    settings = {
        "options": sent_options(options),
        "callbacks": callbacks_document(callbacks),
        "verbose": 1 if talks else 0,
        **shared_settings(checkpoint_seconds),
    }
    given = GivenData(x, y, sample_weight, class_weight, validation_split, validation_data, sampling)
    data, held_out = model_fitting.training_data(model, given, options)
    if ensembles.can_train_apart(model, data.examples, held_out, as_list(callbacks), options):
        own = replace(options, verbose=verbose, cluster=cluster)
        return ensembles.train_copies(model, data, held_out, as_list(callbacks), own)
    if isinstance(x, ParquetShards):
        settings["shards"] = x.to_dict()
    elif data.examples is None:
        raise InvalidValue(
            "pl.cluster.fit takes arrays in memory and ParquetShards; for other blocks and generators, start the "
            'script on each machine, call pl.cluster.join(), and fit(devices="all").'
        )
    with job_folder(checkpoint, resume) as folder:
        write_rows(folder, data.examples, held_out)
        model.save(network_at(folder, "given"))
        write_json(folder / SETTINGS, settings)
        _train_together(folder, where, talks)
        trained = read_network(network_at(folder, "trained")).model
        answer = MemberAnswer.from_dict(read_json(answer_of(folder, 0))["members"][0])
    history = answer.history
    take_states(as_list(callbacks), answer.states)
    take_from(model, trained)
    model.history = history
    return history


def _train_together(folder: Path, where: Address, talks: bool) -> None:
    if where.kind == "ray":
        from .ray_workers import train_together

        train_together(folder, where, partial(_tasks, folder), talks)
        return
    shown = {0} if talks else set[int]()
    run_together(
        lambda: [launching.Process(task) for task in _tasks(folder, seats(where.workers or 1), shown)],
        lambda: newest_step(folder / CHECKPOINT),
    )


def _tasks(folder: Path, places: Sequence[Mapping[str, str]], shown: Collection[int] = ()) -> list[WorkerTask]:
    """Return the tasks of workers, some of which print to the output of this process."""
    return [
        WorkerTask(
            (str(folder), TOGETHER, str(number)),
            number,
            None if number in shown else folder / f"worker-{number}.log",
            error_of(folder, number),
            seat,
        )
        for number, seat in enumerate(places)
    ]
