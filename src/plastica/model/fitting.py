"""The implementation of fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import jax
import numpy as np

from ..data.gathered import Gathered
from ..data.series_windows import SeriesWindows
from ..data.streaming import Blocks
from ..errors import InvalidValue
from ..layers.layer import Shape
from ..losses import OutputLosses
from ..training import interrupting
from ..training.batches import Arrays, held_out_rows, training_rows
from ..training.cache import keep_compiled_programs
from ..training.callbacks import Callback, as_list
from ..training.checkpointing import Checkpoints
from ..training.counting import EpochCount
from ..training.early_stopping import EarlyStopping
from ..training.history import History
from ..training.member import Member
from ..training.progress import Progress
from ..training.rows import Rows
from ..training.run import Hook, Run, as_hooks
from ..training.source import Source
from ..training.stopping import stop_rules
from ..training.sums import empty_sums, figures
from ..training.windows import Windows
from . import cautions
from .adapting import adapt
from .base import BaseModel
from .class_weights import weigh_classes
from .compiling import widths_for
from .examples import take, windows_apart
from .inputs import (
    Examples,
    HostArrays,
    sample_rows,
    split_off,
)  # fmt: skip
from .iterators import Batches, all_of, gives_batches, refuse_beside_batches
from .options import BATCH_SIZE, Options
from .remembering import check_fit, rows_a_batch
from .settling import settled
from .streams import Checked, refuse_beside_blocks


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
) -> tuple[Examples | Checked | Batches, Examples | None]:
    """Check the training and validation data, and build the network if necessary."""
    x, y = windows_apart(x, y, "fit")
    if gives_batches(x):
        given = {"y": y, "sample_weight": sample_weight, "sampling": sampling, "batch_size": options.batch_size}
        refuse_beside_batches(given, validation_split)
        batches = Batches(model, x, options, lambda found: weighed(model, found, class_weight))
        return batches, _validation(model, validation_data, options)
    if options.steps_per_epoch is not None:
        raise InvalidValue("fit(steps_per_epoch=...) is for generators of batches; an epoch of arrays is all rows.")
    if isinstance(x, Blocks):
        refuse_beside_blocks(y, sample_weight, class_weight, validation_split, sampling)
        return Checked(model, x), _validation(model, validation_data, options)
    learn = sample_rows(take(model, x, y, sample_weight, compact=True), sampling)
    held_out = _validation(model, validation_data, options)
    if held_out is None and validation_split:
        learn, held_out = split_off(learn, validation_split)
    if learn.sampling is not None and not learn.sampling.any():
        raise InvalidValue("sampling is 0 for all training rows; at least one must be above 0.")
    return weighed(model, learn, class_weight), held_out


def weighed(model: BaseModel, examples: Examples, class_weight: Mapping[int, float] | None) -> Examples:
    """Return examples with the weights of their classes."""
    return weigh_classes(examples, class_weight, model.compiled.loss, model.output_shape_for(examples.x))


def fit(
    model: BaseModel,
    examples: Examples | Checked | Batches,
    held_out: Examples | None,
    callbacks: Sequence[Callback] | Callback | None,
    options: Options,
    hooks: Sequence[Hook] | Hook = (),
) -> History:
    """Train; see :meth:`Model.fit`."""
    keep_compiled_programs()
    adapt(model, examples.x if isinstance(examples, Examples) else None)
    member = _member_for(model, examples, held_out, options)
    run = Run([member], max(0, options.epochs - options.initial_epoch), hooks=as_hooks(hooks))
    if isinstance(examples, Examples) and not isinstance(model.compiled.loss, OutputLosses | None):
        inputs = jax.tree.map(lambda part: part.values if isinstance(part, Gathered) else part, examples.x)
        loss, _ = model.compiled.loss.for_one_answer(model.output_shape_for(examples.x))
        cautions.of_training(model.network, inputs, cast(np.ndarray, examples.y), loss, model.network.output_activation)
    history = History()
    member.rules = stop_rules(options.until, options.time_limit, options.max_steps)
    progress = _progress(member, history, as_list(callbacks), options)
    member.on_progress = progress.on_progress
    # Callbacks that may change the logs or stop training come before the history and the progress bar.
    member.callbacks = [EpochCount(member), *as_list(callbacks), history, progress]
    conduct(run, [model], [history], options)
    return history


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
                model.epochs_trained = member.source.first_epoch - (-member.step // member.source.batches)
                member.source.close()
                _leave(model, member, history, began, is_complete=member.step >= run.total_of(member))


def _progress(member: Member, history: History, callbacks: Sequence[Callback], options: Options) -> Progress:
    stopping = [callback for callback in callbacks if isinstance(callback, EarlyStopping)]
    return Progress(
        options.verbose,
        history,
        timing=member.timing,
        monitor=stopping[0].monitor if stopping else "val_loss",
        may_stop=bool(stopping or member.rules),
    )


def watchers(model: BaseModel, callbacks: Sequence[Callback] | Callback | None) -> list[Callback]:
    """Return the user's callbacks with their model set."""
    found = as_list(callbacks)
    for callback in found:
        callback.set_model(model)
    return found


