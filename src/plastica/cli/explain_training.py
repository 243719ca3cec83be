"""Training rows behind a prediction: which speak for and against it, and which are most alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from . import options
from .output import brief
from .wording import SAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from ..data.table import Table
    from .explain_table import TableCase

MOST_SHOWN = 5  # rows for and against
MOST_CELLS = 6  # columns of a row that are shown


def say_influence(case: TableCase, row: int, label: str) -> object:
    """Print the training rows that support and oppose a prediction most."""
    from ..explain.table_training_rows import table_influence

    training = _training_rows(case)
    output = None if case.network.task == "regression" else label
    method = case.given["influence"]
    of = "number" if output is None else "class"
    found = table_influence(case.network, case.table, training, row=row - 1, method=method, output=output)
    told = {}
    for key, ranked in (("for", found.helpful(0, MOST_SHOWN)), ("against", found.harmful(0, MOST_SHOWN))):
        case.output.say(SAY(f"explain_{key}_{of}", row=row, name=case.named(label)))
        values = ranked["influence"].to_numpy()
        told[key] = _say_rows(case, training, ranked["training_row"].to_numpy(), "influence", values)
    return {"method": found.method, **told}


def say_nearest(case: TableCase, row: int, label: str) -> object:
    """Print the training rows that the network treats most like a row."""
    from ..explain.table_training_rows import table_nearest

    training = _training_rows(case)
    found = table_nearest(case.network, case.table, training, row=row - 1, most=case.given["nearest"])
    case.output.say(SAY("explain_nearest", row=row))
    return _say_rows(case, training, found.numbers[0], "distance", found.distances[0])


def _training_rows(case: TableCase) -> Table:
    """Return the rows of ``--training``, or those that the run was trained on, with their positions in the file."""
    from ..data.reading import read_table

    given = case.given
    reading = {"separator": options.separator(given["separator"]), "encoding": given["encoding"]}
    if given["training"] is not None:
        return read_table(given["training"], **reading, sheet=given["sheet"])
    return _rows_of_run(case.network, _table_of_run(case), tuple(reading.values()), given["sheet"])


def _table_of_run(case: TableCase) -> str:
    """Return the table that the run was trained on: where it was, or the file itself if it has its name."""
    from ..datasets import NAMES
    from ..errors import FileError
    from .doctor import table_of

    source = table_of(case.network.facts.source)
    if source in NAMES or Path(source).exists():
        return source
    if Path(case.file).name == Path(source).name:
        return case.file
    raise FileError(SAY("explain_training_gone", source=source))


@cache
def _rows_of_run(network: object, source: str, reading: tuple[str | None, ...], sheet: str | None) -> Table:
    """Return the training rows of a run; read once for all rows that are explained."""
    from typing import Any, cast

    from ..data.reading import read_table
    from ..tables.preparing_again import prepared_again

    table = read_table(source, separator=reading[0], encoding=reading[1], sheet=sheet)
    prepared = prepared_again(cast(Any, network), table, source)
    return prepared.table.take(prepared.split.train)


def _say_rows(
    case: TableCase, training: Table, rows: Sequence[int] | np.ndarray, word: str, values: np.ndarray
) -> list[dict[str, object]]:
    """Print training rows with a number for each, their target and their first columns, and return them for JSON."""
    from ..explain.table_answers import cells_of

    network = case.network
    targets = [name for name in network.target.names if name in training.columns]
    columns = [each.column.name for each in (network.members or (network,))[0].encoder.encoders]
    names = [*targets, *[name for name in dict.fromkeys(columns) if name not in targets]]
    picked = training.take(rows)
    cells = cells_of(picked, names)
    places = [picked.where(number).said() for number in range(picked.height)]
    shown = names[: len(targets) + MOST_CELLS]
    case.output.table(
        [SAY("head_training_row"), SAY(f"head_{word}"), *[brief(name, 20) for name in shown]],
        [
            [place, f"{value:+.3g}" if word == "influence" else f"{value:.3g}"]
            + [brief(each, 20) or SAY("explain_missing") for each in row[: len(shown)]]
            for place, value, row in zip(places, values.tolist(), cells, strict=True)
        ],
    )
    return [
        {"position": int(position), word: float(value), "columns": dict(zip(names, row, strict=True))}
        for position, value, row in zip(picked.positions, values, cells, strict=True)
    ]
