"""Workers that Ray starts on its machines: Ray Train for one network, tasks for many."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import InvalidValue, MissingExtra
from .address import Address
from .job import error_of
from .joining import answers, wait_for
from .launching import MOST_IN_VAIN, WorkerFailed, raise_own_error
from .work import APART, TOGETHER, work

PATIENCE = 30.0  # seconds in which Ray's head has to answer
LOOK = 0.5  # seconds between two looks at how far workers are
GONE = 20.0  # seconds after which a silent head is gone; Ray itself ends the process after 60
PORT = 10001  # at which Ray's head listens by default


def train_together(folder: Path, where: Address) -> None:
    """Train one network by the workers of Ray Train, which starts all of them again if one is lost."""
    ray = _begun(where)
    from ray.train import FailureConfig, RunConfig, ScalingConfig  # pyright: ignore[reportMissingImports]
    from ray.train.v2.jax import JaxConfig, JaxTrainer  # pyright: ignore[reportMissingImports]

    workers = where.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    trainer = JaxTrainer(
        _together,
        train_loop_config={"folder": str(folder)},
        # On CPUs as well: without it, Ray starts no group of processes.
        jax_config=JaxConfig(use_gpu=True),
        scaling_config=ScalingConfig(num_workers=workers, resources_per_worker={"CPU": 1}),
        run_config=RunConfig(
            name=folder.name,
            storage_path=str(folder / "ray"),
            failure_config=FailureConfig(max_failures=MOST_IN_VAIN),
        ),
    )
    for number in range(workers):
        error_of(folder, number).unlink(missing_ok=True)
    try:
        trainer.fit()
    except Exception as problem:
        for number in range(workers):
            raise_own_error(error_of(folder, number))
        raise WorkerFailed(f"Ray ended the training: {_first_line(problem)}") from None


def train_apart(folder: Path, where: Address, parts: Sequence[int], look: Callable[[], None]) -> None:
    """Train many networks by tasks of Ray, which repeats those whose worker is lost."""
    ray = _begun(where)
    task = ray.remote(max_retries=MOST_IN_VAIN, num_cpus=1)(_apart)
    try:
        waiting = asked = [task.remote(str(folder), part) for part in parts]
        head = HeadWatch(_head_of(where) if where.host else ray.get_runtime_context().gcs_address)
        while waiting:
            _, waiting = ray.wait(waiting, timeout=LOOK)
            look()
            head.look()
        codes = ray.get(asked)
    except WorkerFailed:
        raise
    except Exception as problem:
        raise WorkerFailed(f"Ray ended the training: {_first_line(problem)}") from None
    for part, code in zip(parts, codes, strict=True):
        raise_own_error(error_of(folder, part))
        if code:
            raise WorkerFailed(f"worker {part + 1} ended with exit code {code}; see Ray's log of this task.")


class HeadWatch:
    """Notices that Ray's head has vanished, before Ray ends this process for it.

    Args:
        address: ``"HOST:PORT"``, where the head listens.
    """

    def __init__(self, address: str) -> None:
        self.address, self._answered = address, time.monotonic()

    def look(self) -> None:
        """See whether the head answers.

        Raises:
            WorkerFailed: If it has not done so for too long.
        """
        if answers(self.address, LOOK):
            self._answered = time.monotonic()
        elif (silent := time.monotonic() - self._answered) > GONE:
            raise WorkerFailed(
                f"the head of Ray at {self.address} has not answered for {silent:.0f} s; start it again (ray start "
                "--head), and continue from the last checkpoint with resume=True and the same checkpoint folder."
            )


def _head_of(where: Address) -> str:
    head = where.host.removeprefix("ray://")
    return head if ":" in head else f"{head}:{PORT}"


def _together(config: Mapping[str, Any]) -> None:
    """Train the network of a job; runs in each worker of Ray Train, which has joined it to the others."""
    import jax

    folder, number = Path(config["folder"]), jax.process_index()
    # What an earlier attempt ended with would come up again: only lost workers are worth another attempt.
    said = [each for each in range(jax.process_count()) if error_of(folder, each).exists()]
    if said or work(folder, TOGETHER, number):
        raise RuntimeError(f"worker {number} failed")


def _apart(folder: str, part: int) -> int:
    """Train some of the networks of a job; runs in a worker of Ray."""
    return work(Path(folder), APART, part)


def _begun(where: Address) -> ModuleType:
    """Return Ray, connected to its cluster.

    Raises:
        MissingExtra: If Ray is not installed.
        InvalidValue: If the cluster does not answer.
    """
    try:
        import ray  # pyright: ignore[reportMissingImports]
    except ImportError as missing:
        raise MissingExtra(f"cluster={where.host or 'ray'!r} needs Ray: pip install 'plastica[cluster]'") from missing
    if not ray.is_initialized():
        if where.host:
            wait_for(_head_of(where), PATIENCE, f"cluster={where.host!r}", "the head of Ray")
        try:
            ray.init(address=where.host or "auto", log_to_driver=False, logging_level="ERROR")
        except Exception as problem:
            raise InvalidValue(
                f"cluster={where.host or 'ray'!r}: no cluster of Ray takes part ({_first_line(problem)}); see that its "
                "head runs (ray status there), and that the versions of Ray and Python agree."
            ) from None
    return ray


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:300]
