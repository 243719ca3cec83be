"""The machines of Ray as places for workers: Ray finds them and watches them, plastica runs its processes there."""

from __future__ import annotations

import signal
import socket
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import PlasticaError, PlasticaWarning
from .address import Address
from .job import SETTINGS, read_json
from .launching import Process, WorkerFailed, WorkerTask, seats_at
from .messages import LineClosed, WorkerMessage
from .ray_connection import LOOK, HeadWatch, connected, head_of

PLACES = 300.0  # seconds in which a cluster has to have places for all workers; one that grows takes minutes
SOON = 10.0  # seconds after which it is said that places are waited for
TO_STOP = 5.0  # seconds in which a worker that is no longer wanted ends

TasksOfSeats = Callable[[Sequence[dict[str, str]]], list[WorkerTask]]


class Host:
    """A place on a machine of Ray, which runs one worker as a process; an actor of Ray."""

    def __init__(self) -> None:
        self._process: Process | None = None

    def address(self) -> str:
        """Return an address at which other machines reach this one, with a free port."""
        import ray.util  # pyright: ignore[reportMissingImports]

        with socket.socket() as free:
            free.bind(("", 0))
            return f"{ray.util.get_node_ip_address()}:{free.getsockname()[1]}"

    def start(self, task: WorkerTask) -> None:
        """Start the worker.

        Raises:
            FileError: If this machine does not see the folder of the job.
        """
        read_json(Path(task.arguments[0]) / SETTINGS)
        self._process = Process(task)

    def talk(self, said: bytes | None) -> bytes | None:
        """Hand the worker a message, and return what it says next; None if it says nothing more."""
        assert self._process is not None
        try:
            if said is not None:
                self._process.line.send(WorkerMessage.decode(said))
            return self._process.line.receive().encode()
        except LineClosed:
            return None

    def code(self) -> int | None:
        """Return the exit code of the worker; None while it runs."""
        return None if self._process is None else self._process.code

    def interrupt(self) -> None:
        """Ask the worker to end after its step."""
        if self._process is not None:
            self._process.interrupt()

    def kill(self) -> None:
        """End the worker now."""
        if self._process is not None:
            self._process.kill()


class RayCluster:
    """The machines of Ray.

    Args:
        where: The address.
    """

    def __init__(self, where: Address) -> None:
        self.ray: Any = connected(where)
        self.where = where
        self.resources: dict[str, float] = self.ray.cluster_resources()
        self.needs = {"CPU": 1.0, **({"GPU": 1.0} if self.resources.get("GPU") else {})}
        self.head = HeadWatch(head_of(where) if where.host else self.ray.get_runtime_context().gcs_address)
        self._group: Any = None

    @property
    def answers(self) -> bool:
        """Whether the cluster can be asked: a call to one that is gone would start another one."""
        return self.head.answers and self.ray.is_initialized()

    @property
    def machines(self) -> int:
        """How many workers of one network it has places for: one for each GPU; without, one for each machine."""
        machines = sum(each["Alive"] for each in self.ray.nodes())
        return int(self.resources.get("GPU", 0)) or max(1, machines)

    @property
    def places(self) -> int:
        """How many workers of their own it has places for: one for each GPU; without, one for each core."""
        return max(1, int(self.resources.get("GPU", 0) or self.resources.get("CPU", 1)))

    def start(self, task: WorkerTask) -> RayWorker:
        """Start one worker as soon as there is a place."""
        return RayWorker(self, self._actor().remote(), task)

    def place(self) -> Any:
        """Return an actor for a worker that talks, which can be asked for more while it waits for a message."""
        return self._actor(max_concurrency=4).remote()

    def start_together(self, workers: int, tasks: TasksOfSeats) -> list[RayWorker]:
        """Start workers that train one network, once there are places for all of them.

        Args:
            workers: How many.
            tasks: Returns what they compute, from the environment of each.

        Raises:
            WorkerFailed: If there are not in time.
        """
        from ray.util import placement_group  # pyright: ignore[reportMissingImports]
        from ray.util.scheduling_strategies import (  # pyright: ignore[reportMissingImports]
            PlacementGroupSchedulingStrategy as Placed,
        )

        self.leave()
        self._group = placement_group([self.needs] * workers, strategy="SPREAD")
        self._wait_for_places(workers)
        hosts = [self._actor(scheduling_strategy=Placed(self._group, bundle)).remote() for bundle in range(workers)]
        try:
            address = self.ray.get(hosts[0].address.remote())
        except self.ray.exceptions.RayError as problem:
            _refuse_unknown(problem)
            raise
        own = tasks(seats_at(address, workers))
        return [RayWorker(self, host, task) for host, task in zip(hosts, own, strict=True)]

    def leave(self) -> None:
        """Give up the places of workers that trained one network."""
        if self._group is not None and self.answers:
            from ray.util import remove_placement_group  # pyright: ignore[reportMissingImports]

            with suppress(Exception):
                remove_placement_group(self._group)
        self._group = None

    def _actor(self, **options: Any) -> Any:
        return self.ray.remote(num_cpus=1, num_gpus=self.needs.get("GPU", 0), **options)(Host)

    def _wait_for_places(self, workers: int) -> None:
        began, said = time.monotonic(), False
        while not self._group.wait(timeout_seconds=LOOK):
            self.head.look()
            waited = time.monotonic() - began
            has = ", ".join(f"{self.ray.cluster_resources().get(kind, 0):g} {kind}" for kind in self.needs)
            if waited > PLACES:
                raise WorkerFailed(
                    f"the cluster of Ray (in all {has}) had no places for {workers} workers within {PLACES:.0f} s; see "
                    f"ray status, or ask for fewer, as in cluster={self.where.host or 'ray'}?workers=1. A run goes on "
                    "with any number of workers (resume=True)."
                )
            if waited > SOON and not said:
                said = True
                warnings.warn(
                    f"waiting for places for {workers} workers in the cluster of Ray (in all {has}, some of them in "
                    f"use), for {PLACES:.0f} s at most.",
                    PlasticaWarning,
                    stacklevel=5,
                )


