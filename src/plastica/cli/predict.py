"""``plastica predict``: predictions for each row of a table, as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import click

from . import options, parameters
from .guard import guarded
from .names import OutCommand
from .options import OptionValue
from .output import note, visible, write_out
from .running import opened
from .wording import SAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import polars as pl

    from ..data.streaming_files import Files
    from ..data.table import Table
    from ..forecasting import Forecaster
    from ..notes import Note
    from ..tables import Answers, TableNetwork

MOST_NOTES = 20
OTHERS = (
    ".gz",
    ".zip",
    ".parquet",
    ".pq",
    ".feather",
    ".xlsx",
    ".xls",
    ".json",
)  # suffixes of other formats, rejected for CSV output


@click.command(cls=OutCommand, short_help="Predict the target of each row of a table.")
@parameters.model
@click.argument("file", required=False)
@click.option("--out", "-o", metavar="FILE", help="CSV file for the predictions. Default: standard output.")
@click.option("--probabilities", "-p", is_flag=True, help="Add a column with the probability of each class.")
@click.option(
    "--keep",
    metavar="COLUMNS",
    multiple=True,
    help="Input columns to copy to the output: all, none, or names. Default: identifiers.",
)
@click.option("--raw", is_flag=True, help="Do not escape text that a spreadsheet would run as a formula (= + - @).")
@parameters.file_format
@parameters.stream
@parameters.lang
@parameters.debug
@guarded
def predict(
    model: str,
    file: str | None,
    out: str | None,
    probabilities: bool,
    keep: tuple[str, ...],
    raw: bool,
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    stream: bool | None,
    lang: str,
    debug: bool,
) -> None:
    """Predict the target of each row of a table, in the order of the rows, or go on with a forecast; writes CSV.

    A forecast needs no file and goes on from the end of its series, or from that of a file with newer rows.
    """
    import sys
    from pathlib import Path

    from ..errors import InvalidValue
    from ..storage.atomic import replace_file
    from ..tables import TableNetwork
    from .folders import model_file

    out = None if out == "-" else out
    path = model_file(model)
    if out is not None and any(_same(Path(out), Path(each)) for each in (path, file or path)):
        raise InvalidValue(f"--out {out!r} is the model or the table itself; choose another file.")
    if out is not None and file and Path(file).is_dir() and _same(Path(out).parent, Path(file)):
        raise InvalidValue(f"--out {out!r} is in the folder of the table; choose a file in another folder.")
    if out is not None and (out == "" or Path(out).suffix.lower() in OTHERS):
        raise InvalidValue(f"--out {out!r}: predict writes CSV; choose a name such as predictions.csv.")
    if (forecaster := forecaster_in(path)) is not None:
        _go_on(forecaster, file, out, {"separator": options.separator(separator), "encoding": encoding, "sheet": sheet})
        return
    if file is None:
        raise click.BadParameter(SAY("say_file"))
    network = TableNetwork.load(path)
    if probabilities and network.task == "regression":
        raise InvalidValue("this model predicts a number, so there are no probabilities; remove --probabilities.")
    table, names = opened(file, options.separator(separator), encoding, stream, sheet)
    shown = out is None and sys.stdout.isatty()
    writer = Writer(network, _kept(network, keep, names), probabilities, raw, shown)
    heights: list[int] = []
    parts = _parts(writer, table, heights)
    if out is not None:
        replace_file(out, (text.encode() for text in parts))
        note(SAY("answered", rows=SAY("rows", count=sum(heights)), path=out))
        return
    for text in parts:
        write_out(text)


def forecaster_in(path: Path) -> Forecaster | None:
    """Return the forecaster in a file; None for another model."""
    from ..model.kinds import FORECASTER
    from ..storage import read_model

    if read_model(path)[1].get("kind") != FORECASTER:
        return None
    from ..forecasting import Forecaster

    return Forecaster.load(path)


def _go_on(forecaster: Forecaster, file: str | None, out: str | None, reading: Mapping[str, OptionValue]) -> None:
    """Write the steps that follow training, or newer rows, as CSV."""
    from ..data.reading import read_table
    from ..storage.atomic import replace_file

    made = forecaster.predict(None if file is None else read_table(file, **reading))
    text = made.write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
    if out is None:
        write_out(text)
        return
    replace_file(out, [text.encode()])
    note(SAY("answered", rows=SAY("rows", count=made.height), path=out))


def _kept(network: TableNetwork, keep: tuple[str, ...], names: Collection[str]) -> tuple[str, ...]:
    """Return the input columns that are copied to the output."""
    if not keep:
        return tuple(name for name in names if name in network.facts.identifiers)
    if keep in (("all",), ("none",)) and keep[0] not in names:
        return tuple(names) if keep == ("all",) else ()
    return options.names(keep, names)


def _parts(writer: Writer, source: Table | Files, heights: list[int]) -> Iterator[str]:
    """Yield CSV in parts, the first with the header; count the rows and print each note once."""
    from ..data.table import Table

    said: dict[Note, None] = {}
    for number, table in enumerate([source] if isinstance(source, Table) else source.tables()):
        answers = writer.network.predict(table)
        for line in (*table.notes, *answers.notes):
            if line not in said and len(said) < MOST_NOTES:
                note(line.said())
            said[line] = None
        heights.append(table.height)
        yield writer.csv(table, answers, names=not number)


class Writer(NamedTuple):
    """Writes predictions as CSV.

    Args:
        network: The model.
        keep: Input columns to copy in front of the predictions.
        probabilities: Whether to add a column for each class.
        raw: Whether to leave text that a spreadsheet would run as a formula unescaped.
        escaped: Whether control characters are escaped, for a terminal.
    """

    network: TableNetwork
    keep: tuple[str, ...] = ()
    probabilities: bool = False
    raw: bool = False
    escaped: bool = False

    def csv(self, table: Table, answers: Answers, names: bool = True) -> str:
        """Return a line for each row, below a header if ``names``."""
        import polars as pl

        from ..data.formulas import shown_frame
        from ..tables.answers_frame import answers_frame

        made = answers_frame(self.network.target, table, answers, self.keep, self.probabilities)
        if not self.raw:
            made = shown_frame(made)
        if self.escaped:
            made = pl.DataFrame([_visible(values) for values in made])
        return made.write_csv(include_header=names)


def _visible(values: pl.Series) -> pl.Series:
    import polars as pl

    shown = [visible(each or "") for each in values] if values.dtype == pl.String else values
    return pl.Series(visible(values.name), shown)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
