"""The implementation of fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import jax
import numpy as np
from jax.sharding import Mesh

from ..data.gathered import Gathered
from ..errors import InvalidValue
from ..layers.layer import Shape
from ..lazy import deferred
from ..losses import OutputLosses
from ..training import interrupting
from ..training.batches import held_out_rows
from ..training.cache import keep_compiled_programs
from ..training.callbacks import Callback, as_list, most_needed
from ..training.checkpointing import Checkpoints
from ..training.counting import EpochCount
from ..training.devices import MODEL, mesh_of
from ..training.early_stopping import EarlyStopping
from ..training.history import History
from ..training.member import Member
from ..training.progress import Progress
from ..training.rows import Rows
from ..training.run import Hook, Run, as_hooks
from ..training.sharded import brought_home
from ..training.source import Source
from ..training.stopping import stop_rules
from ..training.sums import empty_sums, figures
from ..training.watcher import RunWatcher
from . import cautions
from .adapting import adapt
from .base import BaseModel
from .compiling import widths_for
from .examples import windows_apart
from .in_batches import InBatches
from .in_blocks import InBlocks
from .in_memory import InMemory
from .inputs import Examples, HostArrays
from .options import Options
from .remembering import check_fit, rows_a_batch
from .settling import settled
from .training_data import GivenData, TrainingData

KINDS: tuple[type[TrainingData], ...] = (InBatches, InBlocks, InMemory)  # the first that takes the data


def training_data(model: BaseModel, given: GivenData, options: Options) -> tuple[TrainingData, Examples | None]:
    """Check the training and validation data, and build the network if necessary."""
    x, y = windows_apart(given.x, given.y, "fit")
    kind = next(kind for kind in KINDS if kind.takes(x))
    return kind.checked(model, replace(given, x=x, y=y), options)


def examples_for(
    model: BaseModel,
    x: object,
    y: object,
    sample_weight: object,
    class_weight: Mapping[int, float] | None,
    validation_split: float,
    validation_data: object,
    sampling: object,
    options: Options,
) -> tuple[Examples | None, Examples | None]:
    """Check the data of several models: the rows to train on, None if not in memory, and the validation rows."""
    given = GivenData(x, y, sample_weight, class_weight, validation_split, validation_data, sampling)
    data, held_out = training_data(model, given, options)
    return data.examples, held_out


def fit(
    model: BaseModel,
    data: TrainingData,
    held_out: Examples | None,
    callbacks: Sequence[Callback] | Callback | None,
    options: Options,
    hooks: Sequence[Hook] | Hook = (),
) -> History:
    """Train; see :meth:`Model.fit`."""
    keep_compiled_programs()
    mesh = mesh_of(options.devices)
    if options.average_every is not None:
        _require_apart(data, mesh, as_list(callbacks))
    examples = data.examples
    adapt(model, None if examples is None else examples.x)
    if examples is not None and model.compiled.own is None:
        cautions.of_spikes(model.network, examples.x, model.compiled.rule)
    member = member_for(model, data, held_out, options)
    member.joined = options.joined or member.joined
    looks = [callback.look for callback in as_list(callbacks) if isinstance(callback, RunWatcher)]
    epochs = max(0, options.epochs - options.initial_epoch)
    run = Run([member], epochs, hooks=(*as_hooks(hooks), *looks), mesh=mesh, average_every=options.average_every)
    if examples is not None and not isinstance(model.compiled.loss, OutputLosses | None):
        inputs = jax.tree.map(lambda part: part.values if isinstance(part, Gathered) else part, examples.x)
        loss, _ = model.compiled.loss.for_one_answer(model.output_shape_for(examples.x))
        cautions.of_training(model.network, inputs, cast(np.ndarray, examples.y), loss, model.network.output_activation)
    history = History()
    member.rules = stop_rules(options.until, options.time_limit, options.max_steps)
    progress = progress_for(member, history, as_list(callbacks), options)
    member.on_progress = progress.on_progress
    # Callbacks that may change the logs or stop training come before the history and the progress bar.
    member.callbacks = [EpochCount(member), *as_list(callbacks), history, progress]
    conduct(run, [model], [history], options)
    return history


def _require_apart(data: TrainingData, mesh: Mesh | None, callbacks: Sequence[Callback]) -> None:
    """Check that devices can train apart.

    Raises:
        InvalidValue: If the rows are not known ahead, arrays are divided, or a callback looks at each batch.
    """
    if not data.are_known:
        raise InvalidValue(
            "fit(average_every=...) deals out the rows of arrays and of blocks, such as Parquet files; a generator has "
            "none ahead."
        )
    if mesh is not None and MODEL in mesh.shape:
        raise InvalidValue(
            f"fit(devices={dict(mesh.shape)}, average_every=...): each device needs all weights; leave {MODEL!r} out."
        )
    if most_needed(callbacks) == "batch":
        raise InvalidValue(
            "fit(average_every=...): a callback looks at each batch, but the devices have batches of their own; look "
            "at epochs (on_epoch_end)."
        )


def conduct(run: Run, models: Sequence[BaseModel], histories: Sequence[History], options: Options) -> None:
    """Train the models, each of which is a member of the run, with their callbacks."""
    for model, member, history in zip(models, run.members, histories, strict=True):
        _introduce(model, member, options)
        model.stop_training, model.stop_reason, model.history = False, "", history
    with interrupting.noted() as interrupts:
        run.is_interrupted = lambda: interrupts.asked
        for model in models:
            model.is_training = True
        began = time.perf_counter()
        try:
            _with_checkpoints(run, options)
        finally:
            for model, member, history in zip(models, run.members, histories, strict=True):
                # Rounded up: an epoch that was stopped in the middle has used its order of rows, and the next run takes
                # the order after it.
                model.epochs_trained = member.source.first_epoch - (-member.step // member.source.batches)
                # In every case, also after an error: a source may have a thread that reads ahead.
                member.source.close()
                if run.mesh is not None:
                    model.learner = brought_home(model.learner)
                _leave(model, member, history, began, is_complete=member.step >= run.total_of(member))


def progress_for(member: Member, history: History, callbacks: Sequence[Callback], options: Options) -> Progress:
    """Return the display of the progress of a run of one network."""
    stopping = [callback for callback in callbacks if isinstance(callback, EarlyStopping)]
    return Progress(
        options.verbose,
        history,
        timing=member.timing,
        monitor=stopping[0].monitor if stopping else "val_loss",
        may_stop=bool(stopping or member.rules),
    )


def with_doctor(
    callbacks: Sequence[Callback] | Callback | None, doctor: object
) -> Sequence[Callback] | Callback | None:
    """Return the callbacks, with a doctor if one is wanted.

    Raises:
        InvalidValue: If ``doctor`` is neither a flag nor a doctor.
    """
    if isinstance(doctor, bool):
        return [*as_list(callbacks), deferred("plastica.doctor", "Doctor")()] if doctor else callbacks
    if not isinstance(doctor, RunWatcher):
        raise InvalidValue(f"fit(doctor={doctor!r}): give True, False, or pl.doctor.Doctor(...).")
    return [*as_list(callbacks), doctor]


def watchers(model: BaseModel, callbacks: Sequence[Callback] | Callback | None) -> list[Callback]:
    """Return the user's callbacks with their model set."""
    found = as_list(callbacks)
    for callback in found:
        callback.set_model(model)
    return found


