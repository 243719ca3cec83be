"""The output layer of a network for a table, with the loss and the metric that suit the task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .. import losses
from ..errors import InvalidValue
from ..losses import Loss
from ..registry import look_up
from ..settings import Settings

SIGMOID_LOSSES = {
    "crossentropy": losses.BinaryCrossentropy,
    "binary_crossentropy": losses.BinaryCrossentropy,
    "focal": losses.BinaryFocalCrossentropy,
    "binary_focal_crossentropy": losses.BinaryFocalCrossentropy,
}
SOFTMAX_LOSSES = {
    "crossentropy": losses.SparseCategoricalCrossentropy,
    "sparse_categorical_crossentropy": losses.SparseCategoricalCrossentropy,
    "focal": losses.SparseCategoricalFocalCrossentropy,
    "sparse_categorical_focal_crossentropy": losses.SparseCategoricalFocalCrossentropy,
}
NUMBER_LOSSES = ("mse", "mae", "huber", "log_cosh", "half_squared_error")  # also valid for negative targets


class End(NamedTuple):
    """The output layer of a network and its loss.

    Attributes:
        units: The units of the last layer.
        activation: Its activation.
        loss: The loss.
        metric: The metric to report during training.
    """

    units: int
    activation: str
    loss: Loss
    metric: str | None


def end_for(task: str, outputs: int, settings: Settings, smoothing: float = 0.0) -> End:
    """Return the output layer and loss for a task.

    Args:
        task, outputs, settings: As for :func:`~plastica.tables.networks.network_for`.
        smoothing: The default label smoothing.
    """
    strategy = settings.strategy or "softmax"
    if task != "multiclass" and settings.strategy not in (None, "softmax"):
        raise InvalidValue(f"strategy={strategy!r} is for three classes or more; this task is {task}.")
    if task == "regression":
        return End(outputs, "linear", _loss_of_numbers(settings), "mae")
    if task == "multiclass" and strategy == "softmax":
        return End(outputs, "softmax", _loss_of_classes(settings, smoothing, SOFTMAX_LOSSES), "accuracy")
    binary = _loss_of_classes(settings, smoothing, SIGMOID_LOSSES)
    if strategy == "one_vs_one":
        return End(outputs * (outputs - 1) // 2, "sigmoid", losses.OneVsOne(binary), None)
    if strategy == "one_vs_rest":
        return End(outputs, "sigmoid", losses.OneVsRest(binary), "accuracy")
    return End(outputs, "sigmoid", binary, "binary_accuracy" if task == "multilabel" else "accuracy")


def _loss_of_numbers(settings: Settings) -> Loss:
    loss = losses.get(settings.loss or "mse")
    if type(loss) not in {type(losses.get(name)) for name in NUMBER_LOSSES}:
        raise InvalidValue(
            f"loss={settings.loss!r} does not suit standardized targets, which can be negative. "
            f"Choose one of {', '.join(NUMBER_LOSSES)}."
        )
    return loss


def _loss_of_classes(settings: Settings, smoothing: float, known: Mapping[str, Callable[..., Loss]]) -> Loss:
    kind = look_up("loss", settings.loss or "crossentropy", known)
    return kind(label_smoothing=settings.label_smoothing or smoothing)
