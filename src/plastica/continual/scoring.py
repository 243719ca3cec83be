"""What a network answers in a stream, and how good its answers are."""

from __future__ import annotations

from math import prod

import numpy as np

from ..activations import Linear, Sigmoid, Softmax
from ..errors import InvalidValue, ShapeError
from ..losses import CategoricalCrossentropy, CategoricalFocalCrossentropy, Loss
from ..model import Model
from ..typing import Num
from .experiences import ContinualStream, Experience
from .strategy import OutputForm


def form_of(model: Model, stream: ContinualStream) -> OutputForm:
    """Return what a network answers in a stream.

    Raises:
        ShapeError: If its outputs do not fit the targets.
        InvalidValue: If it has no last activation whose outputs are probabilities of classes.
    """
    shape, activation, count = model.output_shape[1:], model.network.output_activation, len(stream.labels)
    units = prod(size or 1 for size in shape)
    if not count:
        return OutputForm("numbers", 0)
    if units == 1 and count == 2 and stream.scenario != "task":
        if not isinstance(activation, Sigmoid):
            raise InvalidValue('a network with one output tells two classes apart by "sigmoid", its last activation.')
        return OutputForm("binary", 2)
    if len(shape) != 1 or units != count:
        raise ShapeError(
            f"the network has an output of shape {shape}, but the stream has {count} classes: end it with "
            f'Dense({count}, "softmax").'
        )
    logits = isinstance(activation, Linear | None) and getattr(model.compiled.loss, "from_logits", False)
    if not isinstance(activation, Softmax) and not logits:
        raise InvalidValue(
            f'to tell {count} classes apart the network ends with Dense({count}, "softmax") and a categorical '
            "cross-entropy, or with a linear layer and from_logits=True."
        )
    return OutputForm("classes", count, stream.groups)


def targets_for(loss: Loss | None, y: Num[np.ndarray, "rows *targets"], form: OutputForm) -> np.ndarray:
    """Return targets in the form that a loss takes: class numbers, or a column for each class."""
    if form.kind == "classes" and isinstance(loss, CategoricalCrossentropy | CategoricalFocalCrossentropy):
        return np.eye(form.classes, dtype=np.float32)[y]
    return y


def score(model: Model, experience: Experience, form: OutputForm) -> float:
    """Return the accuracy on the test rows of an experience; for numbers the coefficient of determination."""
    found = np.asarray(model.predict(experience.x_test, verbose=0))
    y = experience.y_test
    if form.kind == "numbers":
        return _determination(found.reshape(len(y), -1), y.reshape(len(y), -1))
    if form.kind == "binary":
        return float(((found.reshape(-1) > 0.5) == y).mean())
    if form.groups:
        own = np.asarray(experience.classes)
        return float((own[found[:, own].argmax(1)] == y).mean())
    return float((found.argmax(1) == y).mean())


def _determination(found: Num[np.ndarray, "rows numbers"], y: Num[np.ndarray, "rows numbers"]) -> float:
    spread = float(np.square(y - y.mean(0)).sum())
    return 1 - float(np.square(found - y).sum()) / spread if spread else 0.0
