"""Examples in Parquet files, read block by block; each of several workers its own share."""

from __future__ import annotations

import copy
import hashlib
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars

from ..errors import DataError, FileError, InvalidValue
from ..typing import Document
from .streaming import Block, Blocks

ROWS_A_BLOCK = 1 << 16
SHOWN = 3


class _Piece(NamedTuple):
    """Some rows of a file."""

    path: str
    start: int
    rows: int


class ParquetShards(Blocks):
    """Columns of numbers of Parquet files as examples for ``fit``, larger than memory.

    When to use: for encoded examples in many files. Each epoch reads every row once: blocks in random order, and rows
    shuffled within some blocks at a time. ``part(worker, workers)`` gives each of several workers a share of its own:
    together they have every row once, on any number of workers.

    Args:
        paths: A file, a folder, a pattern of names such as ``"data/part-*.parquet"``, or a list of files.
        targets: The column of the targets, or several.
        inputs: The columns of the inputs. Default: all others.
        weight: The column with the weight of each row.
        rows: Rows of a block; a block should be small compared with memory, and large compared with a batch.
        seed: The seed by which blocks are dealt to workers.

    Raises:
        FileError: If there is no such file, or one is not Parquet.
        DataError: If the files have different columns, a column is missing or not of numbers, or there are no rows.
        InvalidValue: If ``rows`` is below 1.

    Example:
        >>> import polars, tempfile, plastica as pl
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for part in range(2):
        ...         table = polars.DataFrame({"x": [1.0 * part] * 5, "y": range(5)})
        ...         table.write_parquet(f"{folder}/part-{part}.parquet")
        ...     shards = pl.data.ParquetShards(folder, "y", rows=2)
        ...     shards.rows, [sum(shards.part(worker, 3).sizes) for worker in range(3)]
        (10, [4, 3, 3])
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        targets: str | Sequence[str],
        inputs: Sequence[str] | None = None,
        weight: str | None = None,
        rows: int = ROWS_A_BLOCK,
        seed: int = 0,
    ) -> None:
        if rows < 1:
            raise InvalidValue(f"ParquetShards: rows={rows!r}; give at least 1 row for a block.")
        self.targets = (targets,) if isinstance(targets, str) else tuple(targets)
        self.weight, self.seed = weight, seed
        files = _files(paths)
        schemas = {path: _schema(path) for path in files}
        first = files[0]
        beside = {*self.targets, *([] if weight is None else [weight])}
        self.inputs: tuple[str, ...] = (
            tuple(inputs) if inputs is not None else tuple(n for n in schemas[first] if n not in beside)
        )
        names = (*self.inputs, *self.targets, *([] if weight is None else [weight]))
        _require_numbers(schemas[first], names, first)
        _require_same(schemas, first, None if inputs is None else names)
        for path in files[1:]:
            _require_numbers(schemas[path], names, path)
        self._pieces: list[_Piece] = [
            _Piece(path, start, min(rows, count - start))
            for path in files
            for count in [_count(path)]
            for start in range(0, count, rows)
        ]
        if not self._pieces:
            raise DataError(f"{first}: these Parquet files have no rows.")

    @property
    def sizes(self) -> Sequence[int]:
        """The number of rows of each block."""
        return [piece.rows for piece in self._pieces]

    @property
    def digest(self) -> str:
        """A text that identifies these examples: the files with their sizes and times, the columns, the blocks."""
        told = hashlib.sha256()
        for path in dict.fromkeys(piece.path for piece in self._pieces):
            facts = Path(path).stat()
            told.update(repr((Path(path).name, facts.st_size, facts.st_mtime_ns)).encode())
        told.update(repr((self.inputs, self.targets, self.weight)).encode())
        told.update(repr([(piece.start, piece.rows) for piece in self._pieces]).encode())
        return told.hexdigest()

    def read(self, block: int) -> Block:
        """Return the inputs ``(rows, inputs)``, targets ``(rows,)`` or ``(rows, targets)``, and weights of a block."""
        piece = self._pieces[block]
        every = [*self.inputs, *self.targets, *([] if self.weight is None else [self.weight])]
        names: list[str] = list(dict.fromkeys(every))
        found = polars.scan_parquet(piece.path).select(names).slice(piece.start, piece.rows).collect()
        for name in names:
            if missing := found[name].null_count():
                raise DataError(
                    f"{piece.path}: column {name!r} has {missing} missing value{'s' * (missing > 1)} in rows "
                    f"{piece.start + 1} to {piece.start + piece.rows}; fill them in before, or leave these rows out."
                )
        x = found.select(self.inputs).to_numpy().astype(np.float32, copy=False)
        y = found.select(self.targets).to_numpy()
        weight = None if self.weight is None else found[self.weight].to_numpy().astype(np.float32)
        return x, y[:, 0] if len(self.targets) == 1 else y, weight

    def to_dict(self) -> Document:
        """Return these examples as JSON-serializable values, for processes that see the same files."""
        pieces = [[str(Path(piece.path).absolute()), piece.start, piece.rows] for piece in self._pieces]
        names = {"targets": list(self.targets), "inputs": list(self.inputs), "weight": self.weight}
        return {**names, "seed": self.seed, "pieces": pieces}

    @classmethod
    def from_dict(cls, given: Document) -> ParquetShards:
        """Return the examples from the result of :meth:`to_dict`.

        Raises:
            FileError: If a file is not there.
        """
        made = cls.__new__(cls)
        made.targets, made.inputs = tuple(given["targets"]), tuple(given["inputs"])
        made.weight, made.seed = given["weight"], int(given["seed"])
        made._pieces = [_Piece(str(path), int(start), int(rows)) for path, start, rows in given["pieces"]]
        for path in dict.fromkeys(piece.path for piece in made._pieces):
            if not Path(path).exists():
                raise FileError(
                    f"{path}: there is no such file on {platform.node()}. Every worker has to see all Parquet files; "
                    "use a folder that all machines share, such as one on NFS."
                )
        return made

    def part(self, worker: int, workers: int) -> ParquetShards:
        """Return the share of one of several workers: blocks dealt by the seed, every one to one of them.

        Args:
            worker: The number of the worker, from 0.
            workers: How many there are.

        Raises:
            InvalidValue: If the number is out of range, or there are fewer blocks than workers.
        """
        if not 0 <= worker < workers:
            raise InvalidValue(f"part({worker}, {workers}): give the number of a worker, from 0 to {workers - 1}.")
        if len(self._pieces) < workers:
            raise InvalidValue(
                f"part({worker}, {workers}): {len(self._pieces)} blocks are fewer than workers; make them smaller with "
                "ParquetShards(rows=...)."
            )
        order = np.random.default_rng(self.seed).permutation(len(self._pieces))
        made = copy.copy(self)
        made._pieces = [self._pieces[number] for number in sorted(order[worker::workers].tolist())]
        return made


def _files(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found: list[str] = []
    for each in map(Path, given):
        there = each.glob("*.parquet") if each.is_dir() else each.parent.glob(each.name)
        found += sorted(map(str, there)) or ([] if each.is_dir() else [str(each)])
    if not found:
        raise FileError(f"{os.fspath(given[0]) if given else paths!r}: there are no Parquet files.")
    return found


def _schema(path: str) -> dict[str, polars.DataType]:
    try:
        return dict(polars.read_parquet_schema(path))
    except FileNotFoundError:
        raise FileError(f"{path}: there is no such file.") from None
    except (polars.exceptions.PolarsError, OSError) as error:
        raise FileError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _count(path: str) -> int:
    return int(polars.scan_parquet(path).select(polars.len()).collect().item())


def _require_same(schemas: dict[str, dict[str, polars.DataType]], first: str, names: Sequence[str] | None) -> None:
    """Check that all files have the columns of the first; of given names these only, whatever else they have."""
    wanted = schemas[first] if names is None else names
    remedy = "give inputs= with the columns that all files have, or write the files anew."
    for path, own in schemas.items():
        if missing := [name for name in wanted if name not in own]:
            shown = ", ".join(map(repr, missing[:SHOWN]))
            raise DataError(f"{path} has no column {shown}, which {first} has; {remedy}")
        if names is None and (surplus := [name for name in own if name not in wanted]):
            shown = ", ".join(map(repr, surplus[:SHOWN]))
            raise DataError(f"{path} has the column {shown}, which {first} has not; {remedy}")


def _require_numbers(schema: dict[str, polars.DataType], names: Sequence[str], path: str) -> None:
    for name in names:
        if name not in schema:
            raise DataError(f"{path} has no column {name!r}; it has {', '.join(map(repr, list(schema)[:10]))}.")
        if not (schema[name].is_numeric() or schema[name] == polars.Boolean):
            raise DataError(
                f"{path}: column {name!r} is of type {schema[name]}, and ParquetShards reads numbers; choose the "
                "columns with inputs=, or use plastica train, which encodes texts."
            )
