"""The implementation of fit, evaluate and predict."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from ..data.arrays import to_array
from ..data.gathered import Gathered
from ..data.series_windows import SeriesWindows
from ..data.streaming import Blocks
from ..errors import InvalidValue, ShapeError
from ..layers import Sequential as Network
from ..layers.layer import Layer
from ..layers.walk import walk
from ..losses import OutputLosses
from ..training import interrupting
from ..training.batches import ANSWER_ROWS, PART_ROWS, Arrays, held_out_rows, in_chunks, parts, training_rows
from ..training.cache import keep_compiled_programs
from ..training.callbacks import Callback, as_list
from ..training.checkpointing import Checkpoints
from ..training.compiled import compiled_for
from ..training.counting import EpochCount
from ..training.early_stopping import EarlyStopping
from ..training.history import History
from ..training.progress import Progress
from ..training.run import Run
from ..training.source import Source
from ..training.stopping import stop_rules
from ..training.sums import empty_sums, figures
from ..training.windows import Windows
from . import cautions, guards
from .class_weights import weigh_classes
from .compiling import widths_for
from .inputs import (
    Examples,
    as_inputs,
    as_several,
    as_targets,
    compact_inputs,
    compact_targets,
    count_rows,
    refuse_several,
    row_weights,
    same_rows,
    sample_rows,
    split_off,
)  # fmt: skip
from .iterators import Batches, all_of, gives_batches, refuse_beside_batches, regrouped, unpacked
from .metric_guards import check_metrics
from .options import Options, whole
from .outputs import named_outputs, targets_of_outputs
from .settling import settled
from .streams import Checked, refuse_beside_blocks

if TYPE_CHECKING:
    from .model import Model

BATCH_SIZE = 32  # as in Keras
NO_LAYERS = Network()


def examples_for(
    model: Model,
    x: Any,
    y: Any,
    sample_weight: Any,
    class_weight: Mapping[int, float] | None,
    validation_split: float,
    validation_data: Any,
    sampling: Any,
    options: Options,
) -> tuple[Examples | Checked | Batches, Examples | None]:
    """Check the training and validation data, and build the network if necessary."""
    x, y = _windows_apart(x, y, "fit")
    if gives_batches(x):
        given = {"y": y, "sample_weight": sample_weight, "sampling": sampling, "batch_size": options.batch_size}
        refuse_beside_batches(given, validation_split)
        batches = Batches(model, x, options, lambda found: _weighed(model, found, class_weight))
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
    return _weighed(model, learn, class_weight), held_out


def _weighed(model: Model, examples: Examples, class_weight: Mapping[int, float] | None) -> Examples:
    return weigh_classes(examples, class_weight, model.compiled.loss, _output_shape(model))


def fit(
    model: Model,
    examples: Examples | Checked | Batches,
    held_out: Examples | None,
    callbacks: Sequence[Callback] | Callback | None,
    options: Options,
) -> History:
    """Train; see :meth:`Model.fit`."""
    keep_compiled_programs()
    run = _run_for(model, examples, held_out, options)
    if isinstance(examples, Examples) and not isinstance(model.compiled.loss, OutputLosses | None):
        loss, _ = model.compiled.loss.for_one_answer(_output_shape(model))
        inputs = examples.x.values if isinstance(examples.x, Gathered) else examples.x
        cautions.of_training(model.network, inputs, examples.y, loss, model.network.output_activation)
    names = figures(model.program.watched, run.widths, np.ones_like(empty_sums(model.program.watched, run.widths)))
    log_names = [*names, *(f"val_{name}" for name in names if held_out is not None)]
    history = History()
    run.rules = stop_rules(options.until, options.time_limit, options.max_steps)
    progress = _progress(run, history, as_list(callbacks), options)
    run.on_progress = progress.on_progress
    for rule in run.rules:
        rule.check(log_names)
    # Callbacks that may change the logs or stop training come before the history and the progress bar.
    run.callbacks = [EpochCount(run), *as_list(callbacks), history, progress]
    _introduce(model, run, options, list(names))
    model.stop_training, model.stop_reason, model.history = False, "", history
    with interrupting.noted() as interrupts:
        run.is_interrupted = lambda: interrupts.asked
        model.is_training = True
        began = time.perf_counter()
        try:
            _with_checkpoints(run, options)
        finally:
            model.epochs_trained = run.source.first_epoch - (-run.step // run.source.batches)
            run.source.close()
            _leave(model, run, history, began)
    return history


def _progress(run: Run, history: History, callbacks: Sequence[Callback], options: Options) -> Progress:
    stopping = [callback for callback in callbacks if isinstance(callback, EarlyStopping)]
    return Progress(
        options.verbose,
        history,
        timing=run.timing,
        monitor=stopping[0].monitor if stopping else "val_loss",
        may_stop=bool(stopping or run.rules),
    )


def evaluate(
    model: Model, x: Any, y: Any, sample_weight: Any, batch_size: int | None, steps: int | None = None
) -> dict[str, float]:
    """Return the loss and the metrics by name."""
    keep_compiled_programs()
    whole("batch_size", batch_size, 1)
    x, y = _windows_apart(x, y, "evaluate")
    if gives_batches(x):
        refuse_beside_batches({"y": y, "sample_weight": sample_weight}, verb="evaluate")
        return _evaluate(model, _examples_of(model, x, whole("steps", steps, 1)), batch_size)
    _refuse_steps("evaluate", steps)
    return _evaluate(model, iter([take(model, x, y, sample_weight, compact=True)]), batch_size)


def _evaluate(model: Model, groups: Iterator[Examples], batch_size: int | None) -> dict[str, float]:
    """Add up the figures of groups of rows; only the last may have another number of rows than the others."""
    first = next(groups)
    rows, shape = first.rows, _output_shape(model)
    program, chunk = settled(model.program, first.y, shape, batch_size or BATCH_SIZE, (rows,))
    widths = widths_for(program, first.y, shape)
    params, state, _, memory = model.answering()
    size, sums = batch_size or chunk, empty_sums(program.watched, widths)
    for examples in chain([first], groups):
        places, room = parts(examples.rows, size, _numbers_a_row(examples.x, shape))
        for place in places:
            part = jax.tree.map(lambda array, place=place: array[place], examples)
            rows = held_out_rows(part.x, part.y, part.weight, size, room)
            sums = compiled_for(program.network).evaluate(program, params, state, memory, rows, sums)
    return figures(program.watched, widths, np.asarray(sums))


def _examples_of(model: Model, batches: Any, steps: int | None) -> Iterator[Examples]:
    def taken(number: int, item: Any) -> Examples:
        return take(model, *unpacked(model, item, number), owner=f"batch {number}'s ", compact=True)

    return regrouped(batches, steps, taken)


def _refuse_steps(verb: str, steps: int | None) -> None:
    if steps is not None:
        raise InvalidValue(f"{verb}(steps=...) is for generators of batches; of arrays, all rows are used.")


def predict(model: Model, x: Any, batch_size: int | None, steps: int | None = None) -> Any:
    """Return the predictions, row by row; for several outputs a tuple, or a dict if they were named."""
    keep_compiled_programs()
    whole("batch_size", batch_size, 1)
    if not gives_batches(x):
        x, _ = _windows_apart(x, None, "predict")
        _refuse_steps("predict", steps)
        return _predict(model, take_inputs(model, x, compact=True), batch_size)

    def taken(number: int, item: Any) -> Any:
        inputs = item[0] if isinstance(item, tuple | list) else item
        return take_inputs(model, inputs, f"batch {number}'s x", compact=True)

    found = [_predict(model, rows, batch_size) for rows in regrouped(x, whole("steps", steps, 1), taken)]
    return jax.tree.map(lambda *answers: np.concatenate(answers), *found)


def _predict(model: Model, inputs: Any, batch_size: int | None) -> Any:
    model.say_if_untrained()
    params, state, rule, memory = model.answering()
    size = batch_size or ANSWER_ROWS
    places, room = parts(count_rows(inputs), size, _numbers_a_row(inputs, _output_shape(model)))

    program = compiled_for(model.network).predict

    def answer(rows: Any) -> Any:
        count = count_rows(rows)
        chunks = jax.tree.map(lambda part: in_chunks(part, size, room=room), rows)
        answers = program(rule, model.network, params, state, memory, chunks, np.int32(-(-count // size)))
        return jax.tree.map(lambda part: own(part).reshape(-1, *part.shape[2:])[:count], answers)

    # What JAX returns cannot be written to; several parts are copied when they are joined.
    own = np.array if len(places) == 1 else np.asarray
    if len(places) == 1:
        return named_outputs(model.network, answer(inputs))
    found = [answer(jax.tree.map(lambda part, place=place: part[place], inputs)) for place in places]
    return named_outputs(model.network, jax.tree.map(lambda *answers: np.concatenate(answers), *found))


def _numbers_a_row(inputs: Any, output_shape: Any) -> int:
    """Return how many numbers a row and its answer hold."""
    outputs = output_shape if _is_several(output_shape) else (output_shape,)
    return sum(math.prod(part.shape[1:]) for part in jax.tree.leaves(inputs)) + sum(map(math.prod, outputs))


def watchers(model: Model, callbacks: Sequence[Callback] | Callback | None) -> list[Callback]:
    """Return the user's callbacks with their model set."""
    found = as_list(callbacks)
    for callback in found:
        callback.set_model(model)
    return found


