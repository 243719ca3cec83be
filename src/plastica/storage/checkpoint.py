"""Folders of checkpoints, written atomically and verified when read."""

from __future__ import annotations

import os
import re
import socket
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import FileError, InvalidValue, PlasticaWarning
from ..typing import Document
from . import manifest as manifests
from . import tensor_file
from .atomic import explained, sync_folder, write_all, write_file
from .locking import try_lock

if TYPE_CHECKING:
    from jax.typing import ArrayLike

_LOCK = ".plastica-checkpoints"
_ARRAYS, _MANIFEST = "arrays.safetensors", "manifest.json"
_STEP = re.compile(r"step-(0|[1-9][0-9]{0,17})")
_REPLACED = re.compile(_STEP.pattern + r"\.replaced")
_LEFTOVER = re.compile(_STEP.pattern + r"\.tmp")


class Checkpoint(NamedTuple):
    """The state of a run.

    Attributes:
        step: The number of the checkpoint, increasing during the run.
        arrays: The arrays by name.
        document: Everything else: seeds, position, history, versions.
    """

    step: int
    arrays: dict[str, np.ndarray]
    document: Document


class CheckpointFolder:
    """The checkpoints of one run in a folder.

    A checkpoint is a folder ``step-N`` with ``arrays.safetensors`` and ``manifest.json``, which contains the SHA-256 of
    the arrays' file and of itself. It is written as ``step-N.tmp``, synchronized to disk and renamed; only then is the
    oldest one removed. Only such folders are ever removed, and only these two files in them.

    Use it in a ``with`` statement. While it is open, no other run can open the same folder.

    Args:
        path: The folder, created if missing.
        keep: The number of checkpoints to keep. Default 2, so that one remains if the newest is damaged.

    Attributes:
        is_new: Whether no run has used the folder before.

    Raises:
        InvalidValue: If ``keep`` is below 1.
        FileError: If another run has it open, it contains other files, or it cannot be written.

    Example:
        >>> import numpy as np, tempfile
        >>> with tempfile.TemporaryDirectory() as path, CheckpointFolder(path) as folder:
        ...     folder.save(7, {"kernel": np.ones(3)}, {"seed": 1})
        ...     folder.latest().step
        7
    """

    def __init__(self, path: str | os.PathLike[str], keep: int = 2) -> None:
        # Arguments of users, whatever the annotation says.
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidValue(f"CheckpointFolder: keep={keep!r}; expected an integer of at least 1.")
        self.path = Path(path)
        self.keep = keep
        self._lock = -1
        with explained(path, "no checkpoints can be saved there"):
            self.path.mkdir(parents=True, exist_ok=True)
            _refuse_foreign(self.path)
            self.is_new = not (self.path / _LOCK).exists()
            self._lock = _lock(self.path)
            try:
                _tidy(self.path)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> CheckpointFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the folder for other runs."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def save(self, step: int, arrays: Mapping[str, ArrayLike], document: Document) -> None:
        """Write a checkpoint and synchronize it to disk.

        Existing checkpoints of this step or later ones are superseded, since the run has been restored to an earlier
        step.

        Args:
            step: The number of the checkpoint, 0 or more.
            arrays: NumPy or JAX arrays by name.
            document: JSON-serializable values; NaN and infinity are allowed.

        Raises:
            InvalidValue: If something cannot be stored in such files.
            FileError: If it cannot be written; older checkpoints are unchanged.
        """
        if self._lock < 0:
            raise FileError(f"{self.path}: this checkpoint folder is closed; open it again to save checkpoints.")
        # Arguments of users, whatever the annotation says.
        if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step < 10**18:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidValue(f"checkpoint: step={step!r}; expected an integer of at least 0.")
        entries, data = tensor_file.lay_out(arrays)
        contents = [tensor_file.header_bytes(entries, {}), *data]
        manifest = manifests.make(step, {_ARRAYS: contents}, document)
        made, beside = self.path / f"step-{step}", self.path / f"step-{step}.tmp"
        with explained(made, "older checkpoints are unchanged"):
            try:
                _remove(beside)
                beside.mkdir(exist_ok=True)
                write_file(beside / _ARRAYS, contents)
                write_file(beside / _MANIFEST, [manifest])
                sync_folder(beside)
                _put_in_place(beside, made)
            except BaseException:
                with suppress(OSError):
                    _remove(beside)
                raise
        with explained(made, "the checkpoint is complete but may be lost if the power fails"):
            sync_folder(self.path)
        self._prune(step)

    def latest(self) -> Checkpoint | None:
        """Return the newest valid checkpoint, with a warning for each invalid one."""
        return read_latest(self.path)

    def clear(self) -> None:
        """Remove all checkpoints, oldest first, for a run that starts from the beginning."""
        with explained(self.path, "some checkpoints were not removed"):
            for step in sorted(_steps(self.path)):
                _discard(self.path / f"step-{step}")

    def _prune(self, step: int) -> None:
        steps = _steps(self.path)
        old = sorted(other for other in steps if other < step)
        later = sorted(other for other in steps if other > step)
        for other in (*later, *old[: max(0, len(old) - self.keep + 1)]):
            with suppress(OSError):  # tried again at the next save
                _discard(self.path / f"step-{other}")


