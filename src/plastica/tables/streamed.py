"""Training on a table larger than memory: surveyed, encoded to disk, read block by block, evaluated as usual."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..checks.prepared import Prepared
from ..data.inputs import as_table
from ..data.streaming_files import Files, open_files
from ..data.streaming_scratch import check_room
from ..errors import InvalidValue
from ..model import Sequential
from ..settings import Settings
from ..training.callbacks import Callback
from .evaluated import train_and_evaluate
from .networks import network_of
from .scratch_file import folder_for, scratch_file
from .streamed_plan import Whole, make_plan
from .streamed_rows import encoded
from .streamed_scores import evaluate_chunks, predict_chunks
from .table import TableNetwork
from .training import TrainingSet, validation_set

__all__ = ["evaluate_chunks", "fit_streaming", "predict_chunks", "train_streaming"]


def fit_streaming(
    source: str | Path | Files, target: str | Sequence[str], settings: Settings | None = None, **options: Any
) -> TableNetwork:
    """Train like :func:`train_streaming`, with the same options, and return the network only."""
    return train_streaming(source, target, settings, **options)[0]


def train_streaming(
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
    test_data: Any = None,
    told: Callable[[Prepared, Sequential, Whole], None] = lambda prepared, model, whole: None,
) -> tuple[TableNetwork, Prepared]:
    """Train a network on a file or folder larger than memory, and evaluate it on the test set.

    The rows are read twice: once to infer the kinds of columns, and once to encode them into a temporary file, which is
    read in every epoch. Memory use does not depend on the number of rows.

    Args:
        source: A CSV or TSV file (also gzipped), a Parquet file, a folder of either, or the result of
            :func:`~plastica.data.streaming_files.open_files`.
        target: The column to predict, several columns, or a pattern such as ``Class*``.
        settings: The settings; the defaults suit most tables.
        verbose, callbacks, model, checkpoint, resume: As for :meth:`TableNetwork.train`.
        scratch: The folder for the temporary file, which is removed at the end. Default: the parent of the folder of
            checkpoints, or the system's folder for temporary files.
        test_data: A separate test set in memory. Default: split off from the rows, or the file named by
            ``settings.test``.
        told: Called once before training, with the rows in memory, the network, and the counts of all rows.

    Returns:
        The network, and the rows in memory: a sample of the training set, all of validation and test set.

    Raises:
        FileError, DataError: If something cannot be read or used (with file, row and column), or the disk is full.
        InvalidValue: If a setting requires all rows in memory.
    """
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
    options = {"verbose": verbose, "callbacks": callbacks, "checkpoint": checkpoint, "resume": resume}
    with scratch_file(folder, checkpoint) as path, encoded(plan, chosen, tested, path) as made:
        network = network_of(made.prepared, chosen) if model is None else model
        told(made.prepared, network, made.whole)
        shift = made.feed.shift
        validation = validation_set(made.prepared, made.prepared.split.validation, shift)
        data = TrainingSet(made.rows, validation=validation, shift=shift)
        trained = train_and_evaluate(network, data, made.prepared, chosen, options)
        return _of_all_rows(trained, made.whole), made.prepared


def _check(settings: Settings) -> None:
    """Check that no setting requires all rows in memory."""
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


def _of_all_rows(network: TableNetwork, whole: Whole) -> TableNetwork:
    """Return the network with the counts of all rows instead of those in memory."""
    replaced = msgspec.structs.replace
    rows = replaced(network.facts.rows, train=whole.train, validation=whole.validation, test=whole.test)
    return dataclasses.replace(network, facts=replaced(network.facts, rows=rows, columns=whole.columns))
