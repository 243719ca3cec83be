"""Learning a stream: one experience after another, under a strategy, from several seeds."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import jax
import numpy as np

from ..declaration import replace
from ..errors import InvalidValue
from ..layers import freezing
from ..losses import OutputLosses
from ..model import Model, fitting
from ..model.exclusive import alone
from ..model.options import BATCH_SIZE, Options
from ..model.training_data import GivenData
from ..training import interrupting
from ..training.program import Program
from ..training.run import Hook
from ..training.supervised import Supervised
from ..typing import Float, Num
from .experiences import ContinualStream, Experience
from .names import label_of, strategy_named
from .replaying import RehearsedRows
from .results import ContinualResult
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
    """How each experience is learned."""

    epochs: int
    batch_size: int
    reset_optimizer: bool
    hooks: Sequence[Hook] = ()


Told = Callable[[ExperienceLearned], None]
LabelledRows = tuple[Num[np.ndarray, "rows *features"], Num[np.ndarray, "rows *targets"]]


def learn(
    model: Model,
    stream: ContinualStream,
    strategy: str | ContinualStrategy = "naive",
    *,
    seeds: int | Sequence[int] = 1,
    epochs: int = 1,
    batch_size: int = BATCH_SIZE,
    reset_optimizer: bool = False,
    pretrained: bool = False,
    verbose: int = 0,
    on_experience: Told | None = None,
    hooks: Sequence[Hook] = (),
) -> ContinualResult:
    """Let a network learn the experiences of a stream one after another, and test it on all of them after each.

    When to use: to see how much a network forgets, and how much a strategy helps.

    Args:
        model: The compiled network; it stays as it is, and each seed trains a copy. For classes it ends with
            ``Dense(classes, "softmax")``; in the scenario ``"task"`` only the outputs of the task at hand are compared,
            in training and in tests.
        stream: The experiences.
        strategy: A name, see :func:`strategy_named`, or a strategy.
        seeds: The number of runs, or their seeds, which decide initial weights, orders of rows and what is kept.
        epochs: The passes over each experience.
        batch_size: The number of new rows in a step; strategies that replay add as many stored rows.
        reset_optimizer: Whether the optimizer begins each experience with empty moments.
        pretrained: Whether each seed begins with the weights of ``model`` instead of new ones.
        verbose: 1 prints a line after each experience.
        on_experience: Called after each experience with an ``ExperienceLearned``.
        hooks: As for :meth:`Model.fit`, called while an experience is learned.

    Returns:
        The accuracies on all experiences after each, for each seed, and the trained networks.

    Raises:
        UnknownName: If the strategy is unknown.
        InvalidValue: If the model is not compiled, is trained by a rule that sends no errors back, remembers rows or
            needs all rows at once; or if a number is out of range.
        ShapeError: If the outputs of the network do not fit the stream.

    Example:
        >>> import numpy as np, plastica as pl
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(200, 8)), np.arange(200) % 4
        >>> x += 3 * np.eye(8)[y]
        >>> stream = pl.continual.split_classes(x, y, scenario="class")
        >>> model = pl.Sequential([pl.Dense(16, "relu"), pl.Dense(4, "softmax")])
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> result = pl.continual.learn(model, stream, "naive", epochs=20)
        >>> bool(result.forgetting.value > 0.5)
        True

    Reference:
        D. Lopez-Paz, M. Ranzato (2017), Gradient episodic memory for continual learning, section 2, for the protocol.
    """
    chosen = strategy_named(strategy)
    numbers = _seeds(seeds)
    _check(model, epochs, batch_size)
    options = LearningOptions(epochs, batch_size, reset_optimizer, tuple(hooks))
    label, began = label_of(strategy), time.perf_counter()
    told = _talking(on_experience, verbose)
    found = [_one_run(model, stream, chosen, seed, options, label, told, pretrained) for seed in numbers]
    return ContinualResult(
        strategy=label,
        scenario=stream.scenario,
        names=tuple(each.name for each in stream),
        score="accuracy" if stream.labels else "r2",
        seeds=numbers,
        matrices=np.stack([each.matrix for each in found]),
        baselines=np.stack([each.baseline for each in found]),
        models=tuple(each.model for each in found),
        seconds=time.perf_counter() - began,
    )


class _RunResult(NamedTuple):
    matrix: Float[np.ndarray, "learned tested"]
    baseline: Float[np.ndarray, "tested"]
    model: Model


def _one_run(
    model: Model,
    stream: ContinualStream,
    strategy: ContinualStrategy,
    seed: int,
    options: LearningOptions,
    label: str,
    told: Told,
    pretrained: bool,
) -> _RunResult:
    """Learn the stream from one seed."""
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
    baseline = _scores(made, stream, form)
    store, rows = strategy.store(seed), []
    for number, experience in enumerate(stream):
        _learn_one(made, strategy, store, experience, number, form, options)
        rows.append(_scores(made, stream, form))
        told(ExperienceLearned(label, seed, number, len(stream), experience.name, rows[-1]))
    return _RunResult(np.stack(rows), baseline, _plain(model, made, strategy))


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


def _check(model: Model, epochs: int, batch_size: int) -> None:
    """Refuse models whose loss cannot be extended.

    Raises:
        InvalidValue: If it is such a model, or a number is out of range.
    """
    compiled = model.compiled
    if epochs < 1 or batch_size < 1:
        raise InvalidValue(f"epochs={epochs}, batch_size={batch_size}: expected at least 1.")
    if compiled.own is not None or compiled.loss is None or isinstance(compiled.loss, OutputLosses):
        raise InvalidValue("continual learning takes a model with one output that is compiled with a loss.")
    if not compiled.rule.takes_costs:
        raise InvalidValue(
            f"{type(compiled.rule).__name__} follows no loss that a strategy could extend; compile with a rule that "
            'sends errors back: "backprop", "feedback_alignment", "sign_symmetry" or "direct_feedback_alignment".'
        )
    if compiled.optimizer.full_batch:
        raise InvalidValue(
            f"{type(compiled.optimizer).__name__} takes all rows at once and evaluates the loss by itself, without "
            'what strategies add; compile with another optimizer, such as "adam".'
        )
    if model.network.remembers:
        raise InvalidValue("this network is stateful, which needs rows in order; replayed rows are mixed.")


def _seeds(given: int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds.

    Raises:
        InvalidValue: If there is none, or one is negative or no whole number.
    """
    found = tuple(range(given)) if isinstance(given, int) else tuple(given)
    if not found or any(isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0 for seed in found):
        raise InvalidValue(f"seeds={given!r}: expected how many runs to make, or different seeds of at least 0.")
    return tuple(int(seed) for seed in found)


def _talking(on_experience: Told | None, verbose: int) -> Told:
    """Return what tells of an experience."""
    from .progress import print_line

    def told(learned: ExperienceLearned) -> None:
        if verbose:
            print_line(learned)
        if on_experience is not None:
            on_experience(learned)

    return told
