"""A run over a stream from one seed: an experience is learned, kept in mind, and all are tested."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import jax
import numpy as np

from ..declaration import replace
from ..layers import freezing
from ..model import Model, fitting
from ..model.exclusive import alone
from ..model.options import Options
from ..model.training_data import GivenData
from ..training import interrupting
from ..training.program import Program
from ..training.run import Hook
from ..training.supervised import Supervised
from ..typing import Float, Num
from .checkpoints import checkpoint_of, digest_of, offer_again
from .experiences import ContinualStream, Experience
from .replaying import RehearsedRows
from .rule import ContinualRule
from .scoring import form_of, score, targets_for
from .strategy import ContinualStrategy, LearnedExperience, OutputForm, RowStore


class ExperienceLearned(NamedTuple):
    """What is told after an experience.

    Attributes:
        strategy: The name of the strategy.
        seed: The seed of the run.
        number: The place of the experience, from 0.
        experiences: The number of experiences.
        name: Its name.
        scores: The scores on all experiences now, ``(experiences,)``.
    """

    strategy: str
    seed: int
    number: int
    experiences: int
    name: str
    scores: Float[np.ndarray, "experiences"]


class LearningOptions(NamedTuple):
    """How experiences are learned; see :func:`~plastica.continual.training.learn`."""

    epochs: int
    batch_size: int
    reset_optimizer: bool
    pretrained: bool
    hooks: Sequence[Hook]
    checkpoint: str | os.PathLike[str] | None
    resume: bool


Told = Callable[[ExperienceLearned], None]
LabelledRows = tuple[Num[np.ndarray, "rows *features"], Num[np.ndarray, "rows *targets"]]


class RunResult(NamedTuple):
    """The scores of a run, those with initial weights, and the trained network."""

    matrix: Float[np.ndarray, "learned tested"]
    baseline: Float[np.ndarray, "tested"]
    model: Model


def run_of(
    model: Model,
    stream: ContinualStream,
    strategy: ContinualStrategy,
    seed: int,
    options: LearningOptions,
    label: str,
    told: Told,
) -> RunResult:
    """Learn the stream from one seed."""
    made, form = _copy_with(model, stream, strategy, seed, options.pretrained)
    own = weights_digest(model) if options.pretrained else ""
    digest = digest_of(made, stream, strategy, options.epochs, options.batch_size, options.reset_optimizer, own)
    saved = checkpoint_of(options.checkpoint, options.resume, label, seed, digest)
    store, before = strategy.store(seed), None if saved is None else saved.load(made)
    rows, baseline = before or ([], _scores(made, stream, form))
    offer_again(store, strategy, stream, len(rows))
    for number in range(len(rows), len(stream)):
        experience = stream[number]
        _learn_one(made, strategy, store, experience, number, form, options)
        rows.append(_scores(made, stream, form))
        if saved is not None:
            saved.save(made, rows, baseline)
        told(ExperienceLearned(label, seed, number, len(stream), experience.name, rows[-1]))
    return RunResult(np.stack(rows), baseline, _plain(model, made, strategy))


def weights_digest(model: Model) -> str:
    """Return a hash of the weights of a model."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).data for part in model.get_weights())).hexdigest()


def _copy_with(
    model: Model, stream: ContinualStream, strategy: ContinualStrategy, seed: int, pretrained: bool
) -> tuple[Model, OutputForm]:
    """Return a copy of a model that learns under a strategy, and what it answers."""
    made = Model(model.network, name=model.name, seed=seed)
    made.set_compiled(model.compiled)
    if not made.built:
        made.build(stream[0].x.shape[1:])
    form = form_of(made, stream)
    if pretrained:
        made.restore(model.snapshot())
    rule = ContinualRule(model.compiled.rule, strategy, form.kind, form.classes, form.groups)
    made.set_compiled(dataclasses.replace(model.compiled, rule=rule, metrics=(), weighted_metrics=()))
    made.replace_weights(made.params, made.state)  # initial weights are tested on purpose
    return made, form


def _learn_one(
    made: Model,
    strategy: ContinualStrategy,
    store: RowStore,
    experience: Experience,
    number: int,
    form: OutputForm,
    options: LearningOptions,
) -> None:
    """Learn an experience, and keep what the strategy keeps of it."""
    kept = store.rows()
    new: LabelledRows = (experience.x, experience.y)
    if kept is not None and strategy.rehearses == "all":
        new, kept = _joined(new, kept), None
    _fit(made, form, new, kept if strategy.rehearses == "batch" else None, options)
    store.add(experience.x, experience.y)
    night = store.rows() if strategy.rehearses == "asleep" else None
    if night is not None:
        _fit(made, form, night, None, options._replace(epochs=strategy.nights))
    learner = made.learner
    learned = LearnedExperience(
        made.network, learner.params, learner.state, experience.x, experience.y, experience.classes, form, number,
        made.seed,
    )  # fmt: skip
    memory = learner.memory | {"strategy": strategy.consolidate(learner.memory["strategy"], learned)}
    made.learner = learner._replace(memory=memory)
    if options.reset_optimizer:
        program = cast(Supervised, made.program)
        empty = program.optimizer.init(freezing.trainable_part(made.network, learner.params))
        made.learner = made.learner._replace(optimizer=jax.device_put(empty))


def _fit(
    made: Model, form: OutputForm, new: LabelledRows, stored: LabelledRows | None, options: LearningOptions
) -> None:
    """Train on new rows, with stored ones in each batch if there are any."""
    settings = Options(options.batch_size, options.epochs, 0, True, 0, None, None, None, None, False, 10.0)
    x, y = new if stored is None else _joined(new, stored)
    replayed = 0 if stored is None else min(options.batch_size, len(new[0]))
    _set_replayed(made, replayed)
    with alone(made), interrupting.noted():
        given = GivenData(x, targets_for(made.compiled.loss, y, form))
        data, _ = fitting.training_data(made, given, settings)
        if stored is not None and data.examples is not None:
            data = RehearsedRows(made, data.examples, len(new[0]))
        fitting.fit(made, data, None, None, settings, options.hooks)


def _set_replayed(made: Model, replayed: int) -> None:
    program = cast(Supervised, made.program)
    rule = cast(ContinualRule, program.rule)
    if rule.replayed != replayed:
        made.program = cast(Program, replace(program, rule=replace(rule, replayed=replayed)))


def _joined(new: LabelledRows, stored: LabelledRows) -> LabelledRows:
    return np.concatenate([new[0], stored[0]]), np.concatenate([new[1], stored[1]])


def _scores(made: Model, stream: ContinualStream, form: OutputForm) -> Float[np.ndarray, "experiences"]:
    return np.array([score(made, experience, form) for experience in stream])


def _plain(model: Model, made: Model, strategy: ContinualStrategy) -> Model:
    """Return the trained network as an ordinary model, with the weights that answer and the settings of ``model``."""
    params = strategy.answering(made.learner.memory["strategy"], made.params)
    plain = Model(model.network, name=model.name, seed=made.seed)
    plain.set_compiled(model.compiled)
    if not plain.built:
        plain.build(made.input_shape)
    plain.replace_weights(params, made.state)
    return plain
