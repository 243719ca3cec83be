"""Data of commands that take arrays or a table: a training set and a test set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from ..comparison import Task


def read_task(
    data: str,
    target: tuple[str, ...],
    test: float,
    seed: int,
    drop: tuple[str, ...],
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
) -> Task:
    """Return the training set and the test set in an ``.npz`` file or a table."""
    if Path(data).suffix.lower() == ".npz":
        if target:
            raise click.BadParameter(
                "--target applies to tables only; an .npz file contains its targets as y_train and y_test."
            )
        from ..comparison.task import task_of_npz

        return task_of_npz(data)
    from ..data.reading import read_table
    from ..settings import Settings
    from ..tables.preparation import prepare
    from .table_words import say_notes

    table = read_table(data, separator=separator, encoding=encoding, sheet=sheet)
    aim = options.targets(target, data, table.names)
    settings = Settings(network="mlp", validation=0, test=test, seed=seed, drop=options.names(drop, table.names))
    prepared = prepare(table, aim, settings)
    say_notes(prepared.notes)
    from ..comparison.task import task_of_table

    return task_of_table(prepared)
