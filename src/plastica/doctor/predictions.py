"""diagnose_predictions: what predictions for training and held-out rows say, whatever made them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..checks.findings import Finding
from ..data.arrays import to_array
from ..errors import InvalidValue
from ..model.diagnosis import Diagnosis
from ..notes import note
from ..typing import Float
from .array_looks import plain
from .fits import fit_findings, never_predicted
from .inputs import input_findings
from .labels import label_errors, noisy_labels
from .looks import evenly
from .out_of_sample import OutOfSample
from .parts import part_findings
from .tasks import MOST_ROWS, TaskRows

CLASSES, LABELS, NUMBERS = "classes", "labels", "numbers"
OFF = 1e-3  # from 1, of the sum of probabilities in float32


def diagnose_predictions(
    x: object,
    y: object,
    predictions: object,
    *,
    validation_data: object = None,
    names: Sequence[str] = (),
    kind: str | None = None,
) -> Diagnosis:
    """Return what the data and the predictions of any model say: leaks, drift, label errors, overfitting, calibration.

    When to use: a model of another library, or a training loop of your own; only arrays are read. For networks of
    plastica, ``model.diagnose`` does this and looks inside as well.

    Args:
        x: Training inputs as the model reads them, ``(rows, features)`` or ``(rows, ...)``.
        y: Training targets: class numbers ``(rows,)``, labels of 0 and 1 ``(rows, labels)`` or numbers.
        predictions: What the model predicts for ``x``: probabilities of the classes ``(rows, classes)``, of the second
            of two classes ``(rows,)``, of labels ``(rows, labels)``; or numbers ``(rows,)`` or ``(rows, outputs)``.
        validation_data: Rows that the model was not trained on: ``(x, y, predictions)``. Without them overfitting,
            drift and calibration cannot be judged.
        names: A name for each column of ``x``.
        kind: "classes", "labels" or "numbers". Default: as shapes and values say.

    Raises:
        DataError, InvalidValue: If arrays do not suit each other.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(200, 3))
        >>> y = (x[:, 0] > 0).astype(int)
        >>> found = diagnose_predictions(x, y, np.full(200, 0.4))  # a model that always says the first class
        >>> "class_never_predicted" in found.codes
        True
    """
    learn = _task_rows("", x, y, predictions, kind)
    held_out = None
    if validation_data is not None:
        if not isinstance(validation_data, tuple | list) or len(validation_data) != 3:
            raise InvalidValue("diagnose_predictions(validation_data=...): give the rows as (x, y, predictions).")
        held_x, held_y, held_predictions = validation_data
        held_out = _task_rows("validation_", held_x, held_y, held_predictions, kind or _named(learn.task))
        if held_out.x.shape[1:] != learn.x.shape[1:]:
            raise InvalidValue(
                f"validation_x has rows of shape {held_out.x.shape[1:]}, and x of {learn.x.shape[1:]}; give the same "
                "columns."
            )
    columns = learn.x.shape[-1]
    if names and len(names) != columns:
        raise InvalidValue(f"diagnose_predictions(names=...): {len(names)} names for {columns} columns of x.")
    unjudged = [] if held_out is not None else [note("doctor.without_held_out")]
    found = list(_findings(learn, held_out, tuple(map(str, names))))
    return Diagnosis.of(found, unjudged, {"score": learn.score})


def _findings(learn: TaskRows, held_out: TaskRows | None, names: tuple[str, ...]) -> Iterator[Finding]:
    yield from input_findings(None, learn, names)
    noise = [] if held_out is None else list(noisy_labels(learn, held_out))
    yield from noise
    if not noise:
        yield from never_predicted(learn if held_out is None else held_out)
    if held_out is not None:
        yield from part_findings(learn, held_out, names)
        yield from fit_findings(learn, held_out, names)
        if not noise and held_out.decides:  # the model was not trained on these rows, as confident learning asks
            numbered = replace(held_out, numbers=held_out.numbers + learn.numbers[-1] + 1)
            yield from label_errors(OutOfSample(numbered, int(learn.numbers[-1]) + 1, 1, 0.0))


def _task_rows(owner: str, x: object, y: object, predictions: object, kind: str | None) -> TaskRows:
    inputs = to_array(plain(x, f"{owner}x"), f"{owner}x")
    targets = to_array(plain(y, f"{owner}y"), f"{owner}y")
    answers = to_array(plain(predictions, f"{owner}predictions"), f"{owner}predictions").astype(np.float64)
    if inputs.ndim < 2:
        raise InvalidValue(f"{owner}x has the shape {inputs.shape}; give (rows, features).")
    for name, part in (("y", targets), ("predictions", answers)):
        if part.ndim not in (1, 2) or len(part) != len(inputs):
            raise InvalidValue(f"{owner}{name} has the shape {part.shape}, and {owner}x {len(inputs)} rows.")
    answers = answers.reshape(len(answers), -1)
    flat = targets.reshape(len(targets), -1)
    kind = kind or _kind_of(flat, answers)
    if kind not in (CLASSES, LABELS, NUMBERS):
        raise InvalidValue(f"diagnose_predictions(kind={kind!r}): give 'classes', 'labels' or 'numbers'.")
    chosen = evenly(len(inputs), MOST_ROWS).astype(np.int64)
    task, made, answers = _told(kind, flat, answers, owner)
    return TaskRows(task, inputs[chosen], made[chosen], answers[chosen], chosen)


def _kind_of(y: Float[np.ndarray, "rows outputs"], answers: Float[np.ndarray, "rows predicted"]) -> str:
    """Return what is predicted: probabilities are between 0 and 1, and those of classes add up to 1."""
    between = bool(((answers >= -OFF) & (answers <= 1 + OFF)).all())
    whole = bool((y == np.round(y)).all() and y.min(initial=0) >= 0)
    if not between or not whole:
        return NUMBERS
    if answers.shape[1] == 1:
        return CLASSES if y.shape[1] == 1 and y.max(initial=0) <= 1 else NUMBERS
    sums_to_one = bool((np.abs(answers.sum(1) - 1) <= OFF * answers.shape[1]).all())
    if y.shape[1] == 1:
        return CLASSES if sums_to_one and y.max(initial=0) < answers.shape[1] else NUMBERS
    if y.shape != answers.shape or y.max(initial=0) > 1:
        return NUMBERS
    return CLASSES if sums_to_one and bool((y.sum(1) == 1).all()) else LABELS


def _told(
    kind: str, y: Float[np.ndarray, "rows outputs"], answers: Float[np.ndarray, "rows predicted"], owner: str
) -> tuple[str, np.ndarray, np.ndarray]:
    """Return the task, the targets and the predictions as :class:`TaskRows` has them."""
    if kind == CLASSES:
        if answers.shape[1] == 1:
            answers = np.concatenate([1 - answers, answers], axis=1)
        numbers = (y[:, 0] if y.shape[1] == 1 else y.argmax(1)).astype(np.int64)
        if numbers.max(initial=0) >= answers.shape[1] or numbers.min(initial=0) < 0:
            raise InvalidValue(
                f"{owner}y has the class {numbers.max()}, and {owner}predictions have {answers.shape[1]} columns; give "
                "the probability of each class."
            )
        return ("binary" if answers.shape[1] == 2 else "multiclass"), numbers, answers
    if y.shape != answers.shape:
        raise InvalidValue(f"{owner}predictions have the shape {answers.shape}, and {owner}y {y.shape}; give one each.")
    return (
        ("multilabel", y.astype(np.int64), answers) if kind == LABELS else ("regression", y.astype(np.float64), answers)
    )


def _named(task: str) -> str:
    return {"regression": NUMBERS, "multilabel": LABELS}.get(task, CLASSES)