def take(
    model: Model, x: Any, y: Any, sample_weight: Any = None, owner: str = "", *, compact: bool = False
) -> Examples:
    """Check examples and convert them to arrays.

    Args:
        model: The model.
        x, y, sample_weight: As given.
        owner: A prefix for names in messages.
        compact: Whether arrays of narrow types keep their type; otherwise all are float32.
    """
    inputs = take_inputs(model, x, f"{owner}x", compact=compact)
    if model.compiled.loss is None:
        return _without_targets(inputs, y, sample_weight, owner)
    if y is None:
        raise InvalidValue(f"the network needs targets, but {owner}y is missing.")
    if isinstance(model.compiled.loss, OutputLosses):
        targets = targets_of_outputs(model, model.compiled.loss, y, f"{owner}y", compact)
        return same_rows(Examples(inputs, targets, row_weights(sample_weight, count_rows(inputs))))
    loss, answer_shape = model.compiled.loss.for_one_answer(_output_shape(model))
    refuse_several(y, f"{owner}y", "output")
    targets = as_targets(y, answer_shape, f"{owner}y", compact_targets if compact else to_array)
    steps = _output_shape(model)[:-1]
    examples = same_rows(Examples(inputs, targets, row_weights(sample_weight, len(targets), steps)))
    compiled, activation = model.compiled, model.network.output_activation
    guards.check_targets(targets, answer_shape, loss, activation, compiled.metrics, f"{owner}y")
    check_metrics(targets, model.program.watched, loss, activation, f"{owner}y")
    return examples


