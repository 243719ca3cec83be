"""Training on a table larger than memory: surveyed, encoded to disk, read block by block, evaluated as usual."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ..checks.prepared import Prepared
from ..data.inputs import as_table
from ..data.streaming_files import Files, open_files
from ..data.streaming_scratch import check_room
from ..errors import InvalidValue
from ..model import Sequential
from ..settings import Settings
from ..training.callbacks import Callback
from .evaluated import Made, train_and_evaluate
from .linear_part import start_linear_part
from .networks import network_of
from .scratch_file import folder_for, scratch_file
from .streamed_plan import Whole, make_plan
from .streamed_rows import encoded
from .training import CommonFitOptions, FitOptions, TrainingSet, validation_set


class StreamedOptions(CommonFitOptions, total=False):
    """The options of :func:`~plastica.tables.streamed.train_streaming`."""

    model: Sequential | None
    scratch: str | Path | None
    test_data: object
    told: Callable[[Prepared, Sequential, Whole], None]


def train_on_files(
    kind: type[Made],
    source: str | Path | Files,
    target: str | Sequence[str],
    settings: Settings | None = None,
    *,
    verbose: int | str = 0,
    callbacks: Sequence[Callback] = (),
    model: Sequential | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    scratch: str | Path | None = None,
    test_data: object = None,
    told: Callable[[Prepared, Sequential, Whole], None] = lambda prepared, model, whole: None,
) -> tuple[Made, Prepared]:
    """Return a model of a class, and the rows in memory; see :func:`~plastica.tables.streamed.train_streaming`."""
    chosen = settings or Settings()
    _check(chosen)
    test_data = chosen.test_file if test_data is None else test_data
    tested = None if test_data is None else as_table(test_data)
    plan = make_plan(
        source if isinstance(source, Files) else open_files(source),
        target,
        chosen if tested is None else msgspec.structs.replace(chosen, test=0.0),
    )
    folder = folder_for(scratch, checkpoint)
    check_room(folder, plan.bytes)
    options: FitOptions = {"verbose": verbose, "callbacks": callbacks, "checkpoint": checkpoint, "resume": resume}
    with scratch_file(folder, checkpoint) as path, encoded(plan, chosen, tested, path) as made:
        network = network_of(made.prepared, chosen) if model is None else model
        if chosen.linear_part:
            start_linear_part(network, made.prepared)
        told(made.prepared, network, made.whole)
        shift = made.feed.shift
        validation = validation_set(made.prepared, made.prepared.split.validation, shift)
        data = TrainingSet(made.rows, validation=validation, shift=shift)
        trained = train_and_evaluate(kind, network, data, made.prepared, chosen, options)
        return _of_all_rows(trained, made.whole), made.prepared


def _check(settings: Settings) -> None:
    """Check that no setting requires all rows in memory."""
    if settings.folds is not None:
        raise InvalidValue(
            f"folds={settings.folds} need all rows in memory, but these are read in chunks. Leave folds out: the test "
            "set of a large table is precise enough."
        )
    if settings.resample is not None:
        raise InvalidValue(
            f"resample={settings.resample!r} needs all rows in memory, but these are read in chunks. Use "
            "class_weight='balanced', which serves the same purpose."
        )
    if settings.model != "network":
        raise InvalidValue(
            f"model={settings.model!r} needs all rows in memory, but these are read in chunks; only networks can be "
            "trained this way. Leave out model, or train on a sample of the rows."
        )


def _of_all_rows(network: Made, whole: Whole) -> Made:
    """Return the network with the counts of all rows instead of those in memory."""
    replaced = msgspec.structs.replace
    rows = replaced(network.facts.rows, train=whole.train, validation=whole.validation, test=whole.test)
    return dataclasses.replace(network, facts=replaced(network.facts, rows=rows, columns=whole.columns))
