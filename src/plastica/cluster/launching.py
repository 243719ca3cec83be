"""Workers on this machine: start them, watch them, and start again those that were lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO, TypeVar

from .. import errors
from ..errors import FileError, PlasticaError, PlasticaWarning
from ..training import interrupting
from ..training.interrupting import Interrupted
from .job import read_json
from .joining import ADDRESS, HEAD, NUMBER, WORKERS
from .messages import StreamLine
from .stragglers import Stragglers

LOOK = 0.05  # seconds between two looks at the workers
# Seconds in which a worker that was lost is seen to be, after others noticed it.
TO_SHOW = 2.0
TO_END = 30.0  # seconds in which workers end after an interrupt, before they are killed
# A worker that was lost is started again as long as the run gets on; so many losses without a checkpoint end it.
MOST_IN_VAIN = 3
INTERRUPTED = "interrupted; the workers have ended. With a checkpoint folder, resume=True continues the run."
LOST_OTHERS = 75  # the exit code of a worker that ended because another one did
FAILED = 1
NO_ROOM = 74  # that of a worker that could not even write what failed
# What libraries in C++ print of connections; the errors among it are said by this process.
QUIET = {"GLOO_LOG_LEVEL": "ERROR", "TF_CPP_MIN_LOG_LEVEL": "3"}


class WorkerFailed(PlasticaError, RuntimeError):
    """A worker of a cluster failed, and starting it again did not help."""


@dataclass
class WorkerTask:
    """What one worker computes: the arguments of ``python -m plastica.cluster``, and where its errors are.

    Attributes:
        arguments: The arguments.
        number: The number of the worker, from 0.
        log: The file for what it prints; None for the output of this process.
        error: The file in which it says what failed.
        seat: Environment variables that say who the others are.
        talks: Whether it exchanges messages with this process over its standard input and output.
    """

    arguments: Sequence[str]
    number: int
    log: Path | None
    error: Path
    seat: Mapping[str, str] = field(default_factory=dict)
    talks: bool = False


class Process:
    """A worker under way."""

    def __init__(self, task: WorkerTask) -> None:
        self.task = task
        task.error.unlink(missing_ok=True)
        log = None if task.log is None else task.log.open("ab")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "plastica.cluster", *task.arguments],
                env={**QUIET, **os.environ, **_where_plastica_is(), HEAD: str(os.getpid()), **task.seat},
                stdout=subprocess.PIPE if task.talks else _stream(sys.stdout) if log is None else log,
                stderr=log,
                stdin=subprocess.PIPE if task.talks else subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is passed on once, by this process
            )
        finally:
            if log is not None:
                log.close()

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    @property
    def line(self) -> StreamLine:
        """The messages to and from a worker that talks."""
        incoming, outgoing = self._process.stdout, self._process.stdin
        assert incoming is not None
        assert outgoing is not None
        return StreamLine(incoming, outgoing)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def interrupt(self) -> None:
        """Ask it to end after its step."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()


class Underway(Protocol):
    """A worker under way, wherever it runs."""

    task: WorkerTask

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        ...

    def interrupt(self) -> None:
        """Ask it to end after its step."""
        ...

    def kill(self) -> None:
        """End it now."""
        ...


AnyWorker = TypeVar("AnyWorker", bound=Underway)


def run_together(
    begin: Callable[[], Sequence[Underway]], progress: Callable[[], int], look: Callable[[], None] = lambda: None
) -> int:
    """Run workers that train one network; if one is lost, start all of them again from the last checkpoint.

    Args:
        begin: Starts the workers of one attempt.
        progress: Returns the step of the newest checkpoint.
        look: Called from time to time.

    Returns:
        How often workers were lost.

    Raises:
        PlasticaError: What a worker raised; all others are stopped.
        WorkerFailed: If workers are lost again and again before a checkpoint is written.
    """
    lost, in_vain = 0, 0
    while True:
        before = progress()
        with stopped_at_the_end([*begin()]) as going:
            while all(each.code in (None, 0) for each in going) and any(each.code is None for each in going):
                time.sleep(LOOK)
                look()
            if all(each.code == 0 for each in going):
                return lost
            failed = _first_failure(going)
        raise_own_error(failed.task.error, failed.code)
        lost += 1
        in_vain = in_vain + 1 if progress() <= before else 0
        say_lost(failed, len(going), in_vain, "all of them go on from the last checkpoint")


