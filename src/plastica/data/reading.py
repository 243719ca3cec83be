"""A table from a file, from standard input, from a shipped data set or from memory."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from ..errors import DataError
from .decoding import decode, said_of_encoding
from .delimited import parse
from .excel import read_excel
from .formats import kind_of, read_json, read_parquet
from .frames import from_memory
from .opening import read_bytes
from .table import Table, show
from .unseen import seen


def read_table(
    source: Any,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
) -> Table:
    """Read a table; nothing is converted yet, and what was assumed stands in its ``notes``.

    Args:
        source: A path to CSV or TSV (also gzipped), Parquet, JSON lines, a JSON array of records or an Excel workbook,
            ``"-"`` for standard input, the name of a shipped data set where no such file exists, or in memory a
            pandas, polars or pyarrow frame, a dict of columns or a two-dimensional array.
        separator: What stands between cells; told from the text by default.
        encoding: The text's encoding; told from the bytes by default.
        header: Whether the first row holds names; told from the text by default.
        sheet: The sheet of a workbook, by name or by number from 1; the first that holds something by default.

    Raises:
        FileError: The file is not there, is a directory, a device or an address, cannot be read or is damaged.
        DataError: The file is no table: empty, without rows, with rows of different lengths, not text; or it is larger
            than memory.
        MissingExtra: A workbook, where ``plastica[excel]`` is not installed.

    Example:
        >>> read_table("penguins").height
        344
    """
    if not isinstance(source, str | os.PathLike):
        return seen(from_memory(source))
    data, name = read_bytes(source)
    kind = kind_of(data, name)
    if sheet is not None and kind != "excel":
        raise DataError(f"{name} has no sheets, so it has no sheet {show(sheet)}.")
    if kind == "text":
        text, assumed = decode(data, name, encoding)
        table = parse(text, name, separator, header)
        return replace(table, notes=said_of_encoding(assumed) + table.notes)
    if kind == "parquet":
        return seen(read_parquet(data, name))
    if kind == "excel":
        return seen(read_excel(data, name, sheet, header))
    return seen(read_json(data, name, lines=kind == "json lines"))
