"""Detection of file formats by their first bytes: text, Parquet, Excel, JSON, or not a table."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import DataError, FileError
from ..notes import note
from .frames import plain
from .parquet_categories import declared_categories
from .table import Table, distinct_names, show

if TYPE_CHECKING:
    import polars as pl

FileFormat = Literal["text", "parquet", "excel", "json", "json lines"]

PARQUET = b"PAR1"
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# The first bytes of files that are sometimes mistaken for tables.
OTHERS = {
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"%PDF": "pdf",
    b"SQLite": "sqlite",
    b"\x89HDF": "hdf5",
    b"ARROW1": "arrow",
    b"\x93NUMPY": "numpy",
    b"\x80\x04\x95": "pickle",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
SHEETS = (
    b"[Content_Types].xml",
    b"_rels/",
    b"xl/",
    b"docProps/",
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
)
ARRAY = re.compile(rb"\s*\[\s*(\{|\]\s*$)")
RECORD = re.compile(rb"\s*\{\s*[\"}]")


def kind_of(head: bytes, name: str) -> FileFormat:
    """Return the format of a file, detected from its first bytes, not from its name.

    Raises:
        DataError: If the file is empty or not a table.
    """
    if not head:
        raise DataError(note("errors.empty_table", source=name))
    if head.startswith(PARQUET):
        return "parquet"
    if head.startswith(OLD_EXCEL) or (head.startswith(ZIP) and any(part in head[:200] for part in SHEETS)):
        return "excel"
    if head.startswith(ZIP):
        raise DataError(
            f"{name} is a zip archive or an Excel workbook of another kind. Save the table as CSV or Parquet."
        )
    for mark, what in OTHERS.items():
        if head.startswith(mark):
            raise DataError(note("errors.other_file", source=name, what=note(f"errors.{what}")))
    bare = head.removeprefix(b"\xef\xbb\xbf")
    if ARRAY.match(bare):
        return "json"
    return "json lines" if RECORD.match(bare) and _begins_with_record(bare) else "text"


def read_parquet(data: bytes, name: str) -> Table:
    """Read a Parquet file."""
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(data))
        categories = declared_categories(io.BytesIO(data))
    except Exception as problem:  # polars raises different exceptions, and panics on some damaged files
        raise FileError(f"{name} is cut short or damaged: Parquet says {show(str(problem), 120)}.") from None
    return table_of(frame, name, categories)


def read_json(data: bytes, name: str, lines: bool) -> Table:
    """Read JSON records: one object per line, or an array of objects.

    Raises:
        DataError: If something is not a record; with the message of polars.
    """
    import polars as pl

    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        read = pl.read_ndjson if lines else pl.read_json
        frame = read(io.BytesIO(data), infer_schema_length=None)
    except Exception as problem:
        wanted = "an object in each line" if lines else "an array of objects"
        raise DataError(
            f'{name} is not a table of JSON records, {wanted} such as {{"age": 31, "city": "Ulm"}}, or it is cut '
            f"short: {show(str(problem), 120)}."
        ) from None
    return table_of(frame.select(ordered(frame.columns, data)) if lines else frame, name)


def ordered(names: list[str], head: bytes) -> list[str]:
    """Return the columns in the order of the first record, then by name, since their order in polars is undefined."""
    try:
        first = list(json.loads(head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]))
    except ValueError:
        first = []
    return [*(name for name in first if name in names), *sorted(set(names) - set(first))]


def table_of(frame: pl.DataFrame, name: str, categories: frozenset[str] = frozenset(), start: int = 1) -> Table:
    """Return a data frame as a table.

    Args:
        frame: The data frame.
        name: The name of the table in error messages.
        categories: Columns whose numbers are categories.
        start: The number of the first row.

    Raises:
        DataError: If there are no columns or no rows.
    """
    if not frame.width:
        raise DataError(f"{name} has no columns.")
    if not frame.height:
        raise DataError(f"{name} has columns and no rows.")
    names, renamed = distinct_names(frame.columns)
    columns = {
        each: plain(values, values.name in categories).alias(each)
        for each, values in zip(names, frame.get_columns(), strict=True)
    }
    return Table(columns, name, tuple(renamed), np.arange(start, start + frame.height))


def _begins_with_record(head: bytes) -> bool:
    first, end, _ = head.lstrip().partition(b"\n")
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return not end and first.rstrip()[-1:] != b"}"  # a record longer than the bytes examined
