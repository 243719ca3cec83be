"""The table of a run, as it was prepared for training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..data.table import show
from ..errors import DataError
from ..notes import note
from .preparation import digest, prepare

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..data.table import Table
    from .base import BaseTableNetwork


def prepared_again(network: BaseTableNetwork, table: Table, path: str | Path) -> Prepared:
    """Return the table of a run as it was prepared for training.

    Args:
        network: The model of the run.
        table: The table as read.
        path: Where it was read from, for messages.

    Raises:
        DataError: If it is not the table of the run.
    """
    prepared = prepare(table, network.target.names, network.facts.settings)
    if digest(prepared.x[: prepared.own]) != network.facts.rows.digest:
        rows = network.facts.rows
        count = rows.train + rows.validation + rows.test
        told = {
            "file": show(str(path)),
            "rows": prepared.table.height,
            "count": count,
            "source": show(network.facts.source),
        }
        key = "doctor.other_values" if prepared.table.height == count else "doctor.other_table"
        raise DataError(note(key, **told))
    return prepared