def member_for(model: BaseModel, data: TrainingData, held_out: Examples | None, options: Options) -> Member:
    """Return a model as a member of a run on the data that :func:`training_data` checked."""
    inputs, targets = data.some_rows()
    check_fit(model.network, data, held_out, options.shuffle)
    source, shape = data.source(options), model.output_shape_for(inputs)

    def judged(chunk: int) -> Rows | None:
        return None if held_out is None else jax.device_put(held_out_rows(*held_out[:3], chunk))

    count = 0 if held_out is None else held_out.rows
    return member_on(model, source, targets, shape, count, judged, options.initial_epoch)


def member_on(
    model: BaseModel,
    source: Source,
    targets: HostArrays,
    shape: Shape,
    held_out: int,
    judged: Callable[[int], Rows | None],
    first_epoch: int = 0,
) -> Member:
    """Return a model as a member of a run on its data, settled for them.

    Args:
        model: The model, built.
        source: The training data.
        targets: Targets as in the training data; those of some rows are enough.
        shape: The shape of the output for one row.
        held_out: The number of validation rows.
        judged: Returns the validation rows in chunks of so many rows, or None.
        first_epoch: The number of the first epoch as callbacks count.
    """
    # Any batch of a stream may be a short one.
    counts = [held_out, *([source.rows] if source.rows else range(1, source.size))]
    # Before widths and learner: settling may exchange metrics and losses, which decides how many sums there are.
    model.program, chunk = settled(model.program, targets, shape, source.size, tuple(counts))
    widths = widths_for(model.program, targets, shape)
    learner = model.start_learner(widths)
    # Discard the partial sums of an epoch in which an earlier run was stopped.
    model.learner = learner._replace(sums=jax.device_put(np.zeros_like(learner.sums)))
    chunk = rows_a_batch(model.network, None, chunk)
    return Member(model, source, judged(chunk), widths, first_epoch=first_epoch)


def _introduce(model: BaseModel, member: Member, options: Options) -> None:
    names = figures(model.program, member.widths, np.ones_like(empty_sums(model.program, member.widths)))
    log_names = [*names, *(f"val_{name}" for name in names if member.validation is not None)]
    for rule in member.rules:
        rule.check(log_names)
    params = {
        "epochs": options.epochs,
        "initial_epoch": options.initial_epoch,
        "steps": member.source.steps_known or None,
        "verbose": options.verbose,
        "samples": member.source.rows or None,
        "metrics": list(names),
    }
    for callback in member.callbacks:
        callback.set_params(params)
        callback.set_model(model)


def _with_checkpoints(run: Run, options: Options) -> None:
    keeper = None
    if options.checkpoint is not None:
        keeper = Checkpoints(options.checkpoint, options.checkpoint_seconds, run, talks=options.verbose not in (0, "0"))
        run.hooks = (*run.hooks, keeper.look)
    try:
        for member in run.members:
            for callback in member.callbacks:
                callback.on_train_begin({})
        if keeper is not None:
            # After on_train_begin, which resets callbacks; restoring their state before it would be undone.
            keeper.begin(run, options.resume)
        run.go()
        if keeper is not None:
            keeper.write(run)
    finally:
        if keeper is not None:
            keeper.close()


def _leave(model: BaseModel, member: Member, history: History, began: float, is_complete: bool) -> None:
    history.stopped_by = model.stop_reason or ("epochs" if is_complete else "interrupted")
    history.seconds += time.perf_counter() - began
    learner = model.learner
    # From here on the averaged weights are the weights; an interrupted run resumes from its checkpoint, which has both.
    model.learner = learner._replace(params=model.program.averaged(learner.params, learner.optimizer))
    model.is_training = False
    for callback in member.callbacks:
        callback.on_train_end(dict(member.logs))
