"""Reading tables from files, standard input, included data sets or memory."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import cast

from ..errors import DataError
from .decoding import decode, said_of_encoding
from .delimited import parse
from .excel import read_excel
from .formats import kind_of, read_json, read_parquet
from .frames import from_memory
from .opening import read_bytes
from .summary_rows import without_summary
from .table import Table, show
from .unseen import seen


def read_table(
    source: object,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
) -> Table:
    """Read a table, without converting values; assumptions are recorded in its ``notes``.

    Args:
        source: A path to CSV or TSV (also gzipped), Parquet, JSON lines, a JSON array of records or an Excel workbook;
            ``"-"`` for standard input; the name of an included data set if there is no such file; or in memory a
            pandas, polars or pyarrow data frame, a dict of columns or a two-dimensional array.
        separator: The separator between cells. Default: detected from the text.
        encoding: The encoding of the text. Default: detected from the bytes.
        header: Whether the first row contains names. Default: detected from the text.
        sheet: The sheet of a workbook, by name or by number from 1. Default: the first that is not empty.

    Raises:
        FileError: If the file does not exist, is a directory, a device or a network address, cannot be read or is
            damaged.
        DataError: If the file is not a table (empty, no rows, rows of different lengths, not text), or does not fit
            into memory.
        MissingExtra: If it is a workbook and ``plastica[excel]`` is not installed.

    Example:
        >>> read_table("penguins").height
        344
    """
    if not isinstance(source, str | os.PathLike):
        return seen(from_memory(source))
    data, name = read_bytes(cast("str | os.PathLike[str]", source))
    kind = kind_of(data, name)
    if sheet is not None and kind != "excel":
        raise DataError(f"{name} has no sheets, so it has no sheet {show(sheet)}.")
    if kind == "text":
        text, assumed = decode(data, name, encoding)
        table = parse(text, name, separator, header)
        return without_summary(replace(table, notes=said_of_encoding(assumed) + table.notes))
    if kind == "parquet":
        return seen(read_parquet(data, name))
    if kind == "excel":
        return without_summary(seen(read_excel(data, name, sheet, header)))
    return seen(read_json(data, name, lines=kind == "json lines"))
