"""What a worker does for a society: it trains some of the members, and brings them to each meeting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..cluster.answers import MemberAnswer
from ..cluster.attending import Attendance
from ..cluster.callbacks import callbacks_from
from ..cluster.job import network_at, progress_of, read_rows
from ..cluster.messages import WorkerLine, WorkerMessage
from ..cluster.work_apart import MEMBERS, Telling, options_of, write_answers
from ..model.options import Options
from ..model.reading import read_network
from ..populations import fitting
from ..populations.fitting import PopulationData
from ..populations.grid import MemberSettings
from ..populations.group import MemberGroup
from ..populations.splits import RowSplit
from ..storage import read_model
from ..storage.trees import flatten
from ..training.callbacks import Callback
from ..training.run import Run
from ..typing import Document
from .meeting import shared_arrays, with_shared_arrays
from .members import society_members


def work(folder: Path, settings: Document, part: int, line: WorkerLine) -> None:
    """Train the members of a part, and write the answer."""
    places: list[int] = settings["parts"][part]
    models = [read_network(network_at(folder, place)).model for place in places]
    learn, held_out = read_rows(folder)
    arrays, _ = read_model(folder / MEMBERS)
    rows = [arrays[str(place)].astype(np.int64) for place in places]
    data = PopulationData(learn, held_out, None, None, models[0].output_shape_for(learn.x), models[0].input_shape)
    given = options_of(folder, settings, part)
    alone = {number for number, place in enumerate(places) if place in settings["alone"]}
    # One that is alone has the bits of a network that is alone; others have those that they have among others.
    options = Options(
        verbose=0, initial_epoch=0, checkpoint_seconds=settings["checkpoint_seconds"], among_others=not alone, **given
    )
    group = MemberGroup(
        [MemberSettings({}, {}, model.seed, number) for number, model in enumerate(models)],
        list(models),
        [RowSplit(own.astype(np.int32), None) for own in rows],
        "",
    )
    every, epochs = settings["every"], options.epochs
    attendance = MeetingAttendance(
        line,
        range(every, epochs + 1, every),
        settings["before"],
        [[places.index(place) for place in kind if place in places] for kind in settings["kinds"]],
        settings["moments"],
        set(range(len(places))) if settings["shares"] == "nothing" else alone,
    )
    callbacks = [callbacks_from(settings["callbacks"][place]) for place in places]

    def own(place: int) -> list[Callback]:
        return [*callbacks[place], *([attendance] if place == 0 else [])]

    members = society_members(group, rows, data, options, alone)
    hooks = (attendance.look, Telling(progress_of(folder, part)))
    found = fitting.train_members(group, members, own, options, hooks, warns=False)
    answers = [
        MemberAnswer.of(history, callbacks[place], found.kept[place], found.failed.get(place, ""))
        for place, history in enumerate(found.histories)
    ]
    write_answers(folder, settings, part, models, answers)


class MeetingAttendance(Attendance):
    """Brings the members of a worker to meetings.

    Args:
        line, rounds, before: As for :class:`~plastica.cluster.attending.Attendance`.
        kinds: The members with each network, by their place on this worker.
        with_moments: Whether they bring the moments of their optimizers.
        keeping: Those who keep the very arrays that they have.
    """

    def __init__(
        self,
        line: WorkerLine,
        rounds: Sequence[int],
        before: int,
        kinds: Sequence[Sequence[int]],
        with_moments: bool,
        keeping: set[int],
    ) -> None:
        super().__init__(line, rounds, before)
        self.kinds, self.with_moments, self.keeping = kinds, with_moments, keeping

    def said(self, run: Run) -> tuple[Document, dict[str, np.ndarray]]:
        """Return the weights of the members, and who has failed or ended."""
        document = {
            "failed": [bool(member.failed) for member in run.members],
            "done": [member.is_done for member in run.members],
        }
        arrays: dict[str, np.ndarray] = {}
        for number, places in enumerate(self.kinds):
            own = [flatten(self._shown(run, place)) for place in places]
            for name in own[0] if own else ():
                arrays[f"{number}/{name}"] = np.stack([each[name] for each in own])
        return document, arrays

    def take(self, run: Run, reply: WorkerMessage) -> None:
        """Give the members the weights with which they come out of the meeting."""
        for number, places in enumerate(self.kinds):
            for row, place in enumerate(places):
                if place in self.keeping:
                    continue
                like = self._shown(run, place)
                made = [reply.arrays[f"{number}/{name}"][row] for name in flatten(like)]
                learner: Any = jax.tree.unflatten(jax.tree.structure(like), made)
                trainee = run.members[place].trainee
                trainee.learner = with_shared_arrays(trainee.learner, learner)

    def _shown(self, run: Run, place: int) -> tuple[Any, ...]:
        return shared_arrays(run.members[place].trainee.learner, self.with_moments)