def _without_targets(inputs: np.ndarray, y: Any, sample_weight: Any, owner: str) -> Examples:
    if y is not None:
        raise InvalidValue(
            f"{owner}y was given, but the network was compiled without a loss and is trained without targets. Leave y "
            "out, or give compile() a loss, so that the last layer is trained as a read-out."
        )
    rows = count_rows(inputs)
    nothing = np.zeros((rows, 0), np.float32)
    return same_rows(Examples(inputs, nothing, row_weights(sample_weight, rows)))


def take_inputs(model: Model, x: Any, name: str = "x", *, compact: bool = False) -> Any:
    """Check inputs and convert them to an array, or to a tuple of arrays, and build the network if necessary."""
    if _is_several(model.declared_shape):
        return _take_several(model, x, name, compact)
    refuse_several(x, name, "input")
    tokens = model.network.takes_integers is True
    inputs = as_inputs(x, model.declared_shape, name, compact_inputs(tokens) if compact else to_array)
    if model.network == NO_LAYERS:
        raise InvalidValue("this network has no layers; add some: model.add(Dense(10)).")
    if not model.built:
        try:
            model.build(inputs.shape[1:])
        except ShapeError as error:
            hint = " x has one number per row; pass x.reshape(-1, 1)." if inputs.ndim == 1 else ""
            raise ShapeError(f"{error}{hint}") from None
    _check_input(model, inputs)
    return inputs


def _check_input(model: Model, inputs: Any) -> None:
    if not isinstance(inputs, Gathered):
        model.network.check_input(inputs)
    elif any(type(layer).check_input is not Layer.check_input for _, layer, _ in walk(model.network)):
        for start in range(0, len(inputs), PART_ROWS):
            model.network.check_input(np.asarray(inputs[start : start + PART_ROWS]))


def _windows_apart(x: Any, y: Any, verb: str) -> tuple[Any, Any]:
    """Return inputs and targets, which windows over a series have both."""
    if not isinstance(x, SeriesWindows):
        return x, y
    if y is not None:
        raise InvalidValue(
            f"{verb}(SeriesWindows, y=...): windows have their targets; give SeriesWindows(targets=...)."
        )
    return x.x, x.y


def _is_several(shape: Any) -> bool:
    """Return whether a shape is a tuple of shapes, one for each input or output."""
    return bool(shape) and isinstance(shape[0], tuple)


