"""Training by workers on the machines of Ray."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..errors import PlasticaError
from ..storage import newest_step
from .address import Address
from .job import CHECKPOINT
from .launching import WorkerFailed, WorkerTask, run_apart, run_together
from .ray_cluster import RayCluster, TasksOfSeats
from .ray_connection import first_line


def train_together(folder: Path, where: Address, tasks: TasksOfSeats, shows: bool) -> None:
    """Train one network by workers on the machines of Ray; if one is lost, all start again from the last checkpoint.

    Args:
        folder: The folder of the job.
        where: The address.
        tasks: Returns what the workers compute, from the environment of each.
        shows: Whether what the first one prints is shown.
    """
    with _in_words():
        cluster, output = RayCluster(where), FollowedFile(folder / "worker-0.log", shows)
        workers = where.workers or cluster.machines

        def look() -> None:
            cluster.head.look()
            output.look()

        try:
            run_together(lambda: cluster.start_together(workers, tasks), lambda: newest_step(folder / CHECKPOINT), look)
        finally:
            output.look()
            cluster.leave()


def train_apart(
    where: Address, tasks: Sequence[WorkerTask], progress: Callable[[WorkerTask], int], look: Callable[[], None]
) -> None:
    """Run tasks that do not depend on each other on the machines of Ray; one that is lost starts again.

    Args:
        where: The address.
        tasks: The tasks.
        progress: Returns the step of the newest checkpoint of a task.
        look: Called from time to time.
    """
    with _in_words():
        cluster = RayCluster(where)

        def look_at_all() -> None:
            cluster.head.look()
            look()

        run_apart(tasks, where.workers or min(len(tasks), cluster.places), progress, look_at_all, cluster.start)


class FollowedFile:
    """Shows on standard output what is added to a file.

    Args:
        path: The file; it need not be there yet.
        shows: Whether it is shown at all.
    """

    def __init__(self, path: Path, shows: bool = True) -> None:
        self.path, self.shows = path, shows
        self._read = path.stat().st_size if path.exists() else 0

    def look(self) -> None:
        """Show what is new."""
        if not self.shows or not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        if new:
            sys.stdout.write(new.decode("utf-8", "replace"))
            sys.stdout.flush()


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in a sentence what Ray raises."""
    try:
        yield
    except PlasticaError:
        raise
    except Exception as problem:
        raise WorkerFailed(f"Ray ended the training: {first_line(problem)}") from None
