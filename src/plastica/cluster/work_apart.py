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
from .callbacks import GivenUp, callbacks_from
from .job import CHECKPOINT, answer_of, network_at, progress_of, read_rows, until_from, write_json

MEMBERS = "members.plastica"
EVERY = 0.5  # seconds between two words on how far it is


def train_apart(folder: Path, settings: Document, part: int) -> None:
    """Train the networks of a part, and write the answer."""
    places: list[int] = settings["parts"][part]
    models = [read_network(network_at(folder, place)).model for place in places]
    callbacks = [callbacks_from(settings["callbacks"][place]) for place in places]
    if settings.get("staged"):
        own = settings["given_up"]
        callbacks = [[*each, GivenUp(own.get(str(place), ""))] for place, each in zip(places, callbacks, strict=True)]
    train = _train_group if "members" in settings else _train_own_rows
    answers = train(folder, settings, part, models, callbacks)
    for place, model in zip(places, models, strict=True):
        model.save(network_at(folder, f"{place}-trained"))
    told = [each.to_dict() for each in answers]
    write_json(answer_of(folder, part), {"tag": settings["tag"], "members": told})


def _train_group(
    folder: Path, settings: Document, part: int, models: Sequence[Model], callbacks: Sequence[list[Callback]]
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
        pause_after=settings.get("pause"),
        among_others=len(settings["members"]) > 1,
        **_options(folder, settings, part),
    )
    group = MemberGroup(members, list(models), splits or None, "")
    found = fitting.fit(
        group, data, lambda place: callbacks[place], options, Telling(progress_of(folder, part)), warns=False
    )
    return [
        MemberAnswer.of(history, callbacks[place], found.kept[place], found.failed.get(place, ""))
        for place, history in enumerate(found.histories)
    ]


def _train_own_rows(
    folder: Path, settings: Document, part: int, models: Sequence[Model], callbacks: Sequence[list[Callback]]
) -> list[MemberAnswer]:
    """Train networks each of which has rows of its own."""
    checked = [CheckedRows(*read_rows(folder, place)) for place in settings["parts"][part]]
    given = _options(folder, settings, part)
    names = ("epochs", "batch_size", "time_limit", "checkpoint", "resume")
    options = TogetherOptions(**{name: given[name] for name in names})
    hooks = (Telling(progress_of(folder, part)),)
    histories = train_checked(models, checked, lambda place: callbacks[place], options, hooks)
    return [MemberAnswer.of(history, own) for history, own in zip(histories, callbacks, strict=True)]


def _options(folder: Path, settings: Document, part: int) -> dict[str, Any]:
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
