"""Checks that the targets suit the loss, the last activation and the metrics."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..activations import Activation, Linear, Sigmoid, Softmax
from ..errors import InvalidValue, caution
from ..losses import Loss
from ..metrics import MetricLike


def check_targets(
    y: np.ndarray,
    output_shape: tuple[int, ...],
    loss: Loss,
    activation: Activation | None,
    metrics: tuple[MetricLike, ...] = (),
    name: str = "y",
) -> None:
    """Reject targets for which the loss is not defined, and warn about misleading metrics.

    Args:
        y: Targets, ``(rows, ...)``.
        output_shape: The shape of the output for one row.
        loss: The loss as compiled.
        activation: The activation of the last layer.
        metrics: The metrics as compiled.
        name: The name of the targets in messages.

    Raises:
        ShapeError: If the shapes of targets and outputs do not match.
        DataError: If targets are outside the domain of the loss.
        InvalidValue: If the loss and the last activation are incompatible.
    """
    _check_output(output_shape, loss, activation)
    targets = loss.meaning.targets
    targets.check(y, output_shape, type(loss).__name__, activation, name)
    if targets.binary and not targets.signed:
        _warn_of_accuracy(y, metrics)


def _check_output(output_shape: tuple[int, ...], loss: Loss, activation: Activation | None) -> None:
    meaning = loss.meaning
    if isinstance(activation, Softmax) and output_shape[-1:] == (1,):
        raise InvalidValue(
            "the last layer is a softmax over one unit, which always outputs 1. "
            'For two classes use Dense(1, activation="sigmoid") with "binary_crossentropy".'
        )
    # A loss of margins, such as the hinge, wants both signs: behind a sigmoid it would never see a negative output.
    margins = meaning.outputs == "margins" and meaning.targets.binary
    if margins and activation is not None and _has_one_sign(activation):
        low, high = activation.output_range
        raise InvalidValue(
            f"{type(loss).__name__} needs outputs below and above 0, but the last activation {activation!r} only "
            "reaches "
            f'{low:g} to {high:g}. Use activation="linear" or "tanh", or the loss "binary_crossentropy".'
        )
    # Applied twice, the function flattens the gradient without an error; the network would merely learn badly.
    if isinstance(activation, Softmax | Sigmoid) and meaning.outputs == "potentials":
        raise InvalidValue(
            f"{type(loss).__name__}(from_logits=True) expects logits, but the last layer already applies "
            f"{activation!r}. Remove from_logits; the loss is computed from the logits automatically."
        )
    if (activation is None or isinstance(activation, Linear)) and meaning.outputs == "probabilities":
        wanted = Softmax() if meaning.exclusive else Sigmoid()
        of_logits = loss.on_potential(wanted)
        raise InvalidValue(
            f"{type(loss).__name__} expects probabilities, but the last layer has no activation. Give it "
            f'activation="{wanted.name}"' + (f", or use {of_logits!r} as the loss." if of_logits else ".")
        )
    if isinstance(activation, Softmax) and meaning.targets.binary:
        caution(
            "softmax with binary cross-entropy makes the outputs compete, as if each row had one label. "
            "For several labels per row, use sigmoid; for mutually exclusive classes, categorical_crossentropy."
        )


def _has_one_sign(activation: Activation) -> bool:
    """Return whether all outputs are on the same side of the decision; 0 counts as negative for relu and step."""
    low, high = activation.output_range
    return high <= 0 or (low >= 0 and bool((activation(jnp.full((1, 2), -1e-3)) > 0).all()))


def _warn_of_accuracy(y: np.ndarray, metrics: tuple[MetricLike, ...]) -> None:
    between = (y > 0) & (y < 1)
    if between.any() and any("acc" in _called(metric).lower() for metric in metrics):
        caution(
            f"{int(between.sum())} of {y.size} targets are strictly between 0 and 1; accuracy counts predictions "
            "equal to the "
            'target, so it will stay near 0. Monitor the loss or "mae" instead.'
        )


def _called(metric: object) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "label", getattr(metric, "__name__", ""))
