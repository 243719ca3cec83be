"""Training of an ensemble on a cluster: each worker trains some of its copies, which share no weights."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

import jax
import numpy as np

from ..layers import Ensemble, Input
from ..losses import MemberLoss
from ..model import Model, Sequential
from ..model import fitting as model_fitting
from ..model.inputs import Examples
from ..model.options import Options
from ..model.reading import read_network
from ..model.training_data import TrainingData
from ..populations.places import varied
from ..training.callbacks import Callback
from ..training.early_stopping import EarlyStopping
from ..training.history import History
from ..training.member import Member
from ..training.program import Learner
from ..training.progress import Progress
from ..training.stopping import stop_rules
from ..training.sums import FigureReader
from ..typing import AnyArray, Document
from .address import address_of
from .apart import sent_options, workers_for
from .callbacks import callbacks_document, take_states
from .job import SETTINGS, network_at, read_json, write_rows
from .messages import WorkerMessage
from .rounds import ROUND, RoundOutcome
from .shared import job_folder, shared_settings
from .standing import train_standing, workers_at


def can_train_apart(
    model: Model, learn: Examples | None, held_out: Examples | None, callbacks: Sequence[Callback], options: Options
) -> TypeGuard[Sequential]:
    """Return whether the copies of an ensemble can be trained by different workers.

    What they have in common is then the number of an epoch and the sums of its loss and metrics, which are sums over
    members where each member weighs rows as it does.
    """
    if not has_copies_apart(model) or options.average_every is not None or learn is None:
        return False
    weighed = [each.weight is not None and each.weight.ndim == 2 for each in (learn, held_out) if each is not None]
    return all(weighed) and all(type(each) is EarlyStopping for each in callbacks)


def has_copies_apart(model: Model) -> TypeGuard[Sequential]:
    """Return whether a model is an ensemble of copies no step of which depends on another copy."""
    if not isinstance(model, Sequential) or model.compiled.own is not None:
        return False
    front, last, compiled = model.layers[:-1], model.layers[-1], model.compiled
    return (
        isinstance(last, Ensemble)
        and last.copies > 1
        and last.trainable
        and all(isinstance(layer, Input) for layer in front)
        and not (last.remembers or last.cost_names)
        and isinstance(compiled.loss, MemberLoss)
        and all(each.of_one is not each for each in model.program.watched)
        and compiled.rule.follows_gradient
        and compiled.optimizer.is_elementwise
    )


def train_copies(
    model: Sequential,
    data: TrainingData,
    held_out: Examples | None,
    callbacks: Sequence[Callback],
    options: Options,
) -> History:
    """Train the copies of an ensemble by several workers; see :func:`plastica.cluster.fit`."""
    where = address_of(options.cluster)
    member = model_fitting.member_for(model, data, held_out, options)
    member.source.close()
    model.stop_training, model.stop_reason = False, ""
    progress = model_fitting.progress_for(member, History(), callbacks, options)
    progress.set_params({"epochs": options.epochs, "steps": member.source.batches})
    progress.set_model(model)
    settings: Document = {
        "job": "ensemble",
        "options": sent_options(replace(options, time_limit=None)),
        "callbacks": callbacks_document(callbacks),
        "before": model.epochs_trained,
        **shared_settings(options.checkpoint_seconds),
    }
    progress.on_train_begin()
    try:
        with job_folder(options.checkpoint, options.resume) as folder:
            copies = _copies_of_workers(folder, model, workers_at(where, _ensemble_of(model).copies))
            settings |= {"copies": copies, "parts": [[part] for part in range(len(copies))]}
            write_rows(folder, data.examples, held_out)
            for part, (start, stop) in enumerate(copies):
                part_of(model, start, stop).save(network_at(folder, part))
            sums = JointSums(member, progress, options, model.epochs_trained)
            answers = train_standing(folder, where, settings, sums, (), options.epochs)
            trained = [read_network(network_at(folder, f"{part}-trained")).model for part in range(len(copies))]
        model.learner = _joined(model.learner, [each.learner for each in trained])
        model.epochs_trained, history = trained[0].epochs_trained, answers[0].history
        model.history = progress.history = history
        progress.on_train_end()
    finally:
        progress.close()
    take_states(callbacks, answers[0].states)
    return history


def _ensemble_of(model: Sequential) -> Ensemble:
    ensemble = model.layers[-1]
    assert isinstance(ensemble, Ensemble)
    return ensemble


def _copies_of_workers(folder: Path, model: Sequential, workers: int | None) -> list[list[int]]:
    """Return the first copy of each worker, and that after its last; a job that goes on keeps them."""
    if (folder / SETTINGS).exists() and "copies" in (before := read_json(folder / SETTINGS)):
        return before["copies"]
    copies = _ensemble_of(model).copies
    each = np.array_split(range(copies), workers_for(copies, workers))
    return [[int(part[0]), int(part[-1]) + 1] for part in each]


def part_of(model: Sequential, start: int, stop: int) -> Sequential:
    """Return the copies ``start`` to ``stop`` of an ensemble as a model that makes the same steps."""
    place, members = f"layers.{len(model.layers) - 1}", model.output_shape[1]
    values = {f"{place}.copies": stop - start, f"{place}.first": start, "loss.total": members}
    part = varied(model, values, model.seed)
    assert isinstance(part, Sequential)
    part.build(model.input_shape)
    part.epochs_trained = model.epochs_trained
    like = part.laid_out_learner()._replace(sums=model.learner.sums)

    def own(whole: AnyArray, part: jax.ShapeDtypeStruct) -> AnyArray:
        return whole if np.shape(whole) == part.shape else whole[start:stop]

    part.learner = jax.tree.map(own, model.learner, like)
    return part


def _joined(whole: Learner, parts: Sequence[Learner]) -> Learner:
    """Return the learner of an ensemble from those of its parts."""

    def one(before: AnyArray, *own: AnyArray) -> AnyArray:
        return own[0] if np.shape(before) == np.shape(own[0]) else np.concatenate(own)

    return jax.tree.map(one, whole, *parts)


class JointSums:
    """Adds up the sums of an epoch over the workers; see :class:`~plastica.cluster.rounds.RoundHolder`.

    Args:
        member: The whole ensemble as a member of a run.
        progress: Shows each epoch.
        options: The options of the run, of which the time limit is looked at here.
        before: The epochs of earlier runs.
    """

    def __init__(self, member: Member, progress: Progress, options: Options, before: int) -> None:
        self.reader = FigureReader(member.trainee.program, member.widths)
        self.timing, self.progress, self.before = member.timing, progress, before
        self.rules = stop_rules(None, options.time_limit, None)
        self._began = self._epoch_began = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds of the run so far."""
        return time.monotonic() - self._began

    def hold(self, number: int, said: Sequence[WorkerMessage]) -> RoundOutcome:
        """Return the sums of all workers, and whether the time is over."""
        own = [np.asarray(each.arrays["sums"], np.float64) for each in said]
        joined, rows = np.sum(own, axis=0), self.reader.rows
        joined[:, rows] = own[0][:, rows]  # all workers have the same rows
        self._show(number - self.before - 1, joined, bool(said[0].document["held_out"]))
        stop = next(filter(None, (rule.fired({}, self.seconds, 0) for rule in self.rules)), "")
        reply = WorkerMessage(ROUND, {"round": number, "stop": stop}, {"sums": joined})
        return RoundOutcome([reply] * len(said), WorkerMessage(ROUND, {"round": number}))

    def take(self, record: WorkerMessage) -> None:
        """Nothing is kept here: each worker has the history."""

    def state(self) -> WorkerMessage:
        """Return the seconds of the run, which count for its time limit."""
        return WorkerMessage("state", {"seconds": self.seconds})

    def restore(self, state: WorkerMessage) -> None:
        """Restore them."""
        self._began -= float(state.document["seconds"])

    def _show(self, epoch: int, sums: np.ndarray, held_out: bool) -> None:
        logs = self.reader(sums[0]) | (self.reader(sums[1], "val_") if held_out else {})
        now = time.monotonic()
        self.timing.epoch, self._epoch_began = now - self._epoch_began, now
        self.progress.on_epoch_end(epoch, logs)
