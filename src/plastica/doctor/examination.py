"""The examination of a model: everything that can be judged from its weights, its data and its history."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from .. import random
from ..checks.findings import Finding
from ..declaration import replace
from ..errors import InvalidValue, NotFitted
from ..losses import OutputLosses
from ..model import Model
from ..model.diagnosis import Diagnosis
from ..model.examples import take
from ..model.inputs import Examples, count_rows
from ..model.options import BATCH_SIZE
from ..notes import Note, note
from ..rules import Batch
from ..rules.alignment import whole_batch
from ..training import History, Learner, Supervised
from .chance import chance_loss
from .choices import choices
from .curves import FEWEST as FEWEST_EPOCHS
from .curves import curve_findings, poor_start
from .fits import fit_findings, never_predicted
from .inputs import input_findings
from .labels import label_errors, memorized_labels, noisy_labels
from .looks import StepLook, evenly, take_look
from .out_of_sample import FOLDS, MOST, out_of_sample
from .parts import part_findings
from .rates import batch_statistics, noise_scale, rate_above_bound, rate_bound, small_batches
from .sequences import dead_embeddings, lags, stuck_gates
from .signal import FEWEST_ROWS, OF_STEPS, signal_findings
from .tasks import TaskRows, task_rows

ROWS = 256  # of a look: a standard error of the share of dead units of 3 %
PATIENCE = 10.0  # seconds of further training that nobody has to ask for; beyond, attention wanders (Nielsen 1993)
SOME_ROWS = 64  # for derivatives by lag, whose mean over rows settles soon


@dataclass(frozen=True, eq=False)
class Patient:
    """What a diagnosis is made of: a model, its data, and what was measured.

    Attributes:
        model: The model, compiled and built.
        learn: Training rows.
        held_out: Validation rows; None if there are none.
        history: The losses of training; None if the model was not trained in this process.
        batch_size: The rows of a batch in training.
        names: The names of the columns of the inputs; empty if they have none.
        seed: Of what is drawn.
        retrain: Whether further networks may be trained; None if that takes a few seconds.
    """

    model: Model
    learn: Examples
    held_out: Examples | None
    history: History | None
    batch_size: int
    names: tuple[str, ...] = ()
    seed: int = 0
    retrain: bool | None = None

    @property
    def program(self) -> Supervised | None:
        """What trains the model, without metrics; None for programs of one's own."""
        program = self.model.program
        return replace(program, metrics=(), weighted_metrics=()) if isinstance(program, Supervised) else None

    @property
    def rate(self) -> float | None:
        """The learning rate of the next step; None for rules that make their own steps."""
        try:
            rate = self.model.learning_rate
        except (InvalidValue, NotFitted):
            return None
        return rate if self.model.compiled.own is None and math.isfinite(rate) else None

    @cached_property
    def learner(self) -> Learner:
        """The state of training; that of a first step if the model was not trained."""
        if self.model.is_trained:
            return self.model.learner
        program, params, state = self.program, self.model.params, self.model.state
        assert program is not None
        memory, optimizer = program.begin(params, state, jnp.asarray(random.seed_key(self.model.seed)))
        return Learner(params, state, memory, optimizer, jnp.zeros((), jnp.int32), jnp.zeros(1))

    @property
    def is_trained(self) -> bool:
        """Whether at least one step was made."""
        return int(self.learner.step) > 0

    @cached_property
    def look(self) -> StepLook:
        """What a step on some training rows does."""
        assert self.program is not None
        key = random.fold(random.seed_key(self.seed), self.learner.step)
        return take_look(self.program, self.learner, self.batch, key, int(self.learner.step))

    @cached_property
    def other_looks(self) -> tuple[StepLook, ...]:
        """What steps on other training rows do; none if there are too few rows."""
        assert self.program is not None
        size = int(self.batch.size)
        key = random.fold(random.seed_key(self.seed), self.learner.step)
        parts = [self._batch_of(size, part) for part in (1, 2)] if self.learn.rows >= 2 * size else []
        return tuple(take_look(self.program, self.learner, part, key, self.look.step) for part in parts)

    @cached_property
    def batch(self) -> Batch:
        """Some training rows as one batch."""
        return self._batch_of(min(ROWS, max(SOME_ROWS, self.learn.rows // 2)))

    def _batch_of(self, rows: int, part: int = 0) -> Batch:
        found = self.some(rows, part)
        assert self.program is not None
        x, y = self.program.cast_inputs(found.x), found.y
        return whole_batch(x, jax.tree.map(np.asarray, y), self.model.epochs_trained)

    def some(self, rows: int, part: int = 0) -> Examples:
        """Return so many training rows at even distances; others for another part."""
        chosen = (evenly(self.learn.rows, rows) + part * max(1, self.learn.rows // (3 * rows))) % self.learn.rows
        return jax.tree.map(lambda part: np.asarray(part[chosen]), Examples(self.learn.x, self.learn.y))

    @property
    def seconds_of_folds(self) -> float:
        """About how long training a network for each fold takes; infinite if it is not known."""
        rows = self.learn.rows + (0 if self.held_out is None else self.held_out.rows)
        seconds = math.inf if self.history is None or not self.history.epoch else self.history.seconds
        return FOLDS * seconds * min(1.0, MOST / rows)

    @property
    def may_retrain(self) -> bool:
        """Whether further networks are trained."""
        return self.seconds_of_folds <= PATIENCE if self.retrain is None else self.retrain

    @cached_property
    def chance(self) -> float | None:
        """The loss of the best constant answer on the training rows; None if it is not known."""
        y = self.learn.y
        return chance_loss(self.model, y) if isinstance(y, np.ndarray) else None

    @cached_property
    def skill(self) -> float | None:
        """How far the loss is on the way from that of a constant answer to 0; None if it is not known."""
        loss = self.look.along[0]
        if self.chance is None or not self.chance > 0 or not math.isfinite(loss):
            return None
        return 1 - loss / self.chance


def diagnose(
    model: Model,
    x: object,
    y: object = None,
    *,
    validation_data: object = None,
    history: History | None = None,
    batch_size: int | None = None,
    names: Sequence[str] = (),
    seed: int = 0,
    retrain: bool | None = None,
    looks: bool = True,
) -> Diagnosis:
    """Return what is wrong with a model, its training and its data; see ``Model.diagnose``.

    Args:
        model, x, y, validation_data, batch_size, names, seed, retrain: As there.
        history: The learning curves. Default: those of the last ``fit`` of the model in this process.
        looks: Whether to look at activities, errors and steps, for which programs are compiled; without, no network is
            trained either, unless ``retrain`` is True.
    """
    learn = take(model, x, y)
    held_out = None
    if validation_data is not None:
        if not isinstance(validation_data, tuple | list) or len(validation_data) < 2:
            raise InvalidValue(
                f"diagnose(validation_data={type(validation_data).__name__}): give the validation rows as (x, y)."
            )
        held_out = take(model, *validation_data[:2], owner="validation_")
    columns = _checked_names(names, learn)
    known = model.history if history is None else history
    retrain = False if retrain is None and not looks else retrain
    patient = Patient(model, learn, held_out, known, batch_size or BATCH_SIZE, columns, seed, retrain)
    unjudged = list(_unjudged(patient))
    found, measures = _examined(patient, unjudged, looks)
    given = {"model": model, "x": x, "y": y, "validation_data": validation_data, "batch_size": batch_size}
    return Diagnosis.of(found, unjudged, measures, given, choices(model, learn.y, learn.rows))


def _examined(patient: Patient, unjudged: list[Note], looks: bool) -> tuple[list[Finding], dict[str, object]]:
    found: list[Finding] = []
    measures: dict[str, object] = {}
    if looks and patient.program is not None and jax.tree.leaves(patient.model.params):
        found += _of_signal(patient, measures)
    found += _of_curves(patient, unjudged)
    found += _of_rows(patient, unjudged, measures)
    if any(each.code == "noisy_labels" for each in found):
        # Longer steps would only memorize noise faster.
        found = [each for each in found if each.code != "rate_too_small"]
    return found, measures


def _of_rows(patient: Patient, unjudged: list[Note], measures: dict[str, object]) -> Iterator[Finding]:
    """Find what is wrong with the data, and with what the network predicts for them."""
    learn = task_rows(patient.model, patient.learn)
    if learn is None:
        return
    yield from input_findings(patient.model, learn, patient.names)
    if not patient.is_trained:  # what an untrained network predicts says nothing about the data
        return
    held_out = None if patient.held_out is None else task_rows(patient.model, patient.held_out)
    noise = [] if held_out is None else list(noisy_labels(learn, held_out))
    if not noise:
        yield from never_predicted(learn if held_out is None else held_out)
    if held_out is not None:
        yield from part_findings(learn, held_out, patient.names)
        yield from fit_findings(learn, held_out, patient.names)
    yield from noise
    if not noise and learn.decides:  # in noise, every label is as wrong as any other
        yield from _of_labels(patient, learn, unjudged, measures)


def _of_labels(
    patient: Patient, learn: TaskRows, unjudged: list[Note], measures: dict[str, object]
) -> Iterator[Finding]:
    """Find labels that are probably wrong, by networks that were not trained on them."""
    if not patient.may_retrain:
        if patient.retrain is None:
            seconds = patient.seconds_of_folds
            told = {"seconds": round(seconds)} if math.isfinite(seconds) else {}
            unjudged.append(note("doctor.folds_take" if told else "doctor.folds_unknown", networks=FOLDS, **told))
        return
    most = None if patient.retrain else MOST
    found = out_of_sample(patient.model, patient.learn, patient.held_out, patient.batch_size, most)
    if found is None:
        return
    measures["folds"] = {"networks": found.networks, "rows": len(found.rows.x), "seconds": found.seconds}
    wrong = list(label_errors(found))
    yield from wrong
    if wrong:
        yield from memorized_labels(found, learn)


def _of_signal(patient: Patient, measures: dict[str, object]) -> Iterator[Finding]:
    """Find what is wrong with the signal."""
    program, look, model = patient.program, patient.look, patient.model
    assert program is not None
    measures |= {"look": look.to_dict(), "chance": patient.chance, "skill": patient.skill, "rate": patient.rate}
    found = signal_findings(look, patient.rate, patient.chance)
    # What one step does may be chance: findings of steps have to hold on other rows as well.
    again = [
        {each.code for each in signal_findings(other, patient.rate, patient.chance)} for other in patient.other_looks
    ]
    yield from (each for each in found if each.code not in OF_STEPS or all(each.code in codes for codes in again))
    yield from poor_start(look.along[0], patient.chance, look.step)
    some = patient.some(SOME_ROWS)
    inputs = program.cast_inputs(some.x)
    yield from lags(model, inputs, some.y, patient.skill)
    yield from stuck_gates(model, inputs)
    yield from dead_embeddings(model, program.cast_inputs(patient.some(10 * ROWS).x))
    yield from batch_statistics(program, patient.learner, patient.batch, look)
    if program.objective is None or not program.rule.follows_gradient:
        return
    bound = rate_bound(model, patient.learn.x, patient.learn.y)
    if bound is not None:
        measures |= {"rate_bound": bound.bound, "sharpness": bound.curvature}
    yield from rate_above_bound(bound)
    scale = noise_scale(program, patient.learner, patient.batch, random.seed_key(patient.seed))
    measures["noise_scale"] = scale
    if patient.skill is None or patient.skill < 0.9:
        yield from small_batches(scale, patient.batch_size)


def _of_curves(patient: Patient, unjudged: list[Note]) -> list[Finding]:
    """Find what is wrong with the learning curves."""
    history = patient.history
    if history is None or not history.epoch:
        if jax.tree.leaves(patient.model.params):
            unjudged.append(note("doctor.no_history"))
        return []
    if len(history.epoch) < FEWEST_EPOCHS:
        unjudged.append(note("doctor.few_epochs", count=len(history.epoch)))
    restored = history.stopped_by.startswith("EarlyStopping")
    return curve_findings(history.history, patient.chance, restored)


def _unjudged(patient: Patient) -> Iterator[Note]:
    """Return what cannot be judged, and why."""
    model, program = patient.model, patient.program
    if program is None:
        yield note("doctor.own_program", program=type(model.program).__name__)
    elif not jax.tree.leaves(model.params):
        yield note("doctor.no_parameters")
    else:
        if not program.rule.follows_gradient:
            yield note("doctor.local_rule", rule=type(program.rule).__name__)
        if program.optimizer.accumulate > 1:
            yield note("doctor.accumulates", count=program.optimizer.accumulate)
        if program.objective is None:
            yield note("doctor.no_loss")
        elif isinstance(model.compiled.loss, OutputLosses):
            yield note("doctor.several_outputs")
    if patient.learn.rows < FEWEST_ROWS:
        yield note("doctor.few_rows", count=patient.learn.rows)
    if patient.held_out is None:
        yield note("doctor.no_validation")


def _checked_names(names: Sequence[str], learn: Examples) -> tuple[str, ...]:
    columns = learn.x.shape[-1] if isinstance(learn.x, np.ndarray) and learn.x.ndim > 1 else count_rows(learn.x)
    if names and len(names) != columns:
        raise InvalidValue(f"diagnose(names=...): {len(names)} names for {columns} columns of x; give one for each.")
    return tuple(map(str, names))
