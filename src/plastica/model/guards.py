"""Checks that the targets suit the loss, the last activation and the metrics."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .. import activations, losses
from ..activations import Activation
from ..errors import DataError, InvalidValue, ShapeError
from ..errors import caution as _warn
from ..losses import Loss

_ONE_HOT = (
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.KLDivergence,
    losses.CategoricalHinge,
)
_BINARY = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
_SHARES = (
    *_BINARY,
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.SparseCategoricalCrossentropy,
    losses.KLDivergence,
)
_MARGIN = (losses.Hinge, losses.SquaredHinge)
_SUM_TOLERANCE = 1e-3


def check_targets(
    y: np.ndarray,
    output_shape: tuple[int, ...],
    loss: Loss,
    activation: Activation | None,
    metrics: tuple[Any, ...] = (),
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
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        _check_labels(y, output_shape, name)
        return
    if isinstance(loss, losses.CustomLoss):
        return
    _check_same_shape(y, output_shape, loss, name)
    if isinstance(loss, _ONE_HOT):
        _check_shares(y, loss, activation, name)
    elif isinstance(loss, _BINARY):
        _check_binary(y, metrics, name)
    elif isinstance(loss, _MARGIN):
        _check_signs(y, name)
    elif isinstance(loss, losses.Poisson) and (y < 0).any():
        raise DataError(f"{name} contains {y.min():.4g}; the Poisson loss is for counts, 0 or more.")
    elif not isinstance(
        loss, losses.CosineSimilarity
    ):  # it compares directions, so the length of targets does not matter
        _check_range(y, activation, name)


def _check_output(output_shape: tuple[int, ...], loss: Loss, activation: Activation | None) -> None:
    if isinstance(activation, activations.Softmax) and output_shape[-1:] == (1,):
        raise InvalidValue(
            "the last layer is a softmax over one unit, which always outputs 1. "
            'For two classes use Dense(1, activation="sigmoid") with "binary_crossentropy".'
        )
    ends_in_shares = isinstance(activation, activations.Softmax | activations.Sigmoid)
    if isinstance(loss, _MARGIN) and activation is not None and _has_one_sign(activation):
        low, high = activation.output_range
        raise InvalidValue(
            f"{type(loss).__name__} needs outputs below and above 0, but the last activation {activation!r} only "
            "reaches "
            f'{low:g} to {high:g}. Use activation="linear" or "tanh", or the loss "binary_crossentropy".'
        )
    if ends_in_shares and getattr(loss, "from_logits", False):
        raise InvalidValue(
            f"{type(loss).__name__}(from_logits=True) expects logits, but the last layer already applies "
            f"{activation!r}. Remove from_logits; the loss is computed from the logits automatically."
        )
    bare = activation is None or isinstance(activation, activations.Linear)
    if bare and isinstance(loss, _SHARES) and not loss.from_logits:
        wanted = "sigmoid" if isinstance(loss, _BINARY) else "softmax"
        raise InvalidValue(
            f"{type(loss).__name__} expects probabilities, but the last layer has no activation. Give it "
            f'activation="{wanted}", or use {type(loss).__name__}(from_logits=True) as the loss.'
        )
    if isinstance(activation, activations.Softmax) and isinstance(loss, _BINARY):
        _warn(
            "softmax with binary cross-entropy makes the outputs compete, as if each row had one label. "
            "For several labels per row, use sigmoid; for mutually exclusive classes, categorical_crossentropy."
        )


def _has_one_sign(activation: Activation) -> bool:
    """Return whether all outputs are on the same side of the decision; 0 counts as negative for relu and step."""
    low, high = activation.output_range
    return high <= 0 or (low >= 0 and bool((activation(jnp.full((1, 2), -1e-3)) > 0).all()))


def _check_labels(y: np.ndarray, output_shape: tuple[int, ...], name: str) -> None:
    classes = output_shape[-1]
    if classes == 1:
        raise ShapeError(
            "sparse_categorical_crossentropy needs one output per class, but the network has 1 output. "
            'Use Dense(number of classes, activation="softmax"), or "binary_crossentropy" for two classes.'
        )
    if y.shape[1:] not in (output_shape[:-1], (*output_shape[:-1], 1)):
        hint = ' For one column per class, use "categorical_crossentropy".' if y.shape[1:] == output_shape else ""
        raise ShapeError(
            f"{name} has shape {y.shape}; sparse_categorical_crossentropy expects one class number per output, "
            f"shape {(len(y), *output_shape[:-1])}.{hint}"
        )
    wrong = (y != np.floor(y)) | (y < 0) | (y >= classes)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"{name}[{', '.join(map(str, where))}] is {y[where]:g}; the network has {classes} outputs, so labels must "
            f"be whole numbers from 0 to {classes - 1}. Number them by np.unique({name}, return_inverse=True)[1], or "
            "give the last layer more units."
        )


def _check_same_shape(y: np.ndarray, output_shape: tuple[int, ...], loss: Loss, name: str) -> None:
    if y.shape[1:] == output_shape:
        return
    hint = f"Give {name} of shape {(len(y), *output_shape)}, or another last layer."
    if isinstance(loss, _ONE_HOT) and y.shape[1:] in (output_shape[:-1], (*output_shape[:-1], 1)):
        hint = 'For class numbers use loss="sparse_categorical_crossentropy".'
    elif y.ndim == 1 and len(output_shape) == 1:
        hint = f"For one number per row, use Dense(1); this network outputs {output_shape[0]} numbers per row."
    raise ShapeError(
        f"{name} has shape {y.shape}, but the network outputs {(len(y), *output_shape)}; they must agree, nothing is "
        f"broadcast. {hint}"
    )


def _check_shares(y: np.ndarray, loss: Loss, activation: Activation | None, name: str) -> None:
    if isinstance(loss, losses.CategoricalHinge):
        return
    if (y < 0).any():
        raise DataError(f"{name} contains {y.min():.4g}; probabilities of classes must not be negative.")
    sums = y.sum(-1)
    if np.abs(sums - 1).max() <= _SUM_TOLERANCE:
        return
    multi_hot = bool(np.isin(y, (0.0, 1.0)).all())
    what = f"the rows of {name} have sums from {sums.min():.4g} to {sums.max():.4g} instead of 1"
    if multi_hot and isinstance(activation, activations.Softmax):
        _warn(
            f"{what}: several labels, or none, per row. Softmax predicts exactly one; use sigmoid in the last layer "
            'with "binary_crossentropy".'
        )
    else:
        _warn(
            f"{what}. For {type(loss).__name__}, the targets of a row should be probabilities; the gradient is still "
            "correct, but the loss cannot reach 0 and accuracy is not meaningful."
        )


def _check_binary(y: np.ndarray, metrics: tuple[Any, ...], name: str) -> None:
    low, high = float(y.min()), float(y.max())
    if low < 0 or high > 1:
        mend = (
            "Replace -1 by 0: (y + 1) / 2."
            if low == -1 and high == 1
            else ('For more than two classes use "sparse_categorical_crossentropy"; for other numbers "mse".')
        )
        raise DataError(f"{name} ranges from {low:.4g} to {high:.4g}; binary cross-entropy expects 0 to 1. {mend}")
    between = (y > 0) & (y < 1)
    if between.any() and any("acc" in _called(metric).lower() for metric in metrics):
        _warn(
            f"{int(between.sum())} of {y.size} targets are strictly between 0 and 1; accuracy counts predictions "
            "equal to the "
            'target, so it will stay near 0. Monitor the loss or "mae" instead.'
        )


def _called(metric: Any) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "label", getattr(metric, "__name__", ""))


def _check_signs(y: np.ndarray, name: str) -> None:
    if not (np.isin(y, (-1.0, 1.0)).all() or np.isin(y, (0.0, 1.0)).all()):
        raise DataError(
            f"{name} contains values such as {y.reshape(-1)[0]:.4g}; hinge losses expect -1 and 1, or 0 and 1."
        )


def _check_range(y: np.ndarray, activation: Activation | None, name: str) -> None:
    if activation is None:
        return
    low, high = activation.output_range
    if y.min() < low or y.max() > high:
        _warn(
            f"{name} ranges from {y.min():.4g} to {y.max():.4g}, but the last activation {activation!r} only reaches "
            f"{low:g} to {high:g}. Use a linear last layer, or scale the targets."
        )
