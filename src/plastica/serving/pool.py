"""Several processes that serve one model: what is counted in each is told for all, through files in a folder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from ..storage.atomic import replace_file
from .exchange import DriftCounts, Served


class WorkerCounts(msgspec.Struct, frozen=True):
    """What a process counted.

    Args:
        digest: The model.
        deaths: How often the process of its model was started again.
        counts: The counts for drift.
    """

    digest: str
    deaths: int
    counts: DriftCounts


class CountPool:
    """The counts of the processes that share a folder.

    Args:
        folder: The folder; None for a process that serves alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def share(self, served: Served) -> None:
        """Tell the others what this process counted so far."""
        if self.folder is not None:
            self._write(os.getpid(), WorkerCounts(served.digest, served.deaths, served.drift_counts()))

    def others(self) -> list[WorkerCounts]:
        """Return what the others counted, also those that have ended."""
        own = self._path(os.getpid())
        paths = [] if self.folder is None else sorted(self.folder.glob("counts-*"))
        return [found for path in paths if path != own and (found := _read(path)) is not None]

    def drift(self, served: Served) -> list[dict[str, object]]:
        """Return the drift over all processes with the same model."""
        return served.drift([each.counts for each in self.others() if each.digest == served.digest])

    def deaths(self, served: Served) -> int:
        """Return how often the process of a model was started again, in all processes."""
        return served.deaths + sum(each.deaths for each in self.others())

    def retire(self, pid: int) -> None:
        """Keep of a process that ended what it counted in all, but no recent rows, which would never fade."""
        path = self._path(pid)
        if path is not None and (found := _read(path)) is not None:
            counts = [([0.0] * len(recent), total) for recent, total in found.counts]
            self._write(pid, WorkerCounts(found.digest, found.deaths, counts))

    def _path(self, pid: int) -> Path | None:
        return None if self.folder is None else self.folder / f"counts-{pid}"

    def _write(self, pid: int, counts: WorkerCounts) -> None:
        if (path := self._path(pid)) is not None:
            replace_file(path, [msgspec.msgpack.encode(counts)])


def _read(path: Path) -> WorkerCounts | None:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.msgpack.decode(path.read_bytes(), type=WorkerCounts)
    return None
