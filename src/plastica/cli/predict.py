"""``plastica predict``: a line of answers for each row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .guard import Debug, guarded
from .output import note, visible

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import polars as pl

    from ..data.target import Target
    from ..estimators import Answers, TableNetwork


@guarded
def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A run's folder, or its model.plastica.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table as for train; it needs no target.")],
    out: Annotated[str | None, typer.Option("--out", "-o", help="A CSV file; else standard output.")] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", "-p", help="A column for each class.")] = False,
    separator: Annotated[str | None, typer.Option(help="Between the columns; told from the text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; told from its bytes.")] = None,
    debug: Debug = False,
) -> None:
    """Answer for each row of a table, as CSV in the order of its rows."""
    import sys
    from pathlib import Path

    from ..data.reading import read_table
    from ..errors import InvalidValue
    from ..estimators import TableNetwork
    from ..storage.atomic import replace_file
    from .folders import model_file

    path = model_file(model)
    if out is not None and any(_same(Path(out), Path(each)) for each in (path, file)):
        raise InvalidValue(f"--out {out!r} is the model or the table itself; name another file.")
    network = TableNetwork.load(path)
    if probabilities and network.task == "regression":
        raise InvalidValue("this model predicts a number; there are no probabilities. Leave --probabilities out.")
    table = read_table(file, separator=separator, encoding=encoding)
    answers = network.predict(table)
    for line in (*table.notes, *answers.notes):
        note(line)
    shown = out is None and sys.stdout.isatty()
    text = as_csv(network, answers, probabilities, escaped=shown)
    if out is not None:
        replace_file(out, [text.encode()])
    elif shown:
        sys.stdout.write(text)
    else:
        sys.stdout.buffer.write(text.encode())  # UTF-8 whatever the terminal's encoding is


def as_csv(network: TableNetwork, answers: Answers, probabilities: bool, escaped: bool) -> str:
    """Return CSV with a line for each row.

    Args:
        network: What answered.
        answers: Its answers.
        probabilities: Whether each class has a column.
        escaped: Whether control characters are escaped, for a terminal.
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
    return pl.DataFrame(columns).write_csv()


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
