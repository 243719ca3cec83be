"""Training of a society by several workers: they train members between meetings, which are held in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..cluster.address import address_of
from ..cluster.apart import displays_of, divided, sent_options, take_trained
from ..cluster.callbacks import callbacks_document
from ..cluster.groups import population_history
from ..cluster.job import network_at, write_rows
from ..cluster.messages import WorkerMessage
from ..cluster.rounds import OVER, ROUND, RoundOutcome
from ..cluster.shared import job_folder, shared_settings
from ..cluster.standing import train_standing, workers_at
from ..cluster.work_apart import MEMBERS
from ..errors import InvalidValue
from ..model.options import Options
from ..populations import fitting
from ..populations.fitting import Callbacks, PopulationData
from ..populations.group import MemberGroup
from ..populations.progress import PopulationProgress
from ..populations.results import PopulationHistory
from ..storage import write_model
from ..storage.trees import flatten
from ..training.run import Hook, as_hooks
from ..typing import Document, PyTree
from .meeting import shared_arrays
from .meetings import MeetingRecord, Meetings, memory_arrays, memory_from
from .members import society_members

if TYPE_CHECKING:
    from .society import Society


def train_on_workers(
    society: Society,
    group: MemberGroup,
    data: PopulationData,
    meetings: Meetings,
    callbacks: Callbacks,
    options: Options,
    hooks: Sequence[Hook] | Hook,
) -> PopulationHistory:
    """Train the members of a society with several workers; see :meth:`.society.Society.fit`.

    Raises:
        InvalidValue: If members meet within epochs, or something cannot be sent.
    """
    where = address_of(options.cluster)
    if society.every_steps is not None:
        raise InvalidValue(
            "Society(every_steps=...).fit(cluster=...): meetings within epochs are part of one compiled program; let "
            "members meet between epochs with every=1, or leave cluster out."
        )
    progress = PopulationProgress(options.verbose, options.epochs)
    displays = [progress, *displays_of(as_hooks(hooks))]
    exchange = society.exchange
    alone = society.graph.isolated.tolist() if exchange.shares != "nothing" else []
    settings: Document = {
        "job": "society",
        "options": sent_options(options),
        "callbacks": [callbacks_document(fitting.own_callbacks(callbacks, place)) for place in range(len(group))],
        "every": society.every,
        "before": group.models[0].epochs_trained,
        "alone": alone,
        "kinds": [kind.places.tolist() for kind in meetings.kinds],
        "moments": exchange.shares_moments,
        "shares": exchange.shares,
        **shared_settings(options.checkpoint_seconds),
    }
    progress.begin()
    try:
        with job_folder(options.checkpoint, options.resume) as folder:
            settings["parts"] = divided(folder, len(group), workers_at(where, len(group)))
            _write(folder, society, group, data)
            hall = MeetingHall(meetings, settings["parts"], _brought(society, group, data, options, meetings))
            answers = train_standing(folder, where, settings, hall, displays, options.epochs)
            take_trained(folder, group.models, answers)
    finally:
        progress.stop()
    found = population_history(group, answers)
    progress.end(found)
    group.warn_of_failed(found)
    return found


def _write(folder: Path, society: Society, group: MemberGroup, data: PopulationData) -> None:
    write_rows(folder, data.learn, data.held_out)
    write_model(folder / MEMBERS, {str(place): rows for place, rows in enumerate(society.rows)}, {"kind": "members"})
    for place, model in enumerate(group.models):
        model.save(network_at(folder, place))


def _brought(
    society: Society, group: MemberGroup, data: PopulationData, options: Options, meetings: Meetings
) -> list[PyTree]:
    """Return what one member with each network brings to a meeting, for the structure of its arrays."""
    firsts = [int(kind.places[0]) for kind in meetings.kinds]
    one = MemberGroup([group.members[place] for place in firsts], [group.models[place] for place in firsts], None, "")
    members = society_members(one, [society.rows[place] for place in firsts], data, options, range(len(firsts)))
    return [shared_arrays(member.trainee.learner, society.exchange.shares_moments) for member in members]


class MeetingHall:
    """Holds the meetings of members who are trained by workers; see :class:`~plastica.cluster.rounds.RoundHolder`.

    Args:
        meetings: What holds those of one process.
        parts: The members of each worker.
        brought: What one member with each network brings to a meeting.
    """

    def __init__(self, meetings: Meetings, parts: Sequence[Sequence[int]], brought: Sequence[PyTree]) -> None:
        self.meetings, self.parts, self.brought = meetings, parts, brought
        self._names = [list(flatten(each)) for each in brought]

    def hold(self, number: int, said: Sequence[WorkerMessage]) -> RoundOutcome:
        """Return what comes of a meeting, from what the workers brought."""
        if not any(each.document["reached"] for each in said):  # all members have ended before
            return RoundOutcome([WorkerMessage(OVER, {"round": number})] * len(said), WorkerMessage(OVER, {}))
        failed, done = (self._of_members([each.document[name] for each in said]) for name in ("failed", "done"))
        weights = tuple(self._weights(kind, said) for kind in range(len(self.brought)))
        found = self.meetings.hold(number, weights, failed, done)
        replies = [
            WorkerMessage(ROUND, {"round": number}, self._part_of(found.weights, worker)) for worker in range(len(said))
        ]
        record = self.meetings.record_of(found, number)
        arrays = {**record._asdict(), **memory_arrays(record.memory)}
        return RoundOutcome(
            replies,
            WorkerMessage(ROUND, {"epoch": number}, {k: v for k, v in arrays.items() if k not in ("epoch", "memory")}),
        )

    def take(self, record: WorkerMessage) -> None:
        """Keep the record of a meeting."""
        if record.kind == ROUND:
            arrays: dict[str, Any] = dict(record.arrays)
            memory = memory_from(self.meetings.memory, arrays)
            own = {name: arrays[name] for name in ("scores", "figures", "answers")}
            self.meetings.take(MeetingRecord(record.document["epoch"], memory=memory, **own))

    def state(self) -> WorkerMessage:
        """Return the records and the memory of the exchange."""
        return WorkerMessage("state", {}, self.meetings.get_arrays())

    def restore(self, state: WorkerMessage) -> None:
        """Restore them."""
        self.meetings.set_arrays(state.arrays)

    def _of_members(self, own: Sequence[Sequence[bool]]) -> np.ndarray:
        found = np.zeros(sum(map(len, self.parts)), bool)
        for places, each in zip(self.parts, own, strict=True):
            found[list(places)] = each
        return found

    def _rows(self, kind: int, worker: int) -> np.ndarray:
        """Return where the members of a worker are among those with a network."""
        places = self.meetings.kinds[kind].places
        return np.flatnonzero(np.isin(places, self.parts[worker]))

    def _weights(self, kind: int, said: Sequence[WorkerMessage]) -> PyTree:
        made = []
        for name, leaf in zip(self._names[kind], jax.tree.leaves(self.brought[kind]), strict=True):
            stacked = np.empty((len(self.meetings.kinds[kind].places), *np.shape(leaf)), np.asarray(leaf).dtype)
            for worker, each in enumerate(said):
                if len(rows := self._rows(kind, worker)):
                    stacked[rows] = each.arrays[f"{kind}/{name}"]
            made.append(stacked)
        return jax.tree.unflatten(jax.tree.structure(self.brought[kind]), made)

    def _part_of(self, weights: Sequence[PyTree], worker: int) -> dict[str, np.ndarray]:
        """Return what the members of a worker come out of a meeting with."""
        if self.meetings.exchange.shares == "nothing":
            return {}
        return {
            f"{kind}/{name}": np.asarray(leaf)[rows]
            for kind, each in enumerate(weights)
            if len(rows := self._rows(kind, worker))
            for name, leaf in zip(self._names[kind], jax.tree.leaves(each), strict=True)
        }
