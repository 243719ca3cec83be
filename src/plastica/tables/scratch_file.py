"""The temporary file of encoded rows during training, locked against other runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import FileError
from ..storage.atomic import explained
from ..storage.checkpoint import CheckpointFolder
from ..storage.locking import try_lock


def folder_for(scratch: str | Path | None, checkpoint: str | Path | None) -> Path:
    """Return the folder for encoded rows, created if missing."""
    folder = Path(scratch) if scratch else Path(checkpoint).parent if checkpoint else Path(tempfile.gettempdir())
    with explained(folder, "choose another folder for the encoded rows (scratch=)"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def scratch_file(folder: Path, checkpoint: str | Path | None) -> Iterator[Path]:
    """Yield a file used by this run only, and remove it at the end.

    Its name depends on the folder of checkpoints, so that the file of a killed run is overwritten.

    Raises:
        FileError: If another run uses it or the checkpoints, or it cannot be written.
    """
    with explained(folder, "choose another folder for the encoded rows (scratch=)"):
        if checkpoint is None:
            descriptor, name = tempfile.mkstemp(".plastica-rows", "", folder)
            path = Path(name)
        else:
            CheckpointFolder(checkpoint).close()  # an early error if it is in use or has other files
            path = folder / f".{Path(checkpoint).name}.plastica-rows"
            descriptor = _held(path)
    if os.name == "nt":  # Windows has no such locks and cannot remove open files
        os.close(descriptor)
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if os.name != "nt":
            os.close(descriptor)


def _held(path: Path) -> int:
    """Open and lock a file without changing its contents."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not try_lock(descriptor):
            os.close(descriptor)
            raise FileError(
                f"{path} is in use by another run with checkpoints of this name; wait until it ends, or give this run "
                "its own folder (checkpoint=)."
            )
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)  # it was removed in the meantime
