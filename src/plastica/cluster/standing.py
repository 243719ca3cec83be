"""Jobs whose workers stay alive and come together in rounds, such as the meetings of a society."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ..errors import caution
from ..training.underway import Display
from ..typing import Document
from .address import Address
from .answers import MemberAnswer
from .apart import PartsUnderWay, answers_of, begin_job, part_task, step_of
from .pool import LocalWorker, Starter, WorkerPool
from .rounds import RoundHolder, RoundLog, hold_rounds
from .work import STANDING


def train_standing(
    folder: Path, where: Address, settings: Document, holder: RoundHolder, displays: Sequence[Display], epochs: int
) -> list[MemberAnswer]:
    """Let workers train the parts of a job, hold the rounds, and return the answers of all networks, by place.

    Args:
        folder: The folder of the job, with networks and rows.
        where: Where the workers run.
        settings: The settings of the job, with ``parts``.
        holder: What holds the rounds.
        displays: What shows progress.
        epochs: The epochs of the run.
    """
    begin_job(folder, settings)
    parts: list[list[int]] = settings["parts"]
    tasks = [part_task(folder, STANDING, part, talks=True) for part in range(len(parts))]
    start, watch = _starter_for(where)
    looks = [PartsUnderWay(folder, parts, epochs, displays).look, watch]
    log = RoundLog(folder, len(parts), holder)
    with WorkerPool(tasks, start, partial(step_of, folder), looks) as pool:
        hold_rounds(pool, log)
    return answers_of(folder, parts)


def workers_at(where: Address, networks: int) -> int | None:
    """Return how many workers can be alive at once at an address that says no number; the number if it does."""
    if where.kind != "ray":
        return where.workers
    from .ray_cluster import RayCluster

    places = RayCluster(where).places
    if (wanted := min(where.workers or 0, networks)) > places:
        caution(
            f"cluster=...: {wanted} workers have to be alive at the same time, and the cluster of Ray has places for "
            f"{places}; the run waits until it has more. Ask for fewer, as in ray?workers={places}."
        )
    return where.workers or min(places, networks)


def _starter_for(where: Address) -> tuple[Starter, Callable[[], None]]:
    """Return what starts workers at an address, and what sees from time to time whether the address answers."""
    if where.kind == "ray":
        from .ray_standing import StandingRayCluster

        cluster = StandingRayCluster(where)
        return cluster.start, cluster.look
    return LocalWorker, lambda: None
