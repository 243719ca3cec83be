"""What a worker does that trains some of many networks, and asks no other worker for anything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..model import Model
from ..model.options import Options
from ..model.reading import read_network
from ..populations import fitting
from ..populations.grid import MemberSettings
from ..populations.group import MemberGroup
from ..populations.splits import RowSplit
from ..populations.together import CheckedRows, TogetherOptions, train_checked
from ..storage import newest_step, read_model
from ..training.callbacks import Callback
from ..training.run import Run
from ..typing import Document
from .answers import MemberAnswer
from .callbacks import callbacks_from
from .job import CHECKPOINT, answer_of, network_at, progress_of, read_rows, until_from, write_json
from .messages import WorkerLine
from .rungs import RungAttendance

MEMBERS = "members.plastica"
EVERY = 0.5  # seconds between two words on how far it is


def train_apart(folder: Path, settings: Document, part: int) -> None:
    """Train the networks of a part, and write the answer."""
    models, callbacks = _networks(folder, settings, part)
    train = _train_group if "members" in settings else _train_own_rows
    write_answers(folder, settings, part, models, train(folder, settings, part, models, callbacks))


def work(folder: Path, settings: Document, part: int, line: WorkerLine) -> None:
    """Train the networks of a part, of which some may be given up at each rung, and write the answer."""
    models, callbacks = _networks(folder, settings, part)
    rungs = RungAttendance(line, settings["pauses"], callbacks)
    write_answers(folder, settings, part, models, _train_group(folder, settings, part, models, callbacks, rungs))


def _networks(folder: Path, settings: Document, part: int) -> tuple[list[Model], list[list[Callback]]]:
    """Return the networks of a part, and their callbacks."""
    places: list[int] = settings["parts"][part]
    models: list[Model] = [read_network(network_at(folder, place)).model for place in places]
    return models, [callbacks_from(settings["callbacks"][place]) for place in places]


def write_answers(
    folder: Path, settings: Document, part: int, models: Sequence[Model], answers: Sequence[MemberAnswer]
) -> None:
    """Write the trained networks of a part, and what is answered for them."""
    for place, model in zip(settings["parts"][part], models, strict=True):
        model.save(network_at(folder, f"{place}-trained"))
    told = [each.to_dict() for each in answers]
    write_json(answer_of(folder, part), {"tag": settings["tag"], "members": told})


def _train_group(
    folder: Path,
    settings: Document,
    part: int,
    models: Sequence[Model],
    callbacks: Sequence[list[Callback]],
    rungs: RungAttendance | None = None,
) -> list[MemberAnswer]:
    """Train networks that share their rows."""
    learn, held_out = read_rows(folder)
    arrays, _ = read_model(folder / MEMBERS)
    splits = [
        RowSplit(arrays[f"{number}/train"], arrays.get(f"{number}/held_out")) for number in range(settings["splits"])
    ]
    own = [settings["members"][place] for place in settings["parts"][part]]
    members = [MemberSettings({}, {}, each["seed"], each["part"], each["batch_size"]) for each in own]
    first = models[0]
    shape = first.output_shape_for(learn.x)
    data = fitting.PopulationData(learn, held_out, arrays.get("weight"), None, shape, first.input_shape)
    options = Options(
        verbose=0,
        initial_epoch=0,
        checkpoint_seconds=settings["checkpoint_seconds"],
        among_others=len(settings["members"]) > 1,
        **options_of(folder, settings, part),
    )
    group = MemberGroup(members, list(models), splits or None, "")
    hooks = [Telling(progress_of(folder, part)), *([] if rungs is None else [rungs.look])]

    def own_callbacks(place: int) -> list[Callback]:
        return [*callbacks[place], *([] if rungs is None or place else [rungs])]

    found = fitting.fit(group, data, own_callbacks, options, hooks, warns=False)
    return [
        MemberAnswer.of(history, callbacks[place], found.kept[place], found.failed.get(place, ""))
        for place, history in enumerate(found.histories)
    ]


def _train_own_rows(
    folder: Path, settings: Document, part: int, models: Sequence[Model], callbacks: Sequence[list[Callback]]
) -> list[MemberAnswer]:
    """Train networks each of which has rows of its own."""
    checked = [CheckedRows(*read_rows(folder, place)) for place in settings["parts"][part]]
    given = options_of(folder, settings, part)
    names = ("epochs", "batch_size", "time_limit", "checkpoint", "resume")
    options = TogetherOptions(**{name: given[name] for name in names})
    hooks = (Telling(progress_of(folder, part)),)
    histories = train_checked(models, checked, lambda place: callbacks[place], options, hooks)
    return [MemberAnswer.of(history, own) for history, own in zip(histories, callbacks, strict=True)]


def options_of(folder: Path, settings: Document, part: int) -> dict[str, Any]:
    """Return the options of the run of a part, by the names of the arguments of ``fit``."""
    kept = folder / f"{CHECKPOINT}-{part}"
    given = settings["options"]
    return {**given, "until": until_from(given["until"]), "checkpoint": kept, "resume": newest_step(kept) > 0}


class Telling:
    """A hook that writes how far a part is, for those who wait for it.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._next = path, 0.0

    def __call__(self, run: Run) -> None:
        """Write where the run stands, if the last word is old enough."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        going = run.going
        members = [
            {"logs": member.logs, "failed": member.failed, "goes": place in going}
            for place, member in enumerate(run.members)
        ]
        write_json(self.path, {"step": run.step, "batches": run.batches, "members": members})
