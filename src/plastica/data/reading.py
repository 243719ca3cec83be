"""A table from a file, from standard input, from a shipped data set or from memory."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets import NAMES, path_of
from ..errors import DataError, FileError
from .decoding import decode, said_of_encoding
from .delimited import parse
from .frames import from_memory, plain
from .parquet_categories import declared_categories
from .table import Table, distinct_names, show
from .unseen import seen

# The first bytes of files that people take for tables.
OTHERS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF document",
    b"SQLite": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"ARROW1": "an Arrow file",
    b"\x93NUMPY": "a NumPy array",
    b"\x80\x04\x95": "a Python pickle, which is never opened",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
}
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"


def read_table(
    source: Any, *, separator: str | None = None, encoding: str | None = None, header: bool | None = None
) -> Table:
    """Read a table; nothing is converted yet, and what was assumed stands in its ``notes``.

    Args:
        source: A path to CSV or TSV (also gzipped) or Parquet, ``"-"`` for standard input, the name of a
            shipped data set where no such file exists, or in memory a pandas, polars or pyarrow frame, a dict
            of columns or a two-dimensional array.
        separator: What stands between cells; told from the text by default.
        encoding: The text's encoding; told from the bytes by default.
        header: Whether the first row holds names; told from the text by default.

    Raises:
        FileError: The file is not there, is a directory, cannot be read or is damaged.
        DataError: The file is no table: empty, without rows, with rows of different lengths, not text.

    Example:
        >>> read_table("penguins").height
        344
    """
    if not isinstance(source, str | os.PathLike):
        return seen(from_memory(source))
    data, name = _read_bytes(source)
    if data.startswith(GZIP):
        data = _unpack(data, name)
    if not data:
        raise DataError(f"{name} is empty: there is no header and no row in it.")
    if data.startswith(PARQUET):
        return seen(_read_parquet(data, name))
    for mark, what in OTHERS.items():
        if data.startswith(mark):
            raise DataError(f"{name} is {what}. Save the table as CSV or Parquet first.")
    text, assumed = decode(data, name, encoding)
    table = parse(text, name, separator, header)
    return replace(table, notes=said_of_encoding(assumed) + table.notes)


def _read_bytes(source: str | os.PathLike[str]) -> tuple[bytes, str]:
    if source == "-":
        return sys.stdin.buffer.read(), "standard input"
    path = Path(source)
    try:
        if not path.exists() and str(source) in NAMES:
            path = path_of(str(source))
        if path.is_dir():
            raise FileError(f"{_name(path)} is a directory; give one file.")
        return path.read_bytes(), _name(path)
    except FileNotFoundError:
        known = " or ".join(sorted(NAMES))
        raise FileError(f"there is no file {show(str(source))}. Shipped data sets: {known}.") from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, FileError):
            raise
        reason = getattr(problem, "strerror", None) or problem
        raise FileError(f"{show(str(source))} cannot be read: {reason}.") from None


def _name(path: Path) -> str:
    """The file's name for messages; control characters in it must not reach the terminal."""
    return path.name if path.name.isprintable() else show(path.name)


def _unpack(data: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(data)
    except EOFError:
        raise FileError(f"{name} is cut short: its gzip data ends too early. Copy or download it again.") from None
    except (OSError, zlib.error) as problem:
        raise FileError(f"{name} is damaged: its gzip data cannot be unpacked ({problem}).") from None


def _read_parquet(data: bytes, name: str) -> Table:
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(data))
        categories = declared_categories(io.BytesIO(data))
    except Exception as problem:  # polars raises several kinds, and panics on some damage
        raise FileError(f"{name} is cut short or damaged: Parquet says {show(str(problem), 120)}.") from None
    if not frame.width:
        raise DataError(f"{name} has no columns.")
    if not frame.height:
        raise DataError(f"{name} has columns and no rows.")
    names, notes = distinct_names(frame.columns)
    columns = {
        name: plain(values, values.name in categories).alias(name)
        for name, values in zip(names, frame.get_columns(), strict=True)
    }
    return Table(columns, name, tuple(notes), np.arange(1, frame.height + 1))
