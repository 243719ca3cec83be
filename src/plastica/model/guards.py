"""What would train on and give wrong numbers is refused, what may mislead is said."""

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
    """Refuse targets that the loss cannot mean, and warn where a figure will not mean what it seems to.

    Args:
        y: Targets, ``(rows, ...)``.
        output_shape: The shape of one answer of the network.
        loss: The loss as compiled.
        activation: The network's last activation.
        metrics: The metrics as compiled.
        name: What messages call the targets.

    Raises:
        ShapeError: When targets and answers do not fit each other.
        DataError: When values lie outside what the loss is defined for.
        InvalidValue: When loss and last activation contradict each other.
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
        raise DataError(f"{name} holds {y.min():.4g}; the Poisson loss is for counts, 0 or more.")
    elif not isinstance(loss, losses.CosineSimilarity):  # it compares directions; how long targets are is nothing to it
        _check_range(y, activation, name)


def _check_output(output_shape: tuple[int, ...], loss: Loss, activation: Activation | None) -> None:
    if isinstance(activation, activations.Softmax) and output_shape[-1:] == (1,):
        raise InvalidValue(
            "the last layer is softmax over one unit, which always answers 1. "
            'For two classes use Dense(1, activation="sigmoid") with "binary_crossentropy".'
        )
    ends_in_shares = isinstance(activation, activations.Softmax | activations.Sigmoid)
    if isinstance(loss, _MARGIN) and activation is not None and _has_one_sign(activation):
        low, high = activation.output_range
        raise InvalidValue(
            f"{type(loss).__name__} wants answers on both sides of 0, but {activation!r} at its end reaches only "
            f'{low:g} to {high:g}. Take activation="linear" or "tanh", or "binary_crossentropy" as the loss.'
        )
    if ends_in_shares and getattr(loss, "from_logits", False):
        raise InvalidValue(
            f"{type(loss).__name__}(from_logits=True) wants potentials, but the last layer already applies "
            f"{activation!r}. Leave from_logits out; the loss is computed from the potentials by itself."
        )
    bare = activation is None or isinstance(activation, activations.Linear)
    if bare and isinstance(loss, _SHARES) and not loss.from_logits:
        wanted = "sigmoid" if isinstance(loss, _BINARY) else "softmax"
        raise InvalidValue(
            f"{type(loss).__name__} wants shares between 0 and 1, but the last layer has no activation. Give it "
            f'activation="{wanted}", or pass {type(loss).__name__}(from_logits=True) as the loss.'
        )
    if isinstance(activation, activations.Softmax) and isinstance(loss, _BINARY):
        _warn(
            "softmax under binary cross-entropy makes the outputs compete, as if each row had one label. "
            "For several labels a row use sigmoid; for one of several classes categorical_crossentropy."
        )


def _has_one_sign(activation: Activation) -> bool:
    """Return whether all answers mean yes, or all no; relu and a step answer 0 below 0, which means no."""
    low, high = activation.output_range
    return high <= 0 or (low >= 0 and bool((activation(jnp.full((1, 2), -1e-3)) > 0).all()))


def _check_labels(y: np.ndarray, output_shape: tuple[int, ...], name: str) -> None:
    classes = output_shape[-1]
    if classes == 1:
        raise ShapeError(
            "sparse_categorical_crossentropy needs one output a class, but the network has 1 output. "
            'Use Dense(number of classes, activation="softmax"), or "binary_crossentropy" for two classes.'
        )
    if y.shape[1:] not in (output_shape[:-1], (*output_shape[:-1], 1)):
        hint = ' For one column a class use "categorical_crossentropy".' if y.shape[1:] == output_shape else ""
        raise ShapeError(
            f"{name} has shape {y.shape}; sparse_categorical_crossentropy wants one class number for each answer, "
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
        hint = f"One number a row goes with Dense(1); this network answers {output_shape[0]} numbers a row."
    raise ShapeError(
        f"{name} has shape {y.shape} and the network answers {(len(y), *output_shape)}; they must agree, nothing is "
        f"broadcast. {hint}"
    )


def _check_shares(y: np.ndarray, loss: Loss, activation: Activation | None, name: str) -> None:
    if isinstance(loss, losses.CategoricalHinge):
        return
    if (y < 0).any():
        raise DataError(f"{name} holds {y.min():.4g}; shares of classes must not be negative.")
    sums = y.sum(-1)
    if np.abs(sums - 1).max() <= _SUM_TOLERANCE:
        return
    multi_hot = bool(np.isin(y, (0.0, 1.0)).all())
    what = f"the rows of {name} sum to {sums.min():.4g} up to {sums.max():.4g}, not to 1"
    if multi_hot and isinstance(activation, activations.Softmax):
        _warn(
            f"{what}: several labels, or none, in a row. Softmax can name only one; use sigmoid in the last layer "
            'with "binary_crossentropy".'
        )
    else:
        _warn(
            f"{what}. Under {type(loss).__name__} the targets of a row should be shares of one whole; the gradient is "
            "the true one all the same, but the loss cannot reach 0 and accuracy means little."
        )


def _check_binary(y: np.ndarray, metrics: tuple[Any, ...], name: str) -> None:
    low, high = float(y.min()), float(y.max())
    if low < 0 or high > 1:
        mend = (
            "Turn -1 into 0: (y + 1) / 2."
            if low == -1 and high == 1
            else ('For more than two classes use "sparse_categorical_crossentropy"; for other numbers "mse".')
        )
        raise DataError(f"{name} lies between {low:.4g} and {high:.4g}; binary cross-entropy wants 0 to 1. {mend}")
    between = (y > 0) & (y < 1)
    if between.any() and any("acc" in _called(metric).lower() for metric in metrics):
        _warn(
            f"{int(between.sum())} of {y.size} targets lie between 0 and 1, and accuracy counts answers that equal the "
            'target, so it will stay near 0. Watch the loss or "mae" instead.'
        )


def _called(metric: Any) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "label", getattr(metric, "__name__", ""))


def _check_signs(y: np.ndarray, name: str) -> None:
    if not (np.isin(y, (-1.0, 1.0)).all() or np.isin(y, (0.0, 1.0)).all()):
        raise DataError(f"{name} holds values such as {y.reshape(-1)[0]:.4g}; hinge losses want -1 and 1, or 0 and 1.")


def _check_range(y: np.ndarray, activation: Activation | None, name: str) -> None:
    if activation is None:
        return
    low, high = activation.output_range
    if y.min() < low or y.max() > high:
        _warn(
            f"{name} lies between {y.min():.4g} and {y.max():.4g}, but the last activation {activation!r} only reaches "
            f"{low:g} to {high:g}; the rest can never be learned. Use a linear last layer, or scale the targets."
        )