class WatchedFolder:
    """A folder of checkpoints that another process writes: one of several that make a run together.

    Args:
        path: The folder.
    """

    is_new = True  # what a new folder means is said by the process that writes

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def latest(self) -> Checkpoint | None:
        """Return the newest valid checkpoint, or None."""
        return read_latest(self.path)

    def save(self, step: int, arrays: Mapping[str, ArrayLike], document: Document) -> None:
        """Leave writing to the other process."""

    def close(self) -> None:
        """Leave the folder as it is."""


def read_latest(path: str | os.PathLike[str]) -> Checkpoint | None:
    """Return the newest valid checkpoint in a folder, or None.

    No lock is needed, since checkpoints are written atomically.
    """
    folder = Path(path)
    for step in sorted(_steps(folder), reverse=True):
        try:
            return _read(folder / f"step-{step}", step)
        except FileError as error:
            warnings.warn(f"a checkpoint was skipped: {error}", PlasticaWarning, stacklevel=2)
    return None


def newest_step(path: str | os.PathLike[str]) -> int:
    """Return the number of the newest checkpoint in a folder, without reading it; -1 if there is none."""
    return max(_steps(Path(path)), default=-1)


def _steps(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(match[1]) for entry in folder.iterdir() if (match := _STEP.fullmatch(entry.name))]


def _read(folder: Path, step: int) -> Checkpoint:
    manifest = manifests.read(folder / _MANIFEST)
    file = tensor_file.read(folder / _ARRAYS)
    if manifest.step != step or manifest.files != manifests.files({_ARRAYS: [file.header, file.data.data]}):
        raise FileError(f"{folder} is damaged: its files do not match its manifest.")
    return Checkpoint(step, tensor_file.arrays_of(file, str(folder)), manifest.document)


def _put_in_place(beside: Path, made: Path) -> None:
    """Rename a complete checkpoint; an existing one of the same step remains readable until then, even after a kill."""
    replaced = made.with_name(made.name + ".replaced")
    if made.exists():
        made.rename(replaced)
    try:
        beside.rename(made)
    except OSError:
        if replaced.exists():
            replaced.rename(made)
        raise
    if replaced.exists():
        _remove(replaced)


def _discard(folder: Path) -> None:
    """Remove a checkpoint so that a kill in between leaves no incomplete one."""
    doomed = folder.with_name(folder.name + ".tmp")
    folder.rename(doomed)
    _remove(doomed)


def _remove(folder: Path) -> None:
    """Remove the files of a checkpoint, and its folder if it is then empty."""
    for name in (_MANIFEST, _ARRAYS):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _tidy(folder: Path) -> None:
    """Clean up after a killed run: finish or undo a replacement, and remove incomplete checkpoints."""
    for entry in list(folder.iterdir()):
        if match := _REPLACED.fullmatch(entry.name):
            made = folder / f"step-{match[1]}"
            if made.exists():
                _remove(entry)
            else:
                entry.rename(made)
        elif _LEFTOVER.fullmatch(entry.name):
            _remove(entry)


def _refuse_foreign(folder: Path) -> None:
    """Raise an error if the folder contains other files and was not created for checkpoints."""
    if (folder / _LOCK).exists():
        return
    other = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    if other:
        shown = ", ".join(other[:3]) + (", ..." if len(other) > 3 else "")
        raise FileError(f"{folder} contains other files ({shown}); checkpoints need a new or empty folder.")


def _lock(folder: Path) -> int:
    """Open and lock the lock file of a folder, which also marks it as a folder of checkpoints."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    if not try_lock(descriptor):
        holder = os.read(descriptor, 200).decode(errors="replace").strip()
        os.close(descriptor)
        raise FileError(
            f"{folder} is in use by another run ({holder or 'unknown process'}); "
            "use another folder for this run, or wait until the other run ends."
        )
    try:
        os.ftruncate(descriptor, 0)
        write_all(descriptor, [f"process {os.getpid()} on {socket.gethostname()}\n".encode()])
    except BaseException:
        os.close(descriptor)  # releases the lock
        raise
    return descriptor
