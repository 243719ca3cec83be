"""Workers that stay alive on the machines of Ray: their messages go through the actor that runs the process."""

from __future__ import annotations

import queue
import threading
from typing import Any

from .address import Address
from .launching import WorkerTask
from .messages import WorkerMessage
from .pool import Inbox
from .ray_cluster import RayCluster, RayWorker


class StandingRayWorker(RayWorker):
    """A process on a machine of Ray that exchanges messages with this one.

    Args:
        cluster, host, task: As for :class:`~.ray_cluster.RayWorker`.
        inbox: Where what it says arrives.
    """

    def __init__(self, cluster: RayCluster, host: Any, task: WorkerTask, inbox: Inbox) -> None:
        super().__init__(cluster, host, task)
        self._started = self._asked
        self._talk, self._get, self._inbox = host.talk, cluster.ray.get, inbox
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._outgoing.put(None)  # nothing is said before the first message comes
        threading.Thread(target=self._listen, name=f"plastica-worker-{task.number}", daemon=True).start()

    def _listen(self) -> None:
        try:
            self._get(self._started)
            while (said := self._get(self._talk.remote(self._outgoing.get()))) is not None:
                self._inbox.put((self, WorkerMessage.decode(said)))
        except Exception:  # why it ended is found out by those who ask for its exit code
            pass
        finally:
            self._inbox.put((self, None))

    def send(self, message: WorkerMessage) -> None:
        """Send it a message."""
        self._outgoing.put(message.encode())


class StandingRayCluster:
    """Starts workers on the machines of Ray that stay alive.

    Args:
        where: The address.
    """

    def __init__(self, where: Address) -> None:
        self._cluster = RayCluster(where)
        self.look = self._cluster.head.look

    def start(self, task: WorkerTask, inbox: Inbox) -> StandingRayWorker:
        """Start a worker as soon as there is a place."""
        return StandingRayWorker(self._cluster, self._cluster.place(), task, inbox)
