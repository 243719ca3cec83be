"""Reading a file or folder larger than memory as a sequence of tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeGuard, cast

from ..errors import DataError, FileError
from .formats import PARQUET, kind_of, ordered, table_of
from .opening import GZIP, explained, find, head_of, memory, name_of
from .parquet_categories import declared_categories
from .reading import read_table
from .streaming_text import text_tables
from .table import Table, show
from .unseen import seen

ENDINGS = (
    *(".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".parquet", ".pq"),
    *(".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".xlsx", ".xls", ".ods"),
)
ONCE = (
    "can be read only once, but a table in chunks is read several times. Write it to a file first, or leave out "
    "--stream."
)
UNPACKS_TO = 4  # times its compressed size, approximately
SHARE_OF_MEMORY = 0.25  # up to which a file is read as a whole, which takes several times its size
ROWS = 1 << 15  # read from a Parquet file at a time


@dataclass(frozen=True)
class Files:
    """Files with the same columns, read sequentially as one table.

    Args:
        name: The common name in error messages.
        paths: The files, in the order of reading.
        separator, encoding, header, sheet: As for :func:`~plastica.data.reading.read_table`.
    """

    name: str
    paths: tuple[Path, ...]
    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    sheet: str | None = None

    @property
    def size(self) -> int:
        """The size on disk in bytes."""
        return sum(path.stat().st_size for path in self.paths)

    def tables(self) -> Iterator[Table]:
        """Yield tables of a few thousand rows, in order.

        Raises:
            FileError, DataError: If a file cannot be read, or the columns of two files differ; with file and column.
        """
        first: Table | None = None
        for path in self.paths:
            for table in self._tables_of(path):
                first = first or table
                yield self._same_columns(first, table)

    def _tables_of(self, path: Path) -> Iterator[Table]:
        kind = kind_of(head_of(path), name_of(path))
        if self.sheet is not None and kind != "excel":
            raise DataError(f"{name_of(path)} has no sheets, so it has no sheet {show(self.sheet)}.")
        if kind == "text":
            return text_tables(path, self.separator, self.encoding, self.header)
        if kind in ("parquet", "json lines") and not path.name.lower().endswith(".gz"):
            return _frame_tables(path, kind)
        return iter([read_table(path, header=self.header, sheet=self.sheet)])

    def _same_columns(self, first: Table, table: Table) -> Table:
        if set(table.names) != set(first.names):
            lacking = [name for name in first.names if name not in table.columns]
            surplus = [name for name in table.names if name not in first.columns]
            what = f"has no column {show(lacking[0])}" if lacking else f"has an additional column {show(surplus[0])}"
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
    source: str | Path,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
) -> Files:
    """Return the files of a folder, or one file, for reading in parts.

    Args:
        source: A file in any format of :func:`~plastica.data.reading.read_table`, the name of an included data set, or
            a folder of files. Workbooks and JSON arrays are read as a whole.
        separator, encoding, header, sheet: As for :func:`~plastica.data.reading.read_table`.

    Raises:
        FileError: If there is no such file, a folder has no supported file, or the source can be read only once.
    """
    if str(source) == "-":
        raise FileError(f"standard input {ONCE}")
    path = Path(source)
    with explained(path):
        folder = path.is_dir()
    if folder:
        inside = [each for each in sorted(path.rglob("*")) if each.is_file() and not each.name.startswith((".", "_"))]
        kept = tuple(each for each in inside if each.name.lower().endswith(ENDINGS))
        if not kept:
            raise FileError(f"the folder {show(path.name)} contains no table: no file ends in {', '.join(ENDINGS)}.")
        return Files(path.name, kept, separator, encoding, header, sheet)
    path = find(source)
    if path.is_fifo():
        raise FileError(f"{name_of(path)} is a pipe; it {ONCE}")
    return Files(path.name, (path,), separator, encoding, header, sheet)


def is_large(source: object) -> TypeGuard[str | Path]:
    """Return whether a source is streamed: a folder, or a file larger than a quarter of the memory."""
    if not isinstance(source, str | os.PathLike):
        return False
    path = Path(cast("str | os.PathLike[str]", source))
    if str(path) == "-":
        return False
    try:
        return path.is_dir() or (path.is_file() and _unpacked(path) > SHARE_OF_MEMORY * memory())
    except OSError:  # reading it raises a better error
        return False


def _unpacked(path: Path) -> int:
    """Return the approximate uncompressed size of a file in bytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
        if not head.startswith((GZIP, PARQUET)):
            return size
        if head.startswith(PARQUET) or size < 8:
            return size * UNPACKS_TO
        file.seek(-4, os.SEEK_END)  # gzip stores the uncompressed size there, modulo 4 GiB: RFC 1952
        return max(size * UNPACKS_TO, int.from_bytes(file.read(4), "little"))


def _frame_tables(path: Path, kind: str) -> Iterator[Table]:
    import polars as pl

    start, categories = 1, frozenset[str]()
    try:
        if kind == "parquet":
            lazy, categories = pl.scan_parquet(path), declared_categories(path)
        else:
            lazy = pl.scan_ndjson(path, infer_schema_length=None)
            lazy = lazy.select(ordered(list(lazy.collect_schema()), head_of(path)))
        for frame in lazy.collect_batches(chunk_size=ROWS, maintain_order=True):
            if frame.height:
                yield seen(table_of(frame, name_of(path), categories, start))
                start += frame.height
    except (pl.exceptions.PolarsError, OSError) as problem:
        if isinstance(problem, FileError):
            raise
        what = "Parquet" if kind == "parquet" else "JSON"
        raise FileError(f"{path.name} is cut short or damaged: {what} says {show(str(problem), 120)}.") from None
