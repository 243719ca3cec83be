"""Parts of a job that do not depend on each other: each worker trains some of many networks."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import FileError, InvalidValue, caution
from ..model import Model
from ..model.options import Options
from ..model.reading import read_network
from ..storage import document as documents
from ..storage import newest_step
from ..training.run import Hook
from ..training.underway import Display
from ..typing import Document
from .address import Address
from .answers import MemberAnswer
from .job import (
    CHECKPOINT,
    SETTINGS,
    answer_of,
    error_of,
    network_at,
    plain_options,
    progress_of,
    read_json,
    write_json,
)
from .launching import WorkerTask, run_apart
from .shared import take_from
from .work import APART

BETWEEN = 0.5  # seconds between two looks at how far workers are


def sent_options(options: Options) -> Document:
    """Return the options of a run as workers get them."""
    names = ("batch_size", "epochs", "shuffle", "until", "time_limit", "max_steps", "average_every")
    return {**dict.fromkeys(names), **plain_options({name: getattr(options, name) for name in names})}


def displays_of(hooks: Sequence[Hook]) -> list[Display]:
    """Return hooks that show progress.

    Raises:
        InvalidValue: If there are others: they are code, and workers have the run.
    """
    for hook in hooks:
        if not isinstance(hook, Display):
            raise InvalidValue(
                f"cluster=...: the hook {getattr(hook, '__name__', type(hook).__name__)} cannot be sent to workers; "
                "leave hooks= out, or train in one process."
            )
    return [hook for hook in hooks if isinstance(hook, Display)]


def workers_for(networks: int, workers: int | None) -> int:
    """Return the number of workers among whom so many networks are divided, at most one for each."""
    if workers is not None and workers > networks:
        caution(
            f"cluster=...: {networks} networks cannot be divided among {workers} workers; {networks} are started, with "
            "one network each."
        )
    return min(workers or networks, networks)


def divided(folder: Path, networks: int, workers: int | None) -> list[list[int]]:
    """Return which networks each worker trains; a job that goes on keeps its parts.

    Raises:
        InvalidValue: If the folder has a job of other networks.
    """
    count = workers_for(networks, workers)
    before = read_json(folder / SETTINGS) if (folder / SETTINGS).exists() else {}
    parts = before.get("parts", [list(range(networks))[start::count] for start in range(count)])
    if sorted(place for part in parts for place in part) != list(range(networks)):
        raise InvalidValue(f"checkpoint={str(folder)!r} belongs to other networks; use another folder.")
    return parts


def begin_job(folder: Path, settings: Document) -> str:
    """Write the settings of a job, and return their tag, which answers carry: others belong to other settings."""
    tag = hashlib.sha256(documents.encode(settings).encode()).hexdigest()
    write_json(folder / SETTINGS, {**settings, "tag": tag})
    return tag


def part_task(folder: Path, how: str, part: int, talks: bool = False) -> WorkerTask:
    """Return the task of the worker for one part of a job."""
    log = folder / f"worker-{part}.log"
    return WorkerTask((str(folder), how, str(part)), part, log, error_of(folder, part), talks=talks)


def step_of(folder: Path, part: int) -> int:
    """Return the step of the newest checkpoint of a part."""
    return newest_step(folder / f"{CHECKPOINT}-{part}")


def train_parts(
    folder: Path, where: Address, settings: Document, displays: Sequence[Display], epochs: int
) -> list[MemberAnswer]:
    """Let workers train the parts of a job that have no answer yet, and return the answers of all networks, by place.

    Args:
        folder: The folder of the job, with networks and rows.
        where: Where the workers run.
        settings: The settings of the job, with ``parts``.
        displays: What shows progress.
        epochs: The epochs of the run.
    """
    tag = begin_job(folder, settings)
    parts: list[list[int]] = settings["parts"]
    left = [part for part in range(len(parts)) if not _is_answered(folder, part, tag)]
    look = PartsUnderWay(folder, parts, epochs, displays).look

    def progress(task: WorkerTask) -> int:
        return step_of(folder, task.number)

    tasks = [part_task(folder, APART, part) for part in left]
    if left and where.kind == "ray":
        from .ray_workers import train_apart

        train_apart(where, tasks, progress, look)
    elif left:
        run_apart(tasks, where.workers or len(left), progress, look)
    return answers_of(folder, parts)


def answers_of(folder: Path, parts: Sequence[Sequence[int]]) -> list[MemberAnswer]:
    """Return what workers have answered for the networks of each part, by place."""
    found: dict[int, MemberAnswer] = {}
    for part, places in enumerate(parts):
        own = map(MemberAnswer.from_dict, read_json(answer_of(folder, part))["members"])
        found |= dict(zip(places, own, strict=True))
    return [found[place] for place in range(len(found))]


def take_trained(folder: Path, models: Sequence[Model], answers: Sequence[MemberAnswer]) -> None:
    """Give models the weights and histories of their copies on the workers."""
    for place, (model, answer) in enumerate(zip(models, answers, strict=True)):
        take_from(model, read_network(network_at(folder, f"{place}-trained")).model)
        model.history = answer.history


def _is_answered(folder: Path, part: int, tag: str) -> bool:
    try:
        return answer_of(folder, part).exists() and read_json(answer_of(folder, part)).get("tag") == tag
    except FileError:
        return False


@dataclass
class RemoteMember:
    """A network on a worker, as a display sees it; see :class:`~plastica.training.underway.MemberUnderWay`."""

    logs: dict[str, float] = field(default_factory=dict[str, float])
    failed: str = ""


class PartsUnderWay:
    """A run that is divided among workers, as a display sees it.

    Args:
        folder: The folder of the job.
        parts: The places of the networks of each part.
        epochs: The epochs of the run.
        displays: What shows it.
    """

    def __init__(self, folder: Path, parts: Sequence[Sequence[int]], epochs: int, displays: Sequence[Display]) -> None:
        self.folder, self.parts, self.epochs, self.displays = folder, parts, epochs, displays
        self.members = [RemoteMember() for part in parts for _ in part]
        self.going = dict(enumerate(self.members))
        self.batches, self.step = 1, 0
        self._done = [0.0] * len(parts)  # epochs of each part
        self._next = time.monotonic() + BETWEEN

    def look(self) -> None:
        """Read how far the workers are, from time to time, and show it."""
        if not self.displays or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + BETWEEN
        for part, places in enumerate(self.parts):
            self._read(part, places)
        self.step = int(sum(self._done) / len(self._done) * self.batches)
        for display in self.displays:
            display(self)

    def _read(self, part: int, places: Sequence[int]) -> None:
        try:
            told = read_json(progress_of(self.folder, part))
        except FileError:  # it has not begun
            return
        self.batches = max(self.batches, int(told["batches"]))
        self._done[part] = told["step"] / told["batches"]
        for place, own in zip(places, told["members"], strict=True):
            self.members[place].logs, self.members[place].failed = own["logs"], own["failed"]
            if not own["goes"]:
                self.going.pop(place, None)