def _validation(model: BaseModel, validation_data: object, options: Options) -> Examples | None:
    if gives_batches(validation_data):
        return all_of(model, validation_data, options.validation_steps, "validation_data")
    if options.validation_steps is not None:
        raise InvalidValue("fit(validation_steps=...) is for validation_data that is a generator of batches.")
    return None if validation_data is None else _given_to_judge_by(model, validation_data)


def _given_to_judge_by(model: BaseModel, validation_data: object) -> Examples:
    if isinstance(validation_data, SeriesWindows):
        validation_data = windows_apart(validation_data, None, "validation_data")
    if model.compiled.loss is None and not isinstance(validation_data, tuple):
        return take(model, validation_data, None, owner="validation_data ", compact=True)
    if not isinstance(validation_data, tuple | list) or not 2 <= len(validation_data) <= 3:
        raise InvalidValue("validation_data must be (x, y) or (x, y, sample_weight).")
    return take(model, *validation_data, owner="validation_data ", compact=True)


def _source_for(model: BaseModel, examples: Examples | Checked | Batches, options: Options) -> Source:
    if isinstance(examples, Batches):
        return examples.source()
    batch_size = rows_a_batch(model.network, options.batch_size, BATCH_SIZE)
    if isinstance(examples, Checked):
        return Windows(examples, batch_size, model.seed, options.shuffle, model.epochs_trained)
    rows = examples.rows
    batch_size = rows if model.program.full_batch and options.batch_size is None else batch_size
    data = training_rows(*examples[:3])
    return Arrays(data, rows, batch_size, model.seed, options.shuffle, model.epochs_trained, examples.sampling)


def _member_for(
    model: BaseModel, examples: Examples | Checked | Batches, held_out: Examples | None, options: Options
) -> Member:
    targets = examples.read(0)[1] if isinstance(examples, Checked) else examples.y
    check_fit(model.network, examples, held_out, options.shuffle)
    source, shape = _source_for(model, examples, options), model.output_shape_for(_inputs_of(examples))

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
    model.program, chunk = settled(model.program, targets, shape, source.size, tuple(counts))
    widths = widths_for(model.program, targets, shape)
    learner = model.start_learner(widths)
    # Discard the partial sums of an epoch in which an earlier run was stopped.
    model.learner = learner._replace(sums=jax.device_put(np.zeros_like(learner.sums)))
    chunk = rows_a_batch(model.network, None, chunk)
    return Member(model, source, judged(chunk), widths, first_epoch=first_epoch)


def _inputs_of(examples: Examples | Checked | Batches) -> HostArrays:
    return examples.read(0)[0] if isinstance(examples, Checked) else examples.x


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
    model.learner = learner._replace(params=model.program.averaged(learner.params, learner.optimizer))
    model.is_training = False
    for callback in member.callbacks:
        callback.on_train_end(dict(member.logs))
