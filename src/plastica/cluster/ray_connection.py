"""The connection to a cluster of Ray."""

from __future__ import annotations

import sys
import time
from importlib.util import find_spec
from types import ModuleType

from ..errors import InvalidValue, MissingExtra
from .address import Address
from .joining import answers, wait_for
from .launching import WorkerFailed

PATIENCE = 30.0  # seconds in which Ray's head has to answer
LOOK = 0.5  # seconds between two looks at whether the head answers
GONE = 20.0  # seconds after which a silent head is gone; Ray itself ends the process after 60
PORT = 10001  # at which Ray's head listens by default


def connected(where: Address) -> ModuleType:
    """Return Ray, connected to its cluster.

    Raises:
        MissingExtra: If Ray is not installed.
        InvalidValue: If the cluster does not answer.
    """
    require_ray(where)
    import ray  # pyright: ignore[reportMissingImports]

    if not ray.is_initialized():
        require_head(where)
        try:
            ray.init(address=where.host or "auto", log_to_driver=False, logging_level="ERROR")
        except Exception as problem:
            raise InvalidValue(
                f"cluster={where.host or 'ray'!r}: no cluster of Ray takes part ({first_line(problem)}); see that its "
                "head runs (ray status there), that the versions of Ray and Python agree, and, if ray start says that "
                "tokens are asked for, that RAY_AUTH_MODE=token is set here as well, with the token of the head."
            ) from None
    return ray


def require_ray(where: Address) -> None:
    """Check that Ray is installed, without loading it.

    Raises:
        MissingExtra: If it is not.
    """
    if sys.modules.get("ray") is None and find_spec("ray") is None:
        raise MissingExtra(f"cluster={where.host or 'ray'!r} needs Ray: pip install 'plastica[cluster]'")


def require_head(where: Address) -> None:
    """Check that the head of an address answers; a cluster that this machine belongs to has none in its address.

    Raises:
        InvalidValue: If it does not answer in time.
    """
    if where.host:
        wait_for(head_of(where), PATIENCE, f"cluster={where.host!r}", "the head of Ray")


def first_line(problem: Exception) -> str:
    """Return the first line of what an exception says."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:300]


class HeadWatch:
    """Notices that Ray's head has vanished, before Ray ends this process for it.

    Args:
        address: ``"HOST:PORT"``, where the head listens.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._answered = self._looked = time.monotonic()
        self._answers = True

    @property
    def answers(self) -> bool:
        """Whether the head has answered a moment ago."""
        if (now := time.monotonic()) >= self._looked + LOOK:
            self._looked, self._answers = now, answers(self.address, LOOK)
            self._answered = now if self._answers else self._answered
        return self._answers

    def look(self) -> None:
        """See whether the head answers.

        Raises:
            WorkerFailed: If it has not done so for too long.
        """
        if not self.answers and (silent := time.monotonic() - self._answered) > GONE:
            raise WorkerFailed(
                f"the head of Ray at {self.address} has not answered for {silent:.0f} s; start it again (ray start "
                "--head), and continue from the last checkpoint with resume=True and the same checkpoint folder."
            )


def head_of(where: Address) -> str:
    """Return the host and the port of the head of an address."""
    head = where.host.removeprefix("ray://")
    return head if ":" in head else f"{head}:{PORT}"
