"""A file or a folder larger than memory, read as tables one after another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, FileError
from .frames import plain
from .parquet_categories import declared_categories
from .streaming_text import text_tables
from .table import Table, distinct_names, show
from .unseen import seen

TEXTS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUETS = (".parquet", ".pq")
PACKED = (".gz", ".parquet", ".pq")
UNPACKS_TO = 4  # times its size, about
SHARE_OF_MEMORY = 0.25  # that a file may take and still be read as a whole, which takes several times as much
ROWS = 1 << 15  # of a Parquet file read at a time


@dataclass(frozen=True)
class Files:
    """Files with the same columns, read as one table from top to bottom.

    Args:
        name: What messages call them together.
        paths: The files, in the order they are read.
        separator, encoding, header: As for :func:`~plastica.data.reading.read_table`.
    """

    name: str
    paths: tuple[Path, ...]
    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.paths)

    def tables(self) -> Iterator[Table]:
        """Yield tables of some thousand rows, in order.

        Raises:
            FileError, DataError: What cannot be read; two files whose columns differ, with file and column.
        """
        first: Table | None = None
        for path in self.paths:
            for table in self._tables_of(path):
                first = first or table
                yield self._same_columns(first, table)

    def _tables_of(self, path: Path) -> Iterator[Table]:
        if path.name.lower().endswith(PARQUETS):
            return _parquet_tables(path)
        return text_tables(path, self.separator, self.encoding, self.header)

    def _same_columns(self, first: Table, table: Table) -> Table:
        if set(table.names) != set(first.names):
            lacking = [name for name in first.names if name not in table.columns]
            surplus = [name for name in table.names if name not in first.columns]
            what = f"lacks the column {show(lacking[0])}" if lacking else f"has a column {show(surplus[0])} more"
            raise DataError(f"{table.source} {what}, unlike {first.source}; files read together need the same columns.")
        for name, values in table.columns.items():
            if values.dtype != first.columns[name].dtype:
                raise DataError(
                    f"{table.source}, column {show(name)}: {values.dtype}, where {first.source} has "
                    f"{first.columns[name].dtype}; files read together need the same kinds of columns."
                )
        return (
            table if table.names == first.names else replace(table, columns={n: table.columns[n] for n in first.names})
        )


def open_files(
    source: str | Path, *, separator: str | None = None, encoding: str | None = None, header: bool | None = None
) -> Files:
    """Return the files of a folder, or one file, to be read in parts.

    Args:
        source: A CSV or TSV file (also gzipped), a Parquet file, or a folder of files of one of these kinds.
        separator, encoding, header: As for :func:`~plastica.data.reading.read_table`.

    Raises:
        FileError: No such file, or none of these kinds in the folder.
    """
    path = Path(source)
    if path.is_dir():
        inside = [each for each in sorted(path.rglob("*")) if each.is_file() and not each.name.startswith((".", "_"))]
        kept = tuple(each for each in inside if each.name.lower().endswith((*TEXTS, *PARQUETS)))
        if not kept:
            known = ", ".join((*TEXTS, *PARQUETS))
            raise FileError(f"the folder {show(path.name)} holds no table: no file ends in {known}.")
        return Files(path.name, kept, separator, encoding, header)
    if not path.is_file():
        raise FileError(f"there is no file or folder {show(str(source))}.")
    return Files(path.name, (path,), separator, encoding, header)


def is_large(source: Any) -> bool:
    """Whether a source is to be streamed: a folder, or a file beyond a quarter of the machine's memory."""
    if not isinstance(source, str | os.PathLike) or str(source) == "-":
        return False
    path = Path(source)
    if path.is_dir():
        return True
    if not path.is_file():
        return False
    size = path.stat().st_size * (UNPACKS_TO if path.name.lower().endswith(PACKED) else 1)
    return size > SHARE_OF_MEMORY * memory()


def memory() -> int:
    """Return the bytes of memory this process may use."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 1 << 33
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdigit() else whole


def _parquet_tables(path: Path) -> Iterator[Table]:
    import polars as pl

    start = 1
    names: list[str] = []
    notes: list[str] = []
    try:
        categories = declared_categories(path)
        for frame in pl.scan_parquet(path).collect_batches(chunk_size=ROWS, maintain_order=True):
            if not names:
                names, notes = distinct_names(frame.columns)
            columns = {
                name: plain(values, values.name in categories).alias(name)
                for name, values in zip(names, frame.get_columns(), strict=True)
            }
            positions = np.arange(start, start + frame.height)
            start += frame.height
            if frame.height:
                yield seen(Table(columns, path.name, tuple(notes), positions))
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise FileError(f"{path.name} is cut short or damaged: Parquet says {show(str(problem), 120)}.") from None
