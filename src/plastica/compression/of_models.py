"""Models of arrays to be made smaller."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..activations import Sigmoid, Softmax
from ..data.arrays import to_array
from ..errors import DataError, InvalidValue
from ..export.exported import InputShape, exported
from ..layers import Dense, Flatten, Input
from ..model import Model, Sequential
from .distilling import taught, with_drawn_rows
from .fine_tuning import FineTuning
from .interpretation import answers
from .source import CompressionSource, JudgedInputs, loss_of
from .wording import SAY

HELD = 0.2  # of the training rows, if no validation rows are given


def model_source(
    model: Model,
    x: object,
    y: object,
    *,
    test_data: tuple[object, object],
    validation_data: tuple[object, object] | None = None,
    input_shape: InputShape | None = None,
    seed: int = 0,
) -> CompressionSource:
    """Return a model of arrays as it can be made smaller.

    Args:
        model: A trained model with one output.
        x, y: Training rows: inputs, and targets as for training. Class numbers, one-hot rows, or numbers.
        test_data: Rows that no training saw, on which the results are judged.
        validation_data: Rows at whose best epoch fine-tuning stops. Default: a fifth of the training rows.
        input_shape: The shape of one input, where the model leaves a size open.
        seed: The seed by which validation rows are drawn.

    Raises:
        DataError: If targets do not fit the outputs.
        InvalidValue: If the model has several outputs, or cannot be exported.
    """
    found = exported(model, input_shape=input_shape)
    if len(found.program.outputs) != 1:
        raise InvalidValue(SAY("several_outputs", name=model.name))
    task = task_of(model)
    train, test = (_judged(model, task, *each) for each in ((x, y), test_data))
    if validation_data is not None:
        held = _judged(model, task, *validation_data)
    else:
        order = np.random.default_rng(seed).permutation(len(train.y))
        count = int(HELD * len(order))
        held = _taken(train, np.sort(order[:count])) if count else None
        train = _taken(train, np.sort(order[count:]))

    def distil(units: tuple[int, ...], how: FineTuning) -> CompressionSource:
        return _distilled(source, model, units, how)

    source = CompressionSource(found, task, train, held, test, distil)
    return source


def task_of(model: Model) -> str:
    """Return the task of a model, by the activation of its last layer."""
    activation, shape = model.network.output_activation, model.output_shape
    if isinstance(activation, Softmax):
        return "multiclass"
    if isinstance(activation, Sigmoid):
        return "binary" if shape[1:] == (1,) else "multilabel"
    return "regression"


def _judged(model: Model, task: str, x: object, y: object) -> JudgedInputs:
    inputs = tuple(map(np.asarray, x)) if isinstance(x, tuple | list) else (np.asarray(x),)
    inputs = tuple(each.astype(np.float32) if each.dtype.kind == "f" else each for each in inputs)
    targets, shape = to_array(y, "targets"), model.output_shape[1:]
    if task == "multiclass" and targets.shape[1:] == shape:
        targets = targets.argmax(-1)
    if task in ("binary", "multiclass") and targets.shape[1:] == (1,):
        targets = targets[:, 0]
    flat = targets.shape[1:] == () and (task in ("binary", "multiclass") or shape == (1,))
    if len(targets) != len(inputs[0]) or not (flat or targets.shape[1:] == shape) or len(shape) != 1:
        told = {"rows": len(inputs[0]), "output": str(tuple(shape)), "targets": str(targets.shape)}
        raise DataError(SAY("other_targets", **told))
    return JudgedInputs(inputs, targets.astype(int) if task in ("binary", "multiclass") else targets)


def _taken(rows: JudgedInputs, places: np.ndarray) -> JudgedInputs:
    return JudgedInputs(tuple(each[places] for each in rows.inputs), rows.y[places])


def _distilled(source: CompressionSource, model: Model, units: Sequence[int], how: FineTuning) -> CompressionSource:
    """Return a network of dense layers that was taught by a model."""
    if len(source.train.inputs) != 1:
        raise InvalidValue(SAY("several_inputs", name=model.name))
    (x,), last = source.train.inputs, model.output_shape[-1]
    assert last is not None
    front = [Input(x.shape[1:]), *([Flatten()] if x.ndim > 2 else [])]
    hidden = [Dense(count, "relu") for count in units]
    student = Sequential([*front, *hidden, Dense(last, model.network.output_activation)], seed=how.seed)
    lessons = source.lessons()
    scale = np.asarray(lessons.units, np.float32)
    rows, targets = x, lessons.targets
    if x.ndim == 2:
        rows = with_drawn_rows(x, range(x.shape[1]), how.seed)
        drawn = answers(source.exported.program, [rows[len(x) :]])[0] if len(rows) > len(x) else targets[:0]
        targets = np.concatenate([targets, drawn])
    held = None
    if lessons.held is not None and lessons.held_targets is not None:
        held = (lessons.held[0], lessons.held_targets / scale)
    taught(student, loss_of(source.task, last), rows, targets / scale, held, how)
    kernel, bias = student.get_weights()[-2:]
    student.set_weights([*student.get_weights()[:-2], kernel * scale, bias * scale])
    found = exported(student)
    return CompressionSource(found, source.task, source.train, source.held, source.test, source.distil)
