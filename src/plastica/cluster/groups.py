"""Training of the members of a group on a cluster: networks that share their rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InvalidValue
from ..model.options import Options
from ..notes import note
from ..populations import fitting
from ..populations.diagnosis import PopulationDiagnosis
from ..populations.group import MemberGroup
from ..populations.progress import PopulationProgress
from ..populations.results import PopulationHistory
from ..storage import write_model
from ..training.run import Hook, as_hooks
from ..typing import Document
from .address import address_of
from .answers import MemberAnswer
from .apart import displays_of, divided, sent_options, take_trained, train_parts
from .callbacks import callbacks_document
from .job import network_at, write_rows
from .rungs import Pauses, RungHolder
from .shared import job_folder, shared_settings
from .standing import train_standing, workers_at
from .work_apart import MEMBERS


def train_group(
    group: MemberGroup,
    data: fitting.PopulationData,
    callbacks: fitting.Callbacks,
    options: Options,
    hooks: Sequence[Hook] | Hook = (),
    warns: bool = True,
    pauses: Pauses | None = None,
) -> PopulationHistory:
    """Train the models of a group with several workers; see :func:`plastica.populations.fitting.fit`."""
    where = address_of(options.cluster)
    if options.devices is not None:
        raise InvalidValue(note("plan.devices_or_cluster"))
    progress = PopulationProgress(options.verbose, options.epochs)
    displays = [progress, *displays_of(as_hooks(hooks))]
    sent = [callbacks_document(fitting.own_callbacks(callbacks, place)) for place in range(len(group))]
    settings: Document = {
        "options": sent_options(options),
        "callbacks": sent,
        "members": [{"seed": each.seed, "part": each.part, "batch_size": each.batch_size} for each in group.members],
        "splits": 0 if group.splits is None else len(group.splits),
        **shared_settings(options.checkpoint_seconds),
    }
    for model in group.models:
        if not model.built:
            model.build(data.input_shape)
    progress.begin()
    try:
        with job_folder(options.checkpoint, options.resume) as folder:
            stands = pauses is not None and bool(pauses.epochs)
            workers = workers_at(where, len(group)) if stands else where.workers
            settings["parts"] = divided(folder, len(group), workers)
            _write(folder, group, data)
            if pauses is not None and pauses.epochs:
                settings |= {"job": "group", "pauses": list(pauses.epochs)}
                holder = RungHolder(pauses, settings["parts"])
                answers = train_standing(folder, where, settings, holder, displays, options.epochs)
            else:
                answers = train_parts(folder, where, settings, displays, options.epochs)
            take_trained(folder, group.models, answers)
    finally:
        progress.stop()
    found = population_history(group, answers)
    if any(each["kind"] == "Doctor" for own in sent for each in own):
        found.diagnosis = PopulationDiagnosis.of_history(found)
    progress.end(found)
    if warns:
        group.warn_of_failed(found)
    return found


def population_history(group: MemberGroup, answers: Sequence[MemberAnswer]) -> PopulationHistory:
    """Return the history of the members of a group from what workers answered for each."""
    found = PopulationHistory([each.history for each in answers], group.columns(), group.part_name)
    found.kept = [each.kept for each in answers]
    found.failed = {place: each.failed for place, each in enumerate(answers) if each.failed}
    return found


def _write(folder: Path, group: MemberGroup, data: fitting.PopulationData) -> None:
    """Write the rows and the networks of a job."""
    splits = group.splits or []
    write_rows(folder, data.learn, data.held_out)
    arrays = {f"{number}/train": split.train for number, split in enumerate(splits)}
    arrays |= {f"{n}/held_out": each.held_out for n, each in enumerate(splits) if each.held_out is not None}
    arrays |= {} if data.weight is None else {"weight": data.weight}
    write_model(folder / MEMBERS, arrays, {"kind": "members"})
    for place, model in enumerate(group.models):
        model.save(network_at(folder, place))