class RayWorker:
    """A worker on a machine of Ray, as :func:`~plastica.cluster.launching.run_together` watches it.

    Args:
        cluster: The cluster.
        host: Its place, an actor.
        task: What it computes.
    """

    def __init__(self, cluster: RayCluster, host: Any, task: WorkerTask) -> None:
        self.task = task
        self._cluster, self._host = cluster, host
        self._code: int | None = None
        self._asked, self._next = host.start.remote(task), 0.0

    @property
    def code(self) -> int | None:
        """The exit code, as of a moment ago; None while it runs, waits for its place, or cannot be asked."""
        if self._code is None and time.monotonic() >= self._next and self._cluster.answers:
            self._next = time.monotonic() + LOOK
            self._ask()
        return self._code

    def _ask(self) -> None:
        ray = self._cluster.ray
        try:
            if not ray.wait([self._asked], timeout=0)[0]:
                return
            self._code = ray.get(self._asked)
        except ray.exceptions.RayTaskError as problem:
            if isinstance(problem.cause, PlasticaError):
                raise type(problem.cause)(str(problem.cause)) from None
            raise WorkerFailed(f"Ray cannot start worker {self.task.number + 1}: {problem.cause!r}") from None
        except ray.exceptions.RayError as problem:
            _refuse_unknown(problem)
            self._code = -signal.SIGKILL  # its machine is gone, or Ray's process there
        except Exception:
            if self._cluster.answers:
                raise
        if self._code is None:
            self._asked = self._host.code.remote()

    def interrupt(self) -> None:
        """Ask it to end after its step."""
        if self._cluster.answers:
            self._host.interrupt.remote()

    def kill(self) -> None:
        """End it now, and give up its place."""
        if self._cluster.answers:
            with suppress(Exception):  # it may be gone with its machine
                self._cluster.ray.get(self._host.kill.remote(), timeout=TO_STOP)
            self._cluster.ray.kill(self._host)


def _refuse_unknown(problem: Exception) -> None:
    """Raise what is wrong if the actor could not even be made."""
    if "creation task" in str(problem):
        raise WorkerFailed(
            "Ray cannot start workers; see that plastica is installed on all machines of the cluster, in the same "
            f"version ({str(problem).strip().splitlines()[-1].strip()[:200]})."
        ) from None
