"""Callbacks that write logs to files: CSV and TensorBoard."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from ..errors import FileError, InvalidValue, MissingExtra
from ..fields import judged
from .callbacks import Callback, CallbackState, Logs, Needs

MISSING = "NA"


class CSVLogger(Callback):
    """Write the logs to a CSV file, one line per epoch.

    The columns are ``epoch`` (from 0) and the metrics in the order of the history. A resumed run first removes lines
    written after the last checkpoint.

    Args:
        filename: The file. Missing folders are created.
        separator: The separator between columns.
        append: Whether to append to an existing file, using its columns. False overwrites it.

    Raises:
        InvalidValue: If ``separator`` is not a single character.
        FileError: If the file cannot be written, or its columns do not match.
    """

    needs: Needs = "logs"

    @judged
    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if len(separator) != 1:
            raise InvalidValue(f"CSVLogger: separator is {separator!r}; expected one character.")
        self.filename = Path(filename)
        self.separator = separator
        self.append = append
        self._resume_at: int | None = None
        self._columns: list[str] = []
        self._file: io.TextIOWrapper | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Check that the file can be written; it is opened with the first logs."""
        self._close()
        self._resume_at = None
        self._columns = []
        self.filename.parent.mkdir(parents=True, exist_ok=True)
        if self.filename.is_dir():
            raise FileError(f"CSVLogger: {self.filename} is a folder; filename must name a file.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write one line."""
        figures = {"epoch": epoch, **(logs or {})}
        if self._file is None:
            self._file = self._open(list(figures))
        surplus = [name for name in figures if name not in self._columns]
        if surplus:
            raise FileError(
                f"CSVLogger: {self.filename} has the columns {', '.join(self._columns)}, but this run "
                f"also has {', '.join(surplus)}. Write to another file, or take append=False."
            )
        self._write(self._file, [figures.get(name, MISSING) for name in self._columns])
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the file."""
        self._close()

    def get_state(self) -> CallbackState:
        """Return the position in the file."""
        if self._file is not None:
            self._file.flush()
        elif self._resume_at is not None:
            return {"bytes": self._resume_at}
        elif not self.append:
            return {"bytes": 0}
        return {"bytes": self.filename.stat().st_size if self.filename.exists() else 0}

    def set_state(self, state: CallbackState) -> None:
        """Truncate the file to the restored position."""
        self._close()
        self._resume_at = state["bytes"]

    def _open(self, columns: list[str]) -> io.TextIOWrapper:
        try:
            if self._resume_at is not None and self.filename.exists():
                os.truncate(self.filename, min(self._resume_at, self.filename.stat().st_size))
            keep = self.append or self._resume_at is not None
            self._columns = self._present_columns() if keep else []
            file = self.filename.open("a" if keep else "w", newline="", encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise FileError(f"CSVLogger: {self.filename} cannot be written: {problem}") from problem
        if not self._columns:
            self._columns = columns
            self._write(file, columns)
        return file

    def _present_columns(self) -> list[str]:
        if not self.filename.exists():
            return []
        with self.filename.open(newline="", encoding="utf-8-sig") as file:
            return next(csv.reader(file, delimiter=self.separator), [])

    def _write(self, file: io.TextIOWrapper, cells: Sequence[object]) -> None:
        csv.writer(file, delimiter=self.separator, lineterminator="\n").writerow(cells)

    def _close(self) -> None:
        if self._file is not None:
            self._resume_at = os.fstat(self._file.fileno()).st_size
            self._file.close()
            self._file = None


class EventWriter(Protocol):
    """What a ``SummaryWriter`` of tensorboardX is used for."""

    def __init__(self, logdir: str) -> None: ...
    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...
    def add_histogram(self, tag: str, values: np.ndarray, global_step: int) -> None: ...
    def close(self) -> None: ...


class TensorBoard(Callback):
    """Write the logs for TensorBoard.

    Requires ``pip install "plastica[tensorboard]"``. Training logs are written to ``log_dir/train``, validation logs to
    ``log_dir/validation``, with the names of Keras: ``epoch_loss``, ``epoch_accuracy``.

    Args:
        log_dir: The folder of the run.
        histogram_freq: The number of epochs between histograms of all weights; 0 for none, which is faster, since
            many epochs then run in one program.

    Raises:
        MissingExtra: If tensorboardX is not installed.
        InvalidValue: If ``histogram_freq`` is below 0.
    """

    needs: Needs = "logs"

    @judged
    def __init__(self, log_dir: str | os.PathLike[str] = "logs", histogram_freq: int = 0) -> None:
        if histogram_freq < 0:
            raise InvalidValue(f"TensorBoard: histogram_freq is {histogram_freq!r}; expected a number of epochs.")
        _writer_class()
        self.log_dir = Path(log_dir)
        self.histogram_freq = histogram_freq
        if histogram_freq:
            self.needs = "epoch"
        self._writers: dict[str, EventWriter] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the writers."""
        self.on_train_end()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the logs of an epoch."""
        for name, value in (logs or {}).items():
            part, figure = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
            self._writer(part).add_scalar(f"epoch_{figure}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for name, weights in self.model.snapshot().items():
                self._writer("train").add_histogram(name, weights, epoch)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _writer(self, part: str) -> EventWriter:
        if part not in self._writers:
            self._writers[part] = _writer_class()(str(self.log_dir / part))
        return self._writers[part]


def _writer_class() -> type[EventWriter]:
    try:
        from tensorboardX import SummaryWriter  # pyright: ignore[reportMissingImports]
    except ImportError as missing:
        raise MissingExtra(
            'TensorBoard writes through tensorboardX, which is not installed. Run: pip install "plastica[tensorboard]"'
        ) from missing
    return SummaryWriter
