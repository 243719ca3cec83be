"""The data of ``plastica society``: rows, and who each row is of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import numpy as np

from . import options
from .wording import SAY

if TYPE_CHECKING:
    from ..comparison import Task

DIGITS = "digits"


class SocietyData(NamedTuple):
    """Training and test rows, and who each training row is of; None if rows are shared out."""

    task: Task
    by: list[str] | None


def read_society_data(data: str, given: dict[str, Any]) -> SocietyData:
    """Return the rows of the options of the command."""
    is_digits = data == DIGITS and not Path(data).exists()
    if given["by"] and (is_digits or Path(data).suffix.lower() == ".npz"):
        raise click.BadParameter(SAY("by_takes_tables"))
    if is_digits:
        return SocietyData(_digits(), None)
    if not given["by"]:
        from .task_data import read_task

        separator = options.separator(given["separator"])
        task = read_task(
            data, given["target"], 0.2, given["seed"], given["drop"], separator, given["encoding"], given["sheet"]
        )
        return SocietyData(task, None)
    return _table_by(data, given)


def _table_by(data: str, given: dict[str, Any]) -> SocietyData:
    """Return the rows of a table, of which a column says who each is of; the column itself is no input."""
    import polars

    from ..comparison.task import task_of_table
    from ..data.reading import read_table
    from ..errors import DataError
    from ..settings import Settings
    from ..tables.preparation import prepare
    from .table_words import say_notes

    separator = options.separator(given["separator"])
    table = read_table(data, separator=separator, encoding=given["encoding"], sheet=given["sheet"])
    by = options.names((given["by"],), table.names)
    if len(by) != 1:
        raise DataError(f"--by {given['by']}: give one column of {data}.")
    aim = options.targets(given["target"], data, table.names)
    dropped = (*options.names(given["drop"], table.names), *by)
    prepared = prepare(table, aim, Settings(network="mlp", validation=0, test=0.2, seed=given["seed"], drop=dropped))
    say_notes(prepared.notes)
    values = table.column(by[0]).cast(polars.String).fill_null("").to_list()
    # Rows without a target were left out, so that rows are found again by their positions.
    value_at = dict(zip(table.positions.tolist(), values, strict=True))
    own = [value_at[place].strip() for place in prepared.table.positions[prepared.split.train].tolist()]
    lost = own.count("")
    if lost:
        raise DataError(f"{data}: {lost} training rows have no value in {by[0]!r}, so that they belong to nobody.")
    return SocietyData(task_of_table(prepared), own)


def _digits() -> Task:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    from ..comparison import Task

    digits: Any = load_digits()
    parts = train_test_split(
        digits.data.astype(np.float32) / 16, digits.target, test_size=0.2, random_state=0, stratify=digits.target
    )
    x, x_test, y, y_test = (np.asarray(part, np.float32) for part in parts)
    return Task(DIGITS, "multiclass", 10, x, y, x_test, y_test)
