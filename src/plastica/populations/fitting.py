"""The implementation of Population.fit."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence, Sized
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

import jax
import numpy as np
from numpy.typing import ArrayLike

from ..data.gathered import Gathered
from ..errors import DataError, InvalidValue, PlasticaError
from ..layers.adapting import Adaptive
from ..layers.walk import walk
from ..lazy import deferred
from ..losses import OutputLosses
from ..model import Model
from ..model.adapting import adapt
from ..model.class_weights import weighed
from ..model.fitting import conduct, examples_for, member_on, with_doctor
from ..model.inputs import Examples
from ..model.options import BATCH_SIZE, Options
from ..random import Shape
from ..training.batches import Arrays, held_out_rows, picked_rows, training_rows
from ..training.cache import keep_compiled_programs
from ..training.callbacks import Callback, as_list
from ..training.calls import Calls
from ..training.counting import EpochCount
from ..training.devices import POPULATION, DevicesLike, mesh_of
from ..training.early_stopping import EarlyStopping
from ..training.history import History
from ..training.member import Member
from ..training.rows import Rows
from ..training.run import Hook, Run, as_hooks
from ..training.stopping import stop_rules
from ..training.watcher import RunWatcher
from .diagnosis import PopulationDiagnosis
from .grid import MemberSettings
from .group import MemberGroup
from .places import varied
from .progress import PopulationProgress
from .results import PopulationHistory

Callbacks = Sequence[Callback] | Callback | Callable[[int], Sequence[Callback]] | None


class PopulationRun(TypedDict, total=False):
    """Arguments of :meth:`Population.fit` that say how a run goes and ends, by name."""

    callbacks: Callbacks
    shuffle: bool
    until: object
    time_limit: float | str | None
    max_steps: int | None
    checkpoint: str | Path | None
    resume: bool
    checkpoint_seconds: float
    hooks: Sequence[Hook] | Hook
    doctor: object
    devices: DevicesLike
    cluster: str | None


class PopulationFit(PopulationRun, total=False):
    """Arguments of :meth:`Population.fit` by name, without the rows."""

    batch_size: int | None
    epochs: int
    verbose: int | str
    validation_split: float
    validation_data: object
    class_weight: Mapping[int, float] | None
    sample_weight: object
    groups: ArrayLike | None


class PopulationData(NamedTuple):
    """The data of a population, checked once for all members.

    Attributes:
        learn: All rows, weighted for training.
        held_out: Validation data of all members, or None.
        weight: The weight of the rows in an evaluation, or None where all weigh 1.
        classes: The class of each row, or None.
        shape: The shape of the output for one row.
        input_shape: The shape of the inputs, to build the members.
    """

    learn: Examples
    held_out: Examples | None
    weight: np.ndarray | None
    classes: np.ndarray | None
    shape: Shape
    input_shape: tuple[int | None, ...]


def rows_in(x: object) -> int:
    """Return the number of rows of inputs as a person gives them: an array, or several."""
    first = jax.tree.leaves(x, is_leaf=lambda part: isinstance(part, Gathered))[:1]
    return len(first[0]) if first and hasattr(first[0], "__len__") else len(cast(Sized, x))


def model_of(model: Model, member: MemberSettings) -> Model:
    """Return a new model with the settings of a member."""
    return varied(model, member.values, member.seed)


def data_for(
    model: Model,
    x: object,
    y: object,
    sample_weight: object,
    class_weight: Mapping[int, float] | None,
    validation_split: float,
    validation_data: object,
    options: Options,
    has_folds: bool,
) -> PopulationData:
    """Check the data with the first member, and build it."""
    if has_folds and (validation_split or validation_data is not None):
        raise InvalidValue(
            "fit: folds already validate each member on the rows that it does not train on; leave out validation_split "
            "and validation_data."
        )
    if model.network.remembers:
        raise InvalidValue(
            "Population.fit: this network is stateful, and its memory follows the order of the rows; train such "
            "networks one at a time with Model.fit."
        )
    learn, held_out = examples_for(model, x, y, sample_weight, None, validation_split, validation_data, None, options)
    if not isinstance(learn, Examples):
        raise DataError("Population.fit takes arrays in memory; train on blocks and generators one model at a time.")
    shape = model.output_shape_for(learn.x)
    train = weighed(model, learn, class_weight)
    return PopulationData(train, held_out, learn.weight, _classes(model, learn, shape), shape, model.input_shape)


def fit(
    group: MemberGroup,
    data: PopulationData,
    callbacks: Callbacks,
    options: Options,
    hooks: Sequence[Hook] | Hook,
    warns: bool = True,
) -> PopulationHistory:
    """Train the models of a group; see :meth:`Population.fit`. Whether failed members are warned of is ``warns``."""
    if options.cluster is not None:
        return deferred("plastica.cluster.groups", "train_group", group, data, callbacks, options, hooks, warns)()
    rows, held_out = training_rows(*data.learn[:3]), shared_held_out(data.held_out)
    members = [member_for(group, place, data, rows, held_out, options) for place in range(len(group))]
    return train_members(group, members, callbacks, options, hooks, warns)


def train_members(
    group: MemberGroup,
    members: Sequence[Member],
    callbacks: Callbacks,
    options: Options,
    hooks: Sequence[Hook] | Hook,
    warns: bool = True,
    calls: Calls | None = None,
) -> PopulationHistory:
    """Train members that were made of the models of a group; see :func:`fit`. Their calls are computed by ``calls``."""
    keep_compiled_programs()
    mesh = mesh_of(options.devices, POPULATION)
    histories = [History() for _ in members]
    for place, (member, history) in enumerate(zip(members, histories, strict=True)):
        member.rules = stop_rules(options.until, options.time_limit, options.max_steps)
        member.callbacks = [EpochCount(member), *own_callbacks(callbacks, place), history]
    # A member that diverges must not end the others.
    run = Run(members, options.epochs, raises=False, mesh=mesh, among_others=options.among_others)
    run.compute = calls or run.compute
    progress = PopulationProgress(options.verbose, options.epochs)
    watchers = [each for member in members for each in member.callbacks if isinstance(each, RunWatcher)]
    run.hooks = (progress, *as_hooks(hooks), *(each.look for each in watchers))
    found = PopulationHistory(histories, group.columns(), group.part_name)
    progress.begin()
    try:
        conduct(run, group.models, histories, options)
    finally:
        found.kept = [kept_epoch(member) for member in members]
        found.failed = {place: member.failed for place, member in enumerate(members) if member.failed}
        found.diagnosis = PopulationDiagnosis.of_history(found) if watchers else None
        progress.end(found)
    if warns:
        group.warn_of_failed(found)
    return found


def member_for(
    group: MemberGroup,
    place: int,
    data: PopulationData,
    rows: Rows,
    held_out: Callable[[int], Rows] | None,
    options: Options,
) -> Member:
    """Return a model of a group as a member of a run, with the numbers of its own rows."""
    model, settings = group.models[place], group.members[place]
    splits, count = group.splits, data.learn.rows
    if not model.built:
        model.build(data.input_shape)
    # All members share one copy of the rows, and each has the numbers of its own.
    part = None if splits is None or settings.part is None else splits[settings.part]
    places = np.arange(count, dtype=np.int32) if part is None else part.train
    _adapt(model, data.learn.x, None if part is None else places)
    batch_size = settings.batch_size or options.batch_size
    full = model.program.full_batch and batch_size is None
    size = len(places) if full else batch_size or BATCH_SIZE
    order = (options.shuffle, model.epochs_trained)
    source = Arrays(rows, len(places), size, model.seed, *order, places=places, together=len(group))
    judged_places = None if part is None else part.held_out

    def judged(chunk: int) -> Rows | None:
        if judged_places is not None and splits is not None:
            # All of one length, so that one program evaluates all folds.
            room = max(0 if split.held_out is None else len(split.held_out) for split in splits)
            return picked_rows(rows, judged_places, data.weight, chunk, room)
        return None if held_out is None else held_out(chunk)

    number = 0 if data.held_out is None else data.held_out.rows
    number = number if judged_places is None else len(judged_places)
    return member_on(model, source, data.learn.y, data.shape, number, judged)


def shared_held_out(held_out: Examples | None) -> Callable[[int], Rows] | None:
    """Return what gives the validation rows in chunks, the same arrays to all members; None if there are none."""
    if held_out is None:
        return None
    made: dict[int, Rows] = {}

    def judged(chunk: int) -> Rows:
        if chunk not in made:
            made[chunk] = jax.device_put(held_out_rows(*held_out[:3], chunk))
        return made[chunk]

    return judged


def _adapt(model: Model, x: object, places: np.ndarray | None) -> None:
    if not any(isinstance(layer, Adaptive) for _, layer, _ in walk(model.network, model.state)):
        return
    if places is not None:
        x = jax.tree.map(lambda part: np.asarray(part)[places], x, is_leaf=lambda part: isinstance(part, Gathered))
    adapt(model, x)


def own_callbacks(callbacks: Callbacks, place: int) -> list[Callback]:
    """Return the callbacks of a member, given its number: copies, unless a function made them."""
    if callable(callbacks) and not isinstance(callbacks, Callback):
        return as_list(callbacks(place))
    # A copy of a callback that was used before does not copy that model too.
    return [copy.deepcopy(each, {id(each.model): each.model}) for each in as_list(callbacks)]


def with_doctors(callbacks: Callbacks, doctor: object) -> Callbacks:
    """Return the callbacks, with a doctor for each member if one is wanted; see :func:`..model.fitting.with_doctor`."""
    if not callable(callbacks) or isinstance(callbacks, Callback):
        return with_doctor(callbacks, doctor)
    made = callbacks  # those of each member are made anew, and are no copies
    return lambda place: [*made(place), *own_callbacks(with_doctor(None, doctor), place)]


def _classes(model: Model, examples: Examples, shape: Shape) -> np.ndarray | None:
    """Return the class of each row, ``(rows,)``; None if targets are not classes, or several for a row."""
    loss = model.compiled.loss
    if loss is None or isinstance(loss, OutputLosses) or isinstance(examples.y, tuple):
        return None
    answered, answer_shape = loss.for_one_answer(shape)
    if not answered.meaning.decides:
        return None
    try:
        classes, _ = answered.meaning.targets.classes(examples.y, answer_shape[-1] if answer_shape else 1)
    except PlasticaError:  # several labels of a row
        return None
    return classes.reshape(-1) if classes.size == examples.rows else None


def kept_epoch(member: Member) -> int:
    """Return the index of the epoch whose weights a member has, or would have if it ended now; -1 before the first."""
    stopping = [callback for callback in member.callbacks if isinstance(callback, EarlyStopping)]
    best = [callback.best_epoch for callback in stopping if callback.restore_best_weights]
    history = next(callback for callback in member.callbacks if isinstance(callback, History))
    return history.epoch.index(best[0]) if best and best[0] in history.epoch else len(history.epoch) - 1
