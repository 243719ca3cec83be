"""Training of the members of a group on a cluster: networks that share their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..checks.findings import Finding
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
from .job import SETTINGS, network_at, read_json, write_rows
from .shared import job_folder, shared_settings
from .work_apart import MEMBERS


class Pauses(NamedTuple):
    """When all members wait for a decision on which of them go on, as in successive halving.

    Attributes:
        epochs: After how many epochs.
        given_up: Returns the members that are given up, with the reasons, from the number of epochs and what all
            members have answered.
    """

    epochs: Sequence[int] = ()
    given_up: Callable[[int, Sequence[MemberAnswer]], Mapping[int, str]] = lambda epoch, answers: {}


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
            settings["parts"] = divided(folder, len(group), where.workers)
            _write(folder, group, data)

            def train(stage: Document) -> list[MemberAnswer]:
                return train_parts(folder, where, {**settings, **stage}, displays, options.epochs)

            answers = _in_stages(folder, train, pauses or Pauses())
            take_trained(folder, group.models, answers)
    finally:
        progress.stop()
    found = PopulationHistory([each.history for each in answers], group.columns(), group.part_name)
    found.kept = [each.kept for each in answers]
    found.failed = {place: each.failed for place, each in enumerate(answers) if each.failed}
    if any(each["kind"] == "Doctor" for own in sent for each in own):
        found.diagnosis = PopulationDiagnosis.of_history(found)
    progress.end(found)
    if warns:
        group.warn_of_failed(found)
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


def _in_stages(folder: Path, train: Callable[[Document], list[MemberAnswer]], pauses: Pauses) -> list[MemberAnswer]:
    """Train from pause to pause, and return the last answers; a job that goes on begins with its last stage."""
    before = read_json(folder / SETTINGS) if (folder / SETTINGS).exists() else {}
    given_up: dict[str, str] = before.get("given_up", {})
    ends = [*pauses.epochs, None]
    ends = ends[ends.index(before["pause"]) :] if before.get("pause", 0) in ends else ends
    findings: dict[int, dict[tuple[str, str], Finding]] = {}
    answers: list[MemberAnswer] = []
    for end in ends:
        answers = train({"pause": end, "staged": bool(pauses.epochs), "given_up": given_up})
        for place, each in enumerate(answers):  # each stage has a doctor of its own
            findings.setdefault(place, {}).update({(one.code, one.where): one for one in each.history.findings})
            each.history.findings = tuple(findings[place].values())
        if end is None or not any(each.is_paused for each in answers):
            break
        given_up = {**given_up, **{str(place): why for place, why in pauses.given_up(end, answers).items()}}
    return answers