def run_apart(
    tasks: Sequence[WorkerTask],
    at_once: int,
    progress: Callable[[WorkerTask], int],
    look: Callable[[], None] = lambda: None,
    start: Callable[[WorkerTask], Underway] | None = None,
) -> int:
    """Run tasks that do not depend on each other, some at once; one whose worker is lost is started again.

    Args:
        tasks: The tasks.
        at_once: How many workers there are.
        progress: Returns the step of the newest checkpoint of a task.
        look: Called from time to time.
        start: Starts a worker. Default: as a process of this machine.

    Returns:
        How often workers were lost.

    Raises:
        PlasticaError, WorkerFailed: As for :func:`run_together`.
    """
    waiting, lost = list(tasks), 0
    in_vain: dict[int, int] = {}
    begun: dict[int, int] = {}
    watch = Stragglers(len(tasks))
    with interrupting.noted() as interrupts, stopped_at_the_end(list[Underway]()) as going:
        while waiting or going:
            if interrupts.asked:
                raise Interrupted(INTERRUPTED)
            while waiting and len(going) < at_once:
                task = waiting.pop(0)
                begun[task.number] = progress(task)
                going.append((start or Process)(task))
                watch.begun(task.number)
            time.sleep(LOOK)
            watch.look()
            look()
            for each in [each for each in going if each.code is not None]:
                going.remove(each)
                watch.ended(each.task.number, well=each.code == 0)
                if each.code == 0:
                    continue
                raise_own_error(each.task.error, each.code)
                number = each.task.number
                lost += 1
                in_vain[number] = in_vain.get(number, 0) + 1 if progress(each.task) <= begun[number] else 0
                say_lost(each, len(tasks), in_vain[number], "its networks go on from their last checkpoint")
                waiting.insert(0, each.task)
    return lost


@contextmanager
def stopped_at_the_end(going: list[AnyWorker]) -> Iterator[list[AnyWorker]]:
    """Stop workers at the end; after Ctrl-C they end by themselves, so that their checkpoints are complete."""
    try:
        yield going
    except KeyboardInterrupt:
        for each in going:
            each.interrupt()
        until = time.monotonic() + TO_END
        while any(each.code is None for each in going) and time.monotonic() < until:
            time.sleep(LOOK)
        raise
    finally:
        for each in going:
            if each.code is None:
                each.kill()


def _first_failure(going: Sequence[Underway]) -> Underway:
    """Return the worker that failed first: one that says why, was killed, or did not end because of another."""
    until = time.monotonic() + TO_SHOW
    while not (ended := [each for each in going if each.code not in (None, 0, LOST_OTHERS)]):
        if time.monotonic() > until:
            break
        time.sleep(LOOK)
    saying = [each for each in going if each.task.error.exists()]
    killed = [each for each in ended if (each.code or 0) < 0]  # others may have failed only after it
    return (saying or killed or ended or [each for each in going if each.code not in (None, 0)])[0]


def raise_own_error(path: Path, code: int | None = None) -> None:
    """Raise the error that a worker wrote, if it did; the exit code of one that could not write it says so."""
    if code == NO_ROOM:
        raise FileError(
            f"{path.parent} cannot be written; the disk is probably full. The workers are stopped, and older "
            "checkpoints are unchanged: make room, and continue with resume=True."
        )
    if not path.exists():
        return
    told = read_json(path)
    kind = getattr(errors, str(told["type"]), WorkerFailed)
    kind = kind if isinstance(kind, type) and issubclass(kind, PlasticaError) else WorkerFailed
    raise kind(str(told["message"]))


def say_lost(process: Underway, workers: int, in_vain: int, what: str) -> None:
    """Warn that a worker was lost, and say what is done.

    Raises:
        WorkerFailed: If that happened too often.
    """
    code = process.code or 0
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    who = f"worker {process.task.number + 1} of {workers} was lost ({how})"
    if in_vain >= MOST_IN_VAIN:
        where = "" if process.task.log is None else f"; what it printed is in {process.task.log}"
        last = _last_line(process.task.log)
        raise WorkerFailed(
            f"{who}, {in_vain} times without a checkpoint in between; training ends{where}{last}. A system that runs "
            "out of memory kills processes with signal 9: start fewer workers."
        )
    warnings.warn(f"{who}; {what}.", PlasticaWarning, stacklevel=4)


def _last_line(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return f" ({lines[-1].strip()[:200]})" if lines else ""


def seats(workers: int) -> list[dict[str, str]]:
    """Return the environment of workers on this machine that train one network."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    return seats_at(f"localhost:{port}", workers)


def seats_at(address: str, workers: int) -> list[dict[str, str]]:
    """Return the environment of workers the first of which is at an address, ``"HOST:PORT"``."""
    own = {ADDRESS: address, WORKERS: str(workers)}
    return [{**own, NUMBER: str(number)} for number in range(workers)]


def _stream(shown: TextIO) -> int | None:
    """Return the file descriptor of a stream, to which standard output may be redirected; None if it has none."""
    try:
        shown.flush()
        return shown.fileno()
    except (OSError, ValueError):
        return None


def _where_plastica_is() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {"PYTHONPATH": os.pathsep.join([root, *(path for path in paths if path and path != root)])}
