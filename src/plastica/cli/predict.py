"""``plastica predict``: a line of answers for each row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import options, parameters
from .guard import guarded
from .names import OutCommand
from .output import note, visible, write_out
from .running import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import polars as pl

    from ..data.streaming_files import Files
    from ..data.table import Table
    from ..data.target import Target
    from ..estimators import Answers, TableNetwork

MOST_NOTES = 20
OTHERS = (".gz", ".zip", ".parquet", ".pq", ".feather", ".xlsx", ".xls", ".json")  # what CSV must not be called


@click.command(cls=OutCommand, short_help="Predict each row of a table.")
@parameters.model
@click.argument("file")
@click.option("--out", "-o", metavar="FILE", help="A CSV file; standard output by default, or with -.")
@click.option("--probabilities", "-p", is_flag=True, help="Add a column for each class.")
@parameters.separator
@parameters.encoding
@parameters.stream
@parameters.debug
@guarded
def predict(
    model: str,
    file: str,
    out: str | None,
    probabilities: bool,
    separator: str | None,
    encoding: str | None,
    stream: bool | None,
    debug: bool,
) -> None:
    """Answer for each row of a table, as CSV in the order of its rows."""
    import sys
    from pathlib import Path

    from ..errors import InvalidValue
    from ..estimators import TableNetwork
    from ..storage.atomic import replace_file
    from .folders import model_file

    out = None if out == "-" else out
    path = model_file(model)
    if out is not None and any(_same(Path(out), Path(each)) for each in (path, file)):
        raise InvalidValue(f"--out {out!r} is the model or the table itself; name another file.")
    if out is not None and Path(file).is_dir() and _same(Path(out).parent, Path(file)):
        raise InvalidValue(f"--out {out!r} lies among the files of the table; name a file in another folder.")
    if out is not None and (out == "" or Path(out).suffix.lower() in OTHERS):
        raise InvalidValue(f"--out {out!r}: predict writes CSV; name a file such as answers.csv.")
    network = TableNetwork.load(path)
    if probabilities and network.task == "regression":
        raise InvalidValue("this model predicts a number; there are no probabilities. Leave --probabilities out.")
    table, _ = opened(file, options.separator(separator), encoding, stream)
    shown = out is None and sys.stdout.isatty()
    parts = _parts(network, table, probabilities, shown)
    if out is not None:
        replace_file(out, (text.encode() for text in parts))
        return
    for text in parts:
        write_out(text)


def _parts(network: TableNetwork, source: Table | Files, probabilities: bool, escaped: bool) -> Iterator[str]:
    """Yield CSV part by part, the names in the first, and say each thing about the rows once."""
    from ..data.table import Table

    if isinstance(source, Table):
        answered = iter([network.predict(source)])
        said = dict.fromkeys(source.notes)
    else:
        from ..estimators.streamed import predict_chunks

        answered, said = predict_chunks(network, source), {}
    for line in said:
        note(line)
    for number, answers in enumerate(answered):
        for line in answers.notes:
            if line not in said and len(said) < MOST_NOTES:
                note(line)
            said[line] = None
        yield as_csv(network, answers, probabilities, escaped, names=not number)


def as_csv(network: TableNetwork, answers: Answers, probabilities: bool, escaped: bool, names: bool = True) -> str:
    """Return CSV with a line for each row.

    Args:
        network: What answered.
        answers: Its answers.
        probabilities: Whether each class has a column.
        escaped: Whether control characters are escaped, for a terminal.
        names: Whether the first line holds the columns' names.
    """
    import polars as pl

    target = network.target
    values = answers.labels if answers.labels.ndim == 2 else answers.labels[:, None]
    columns = {name: _column(target, values[:, number], number) for number, name in enumerate(target.names)}
    if probabilities and answers.probabilities is not None:
        for number, label in enumerate(target.classes):
            name = f"P({label})" if target.task == "multilabel" else f"{target.name}={label}"
            columns[name] = pl.Series(answers.probabilities[:, number]).round(7)
    if escaped:
        columns = {
            visible(name): pl.Series([visible(each) for each in values]) if values.dtype == pl.String else values
            for name, values in columns.items()
        }
    return pl.DataFrame(columns).write_csv(include_header=names)


def _column(target: Target, values: np.ndarray, number: int) -> pl.Series:
    import polars as pl

    if target.task == "regression":
        return pl.Series(_rounded(values, target.scales[number]))
    if target.task == "multilabel":
        return pl.Series(values.astype(int))
    return pl.Series([str(label) for label in values], dtype=pl.String)


def _rounded(numbers: np.ndarray, scale: float) -> np.ndarray:
    """Leave out the digits that float32 does not know."""
    import math

    return numbers.round(max(0, 6 - math.floor(math.log10(scale))))


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
