"""Jobs whose workers stay alive and come together in rounds, such as the meetings of a society."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ..errors import InvalidValue
from ..storage import document as documents
from ..storage import newest_step
from ..training.underway import Display
from ..typing import Document
from .address import Address
from .answers import MemberAnswer
from .apart import PartsUnderWay, answers_of
from .job import CHECKPOINT, SETTINGS, error_of, write_json
from .launching import WorkerTask
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
    tag = hashlib.sha256(documents.encode(settings).encode()).hexdigest()
    write_json(folder / SETTINGS, {**settings, "tag": tag})
    parts: list[list[int]] = settings["parts"]
    tasks = [
        WorkerTask(
            (str(folder), STANDING, str(part)), part, folder / f"worker-{part}.log", error_of(folder, part), talks=True
        )
        for part in range(len(parts))
    ]
    looks = [PartsUnderWay(folder, parts, epochs, displays).look]
    log = RoundLog(folder, len(parts), holder)
    with WorkerPool(tasks, starter_for(where), partial(_step_of, folder), looks) as pool:
        hold_rounds(pool, log)
    return answers_of(folder, parts)


def _step_of(folder: Path, part: int) -> int:
    """Return the step of the newest checkpoint of a part."""
    return newest_step(folder / f"{CHECKPOINT}-{part}")


def starter_for(where: Address) -> Starter:
    """Return what starts workers at an address.

    Raises:
        InvalidValue: If workers cannot stay alive there.
    """
    if where.kind == "ray":
        raise InvalidValue("cluster='ray': workers of Ray do not stay alive between meetings yet; give local:N.")
    return LocalWorker
