"""How a process joins others that train one network together."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import jax

from ..errors import InvalidValue
from ..training.lockstep import Lockstep
from ..version import __version__

# Set by those who start workers: the address of the first one, how many there are, and the number of this one from 0.
ADDRESS, WORKERS, NUMBER = "PLASTICA_ADDRESS", "PLASTICA_WORKERS", "PLASTICA_WORKER"
HEAD = "PLASTICA_HEAD"  # the process that started a worker of this machine, which ends with it
PATIENCE = 60.0  # seconds in which all workers have to come
BETWEEN = 0.2  # seconds between two attempts to reach the first worker
# Seconds after which a silent worker counts as lost. A worker that ends is noticed at once, since its connections do.
HEARTBEAT = 30


class Seat(NamedTuple):
    """The place of a worker among others: the address of the first one, how many they are, and its number from 0."""

    address: str
    workers: int
    number: int


def join(
    address: str | None = None, workers: int | None = None, number: int | None = None, *, wait: float = PATIENCE
) -> int:
    """Join the other processes of a training, and return the number of this one, from 0.

    When to use: at the beginning of a script that runs once on each machine, started by Slurm, Kubernetes or by hand.
    ``fit(devices="all")`` then divides each batch among the devices of all of them. Every process runs the same script
    on the same data; files of checkpoints are written by the first one.

    Args:
        address: ``"HOST:PORT"`` of the first process. Default: the environment variable ``PLASTICA_ADDRESS``, or what
            Slurm says.
        workers: How many processes there are. Default: ``PLASTICA_WORKERS``, or what Slurm says.
        number: The number of this process, from 0. Default: ``PLASTICA_WORKER``, or what Slurm says.
        wait: Seconds to wait for the others.

    Raises:
        InvalidValue: If the address is not complete, JAX is in use already, the first process does not answer in time,
            the others do not come, or their versions differ.

    Example:
        >>> join("localhost:1", 2, 1, wait=0.1)
        Traceback (most recent call last):
        plastica.errors.InvalidValue: join: localhost:1 did not answer for 0.1 s; ...
    """
    if not jax.distributed.is_initialized():
        _initialize(seat_of(os.environ, address, workers, number), wait)
    digest = hashlib.sha256(versions().encode()).hexdigest()
    with _quiet():
        Lockstep().require_same(digest, f"another version of Python, JAX or plastica (here {versions()})")
    return jax.process_index()


def versions() -> str:
    """Return the versions that have to agree among workers: of Python, JAX and plastica."""
    return f"{platform.python_version()} {jax.__version__} {__version__}"


def require_versions(wanted: str) -> None:
    """Check that this worker has the versions of the process that started it.

    Raises:
        InvalidValue: If it has not.
    """
    if versions() != wanted:
        raise InvalidValue(
            f"a worker on {platform.node()} has other versions of Python, JAX or plastica ({versions()}) than the "
            f"process that started it ({wanted}); install the same versions on all machines."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what Gloo prints of its first connections, whatever its level of logging."""
    sys.stdout.flush()
    shown, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(shown, 1)
        os.close(shown)
        os.close(nowhere)


def seat_of(
    environment: Mapping[str, str], address: str | None = None, workers: int | None = None, number: int | None = None
) -> Seat | None:
    """Return the place of this process from arguments and environment variables; None where Slurm knows it.

    Raises:
        InvalidValue: If it is not complete.

    Example:
        >>> seat_of({"PLASTICA_ADDRESS": "head:1234", "PLASTICA_WORKERS": "4", "PLASTICA_WORKER": "2"})
        Seat(address='head:1234', workers=4, number=2)
    """
    found = [
        environment.get(name, "") if given is None else str(given)
        for name, given in ((ADDRESS, address), (WORKERS, workers), (NUMBER, number))
    ]
    if not any(found) and "SLURM_JOB_ID" in environment:
        return None
    where, count, place = found
    host, colon, port = where.rpartition(":")
    numbers = [each.isdecimal() for each in (port, count, place)]
    if not (host and colon and all(numbers)) or int(place) >= int(count):
        raise InvalidValue(
            f"join: address={where!r}, workers={count!r}, number={place!r}: give HOST:PORT of the first worker, how "
            f"many there are, and a number from 0 below that; or set {ADDRESS}, {WORKERS} and {NUMBER}."
        )
    return Seat(where, int(count), int(place))


def _initialize(seat: Seat | None, wait: float) -> None:
    """Join this process to the others."""
    if seat is not None and seat.number:
        wait_for(seat.address, wait, "join", "the first worker")
    cpu_collectives = "jax_cpu_collectives_implementation"
    if hasattr(jax.config, cpu_collectives):
        jax.config.update(cpu_collectives, "gloo")
    try:
        jax.distributed.initialize(
            None if seat is None else seat.address,
            None if seat is None else seat.workers,
            None if seat is None else seat.number,
            initialization_timeout=max(1, int(wait)),
            heartbeat_timeout_seconds=HEARTBEAT,
        )
    except (RuntimeError, ValueError) as problem:
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        if "must be called before" in first:
            raise InvalidValue(
                "join: JAX is in use in this process already; call pl.cluster.join() at the beginning of the script, "
                "before the first array, model or look at jax.devices()."
            ) from None
        raise InvalidValue(
            f"join: not all workers came within {wait:g} s ({first[:200]}). See that each was started with the same "
            "address and number of workers, and that a firewall lets them reach the first one."
        ) from None


def answers(address: str, wait: float) -> bool:
    """Return whether something listens at an address, ``"HOST:PORT"``, and answers within some seconds."""
    try:
        _reach(address, wait)
    except (OSError, OverflowError):
        return False
    return True


def _reach(address: str, wait: float) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=wait).close()


def wait_for(address: str, wait: float, owner: str, what: str) -> None:
    """Wait until something listens at an address.

    Args:
        address: ``"HOST:PORT"``.
        wait: Seconds to wait.
        owner: What needs it, for the message.
        what: What listens there, for the message.

    Raises:
        InvalidValue: If nothing answers in time.
    """
    until = time.monotonic() + wait
    while True:
        try:
            _reach(address, max(BETWEEN, min(wait, 5.0)))
            return
        except (OSError, OverflowError) as problem:
            if time.monotonic() >= until:
                raise InvalidValue(
                    f"{owner}: {address} did not answer for {wait:g} s; see that {what} runs there, that the port is "
                    f"open, and that this machine can reach it ({problem})."
                ) from None
        time.sleep(BETWEEN)
