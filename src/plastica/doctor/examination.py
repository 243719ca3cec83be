"""The examination of a model: everything that can be judged from its weights, its data and its history."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import jax
import numpy as np

from .. import random
from ..checks.findings import Finding
from ..errors import InvalidValue
from ..layers.walk import walk
from ..losses import OutputLosses
from ..model import Model
from ..model.diagnosis import Diagnosis
from ..model.examples import take
from ..model.inputs import Examples, count_rows
from ..model.options import BATCH_SIZE
from ..notes import Note, note
from ..training import History
from .choices import choices
from .curves import FEWEST as FEWEST_EPOCHS
from .curves import curve_findings, poor_start
from .fits import fit_findings, never_predicted
from .inputs import input_findings
from .labels import label_errors, memorized_labels, noisy_labels, suspect_labels
from .more_data import fitted_law, more_data
from .out_of_sample import MOST, NETWORKS, out_of_sample
from .parts import part_findings
from .patient import ROWS, SOME_ROWS, Patient
from .rates import batch_statistics, noise_scale, rate_above_bound, rate_bound, small_batches
from .sequences import dead_embeddings, lags, stuck_gates
from .signal import OF_STEPS, signal_findings
from .targets import target_findings
from .tasks import TaskRows, task_rows
from .units import FEWEST_ROWS

DATA_MAY_MEND = {"overfitting", "train_test_gap", "underfitting", "many_parameters"}
WATCHED = ("poor_start", "always_clipped", "growth_ahead")


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
    if patient.history is not None:  # what only a doctor that watches the training sees
        found += [each for each in patient.history.findings if each.code in WATCHED and each.code not in _codes(found)]
    found += _of_rows(patient, unjudged, measures)
    found += target_findings(patient.model, patient.learn.y)
    if "noisy_labels" in _codes(found):
        # Longer steps would only memorize noise faster, and that validation rows are at chance follows.
        found = [each for each in found if each.code not in ("rate_too_small", "validation_at_chance")]
    elif _codes(found) & DATA_MAY_MEND:
        found += _of_data(patient, measures)
    return found, measures


def _of_data(patient: Patient, measures: dict[str, object]) -> Iterator[Finding]:
    """Find that more data would help, where the network does worse on rows it was not trained on."""
    if patient.held_out is None or not patient.may_retrain or not isinstance(patient.learn.x, np.ndarray):
        return
    law = fitted_law(patient.model, patient.learn, patient.held_out, patient.batch_size)
    if law is not None:
        measures["learning_curve"] = {"a": law.a, "b": law.b, "c": law.c}
        yield from more_data(law, patient.learn.rows)


def _codes(found: list[Finding]) -> set[str]:
    return {each.code for each in found}


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
            unjudged.append(note("doctor.folds_take" if told else "doctor.folds_unknown", networks=NETWORKS, **told))
        return
    most = None if patient.retrain else MOST
    found = out_of_sample(patient.model, patient.learn, patient.held_out, patient.batch_size, most)
    if found is None:
        return
    measures["folds"] = {"networks": found.networks, "rows": len(found.rows.x), "seconds": found.seconds}
    wrong = list(label_errors(found))
    yield from wrong
    if wrong:
        numbers = found.rows.numbers[suspect_labels(found.rows).places]
        of_learn = numbers < found.learn
        measures["suspects"] = {
            "rows": sorted(numbers[of_learn].tolist()),
            "validation_rows": sorted((numbers[~of_learn] - found.learn).tolist()),
        }
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
    for path, layer, params in walk(model.network, model.params):
        if inner := layer.inside(params, None)[0]:
            yield note("doctor.one_layer", where=path, count=len(inner))
    if patient.learn.rows < FEWEST_ROWS:
        yield note("doctor.few_rows", count=patient.learn.rows)
    if patient.held_out is None:
        yield note("doctor.no_validation")


def _checked_names(names: Sequence[str], learn: Examples) -> tuple[str, ...]:
    columns = learn.x.shape[-1] if isinstance(learn.x, np.ndarray) and learn.x.ndim > 1 else count_rows(learn.x)
    if names and len(names) != columns:
        raise InvalidValue(f"diagnose(names=...): {len(names)} names for {columns} columns of x; give one for each.")
    return tuple(map(str, names))