def _take_several(model: Model, x: Any, name: str, compact: bool) -> tuple[np.ndarray, ...]:
    shapes: Any = model.declared_shape
    names, kept = model.network.input_names, model.network.takes_integers
    found = []
    for place, given in enumerate(as_several(x, names, name)):
        convert = compact_inputs(bool(kept[place])) if compact else to_array  # pyright: ignore[reportIndexIssue]
        found.append(as_inputs(given, shapes[place], f"{name}[{names[place]!r}]", convert))
    inputs = same_rows(Examples(tuple(found), found[0])).x
    model.network.check_input(inputs)
    return inputs


def _output_shape(model: Model) -> tuple[int, ...]:
    return model.network.output_shape(model.declared_shape or ())


def _validation(model: Model, validation_data: Any, options: Options) -> Examples | None:
    if gives_batches(validation_data):
        return all_of(model, validation_data, options.validation_steps, "validation_data")
    if options.validation_steps is not None:
        raise InvalidValue("fit(validation_steps=...) is for validation_data that is a generator of batches.")
    return None if validation_data is None else _given_to_judge_by(model, validation_data)


def _given_to_judge_by(model: Model, validation_data: Any) -> Examples:
    if isinstance(validation_data, SeriesWindows):
        validation_data = _windows_apart(validation_data, None, "validation_data")
    if model.compiled.loss is None and not isinstance(validation_data, tuple):
        return take(model, validation_data, None, owner="validation_data ", compact=True)
    if not isinstance(validation_data, tuple | list) or not 2 <= len(validation_data) <= 3:
        raise InvalidValue("validation_data must be (x, y) or (x, y, sample_weight).")
    return take(model, *validation_data, owner="validation_data ", compact=True)


def _source_for(model: Model, examples: Examples | Checked | Batches, options: Options) -> Source:
    if isinstance(examples, Batches):
        return examples.source()
    batch_size = options.batch_size or BATCH_SIZE
    if isinstance(examples, Checked):
        return Windows(examples, batch_size, model.seed, options.shuffle, model.epochs_trained)
    rows = examples.rows
    batch_size = rows if model.optimizer.full_batch and options.batch_size is None else batch_size
    data = training_rows(*examples[:3])
    return Arrays(data, rows, batch_size, model.seed, options.shuffle, model.epochs_trained, examples.sampling)


def _run_for(model: Model, examples: Examples | Checked | Batches, held_out: Examples | None, options: Options) -> Run:
    targets = examples.read(0)[1] if isinstance(examples, Checked) else examples.y
    source, shape = _source_for(model, examples, options), _output_shape(model)
    counts = [0 if held_out is None else held_out.rows]
    # Any batch of a stream may be a short one.
    counts += [source.rows] if source.rows else list(range(1, source.size))
    model.program, chunk = settled(model.program, targets, shape, source.size, tuple(counts))
    widths = widths_for(model.program, targets, shape)
    learner = model.start_learner(widths)
    # Discard the partial sums of an epoch in which an earlier run was stopped.
    model.learner = learner._replace(sums=jax.device_put(np.zeros_like(learner.sums)))
    return Run(
        model,
        source,
        None if held_out is None else jax.device_put(held_out_rows(*held_out[:3], chunk)),
        widths,
        epochs=max(0, options.epochs - options.initial_epoch),
        first_epoch=options.initial_epoch,
    )


def _introduce(model: Model, run: Run, options: Options, names: list[str]) -> None:
    params = {
        "epochs": options.epochs,
        "initial_epoch": options.initial_epoch,
        "steps": run.source.steps_known or None,
        "verbose": options.verbose,
        "samples": run.source.rows or None,
        "metrics": names,
    }
    for callback in run.callbacks:
        callback.set_params(params)
        callback.set_model(model)


def _with_checkpoints(run: Run, options: Options) -> None:
    keeper = None
    if options.checkpoint is not None:
        keeper = Checkpoints(
            options.checkpoint, options.checkpoint_seconds, run, run.callbacks, talks=options.verbose not in (0, "0")
        )
        run.at_look = keeper.look
    try:
        for callback in run.callbacks:
            callback.on_train_begin({})
        if keeper is not None:
            keeper.begin(run, options.resume)
        run.go()
        if keeper is not None:
            keeper.write(run)
    finally:
        if keeper is not None:
            keeper.close()


def _leave(model: Model, run: Run, history: History, began: float) -> None:
    history.stopped_by = model.stop_reason or ("epochs" if run.step >= run.total else "interrupted")
    history.seconds += time.perf_counter() - began
    learner = model.learner
    model.learner = learner._replace(params=model.program.averaged(learner.params, learner.optimizer))
    model.is_training = False
    for callback in run.callbacks:
        callback.on_train_end(dict(run.logs))
