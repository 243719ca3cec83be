"""Warnings about what trains, and misleads: what the data or the weights seem to be, and what to do about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import activations, losses
from ..activations import Activation
from ..errors import caution
from ..layers import BatchNormalization, CategoryEmbedding, Embedding, LayerNormalization, UnitNormalization
from ..layers.layer import Layer
from ..layers.walk import walk
from ..losses import Loss
from .weights import named_weights

# Beyond it, float32 gradients of the usual losses and initial weights overflow or drown everything else, and no usual
# learning rate reaches such targets.
LARGE = 1e6
_ONE_OF_SEVERAL = (
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.SparseCategoricalCrossentropy,
    losses.SparseCategoricalFocalCrossentropy,
    losses.KLDivergence,
)
_NUMBERED = (losses.SparseCategoricalCrossentropy, losses.SparseCategoricalFocalCrossentropy)
_CLASSES = (*_ONE_OF_SEVERAL, losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy, losses.Hinge)
_TAKES_ANY_SIZE = (
    BatchNormalization, LayerNormalization, UnitNormalization, Embedding, CategoryEmbedding,
)  # fmt: skip


def of_training(network: Layer, x: np.ndarray, y: np.ndarray, loss: Loss, activation: Activation | None) -> None:
    """Warn where data to learn from will train, and lead nowhere.

    Args:
        network: What is trained.
        x: Inputs, ``(rows, ...)``.
        y: Targets, ``(rows, ...)``.
        loss: What one answer is judged by.
        activation: The network's last activation.
    """
    _of_ending(loss, activation)
    _of_size_of_inputs(network, x)
    if isinstance(loss, _CLASSES):
        _of_one_class(y.reshape(-1, 1) if isinstance(loss, _NUMBERED) else y.reshape(-1, y.shape[-1]))
    else:
        _of_size_of_targets(y)


def of_initial_weights() -> None:
    """Warn that a network answers which never learned."""
    caution(
        "predict: this network was never trained; its answers come from the initial weights. Call fit() first, or "
        "load_weights() or set_weights() where it was trained elsewhere."
    )


def of_weights(network: Layer, params: Any, state: Any, source: str) -> None:
    """Warn where weights from a file are NaN or infinite, and name the first layer."""
    found = [
        (f"{path}, {name}", int(array.size - np.isfinite(array).sum()), array.size)
        for path, array, name in (
            (path, np.asarray(holder[name]), name) for path, holder, name in named_weights(network, params, state)
        )
        if array.dtype.kind == "f" and not np.isfinite(array).all()
    ]
    if not found:
        return
    (where, wrong, size), others = found[0], len(found) - 1
    more = f", and so it is in {others} more array{'s' * (others > 1)}" if others else ""
    caution(
        f"{source}: {where}: {wrong} of {size} numbers are NaN or infinite{more}; answers will be too. The network was "
        "saved after training had gone wrong; take an earlier file, or train again with a smaller learning rate."
    )


def _of_ending(loss: Loss, activation: Activation | None) -> None:
    if not isinstance(loss, _ONE_OF_SEVERAL) or loss.from_logits or isinstance(activation, activations.Softmax):
        return
    caution(
        f"{type(loss).__name__} is for one of several classes, whose shares sum to 1, but the last activation is "
        f'{activation!r}, which answers for each class by itself. Give the last layer activation="softmax"; for labels '
        'that may hold together keep sigmoid and take "binary_crossentropy".'
    )


def _of_size_of_inputs(network: Layer, x: np.ndarray) -> None:
    first = next((layer for _, layer, _ in walk(network) if type(layer).__name__ not in ("Input", "Flatten")), network)
    if isinstance(first, _TAKES_ANY_SIZE) or not (largest := _largest(x)) > LARGE:
        return
    where = ""
    if x.ndim == 2:
        sizes = np.maximum(np.abs(x.max(0)), np.abs(x.min(0)))
        columns, count = np.flatnonzero(sizes > LARGE), int((sizes > LARGE).sum())
        where = f" in column {columns[0]}" + (f" and {count - 1} more" if count > 1 else "")
    caution(
        f"x reaches {largest:.3g}{where}: a network learns from inputs near -1 to 1, and such ones drown the others or "
        "overflow. Scale them, (x - x.mean(0)) / x.std(0), or begin the network with BatchNormalization()."
    )


def _of_size_of_targets(y: np.ndarray) -> None:
    if y.size and (largest := _largest(y)) > LARGE:
        caution(
            f"y reaches {largest:.3g}: steps of usual size never come so far, and squared errors may overflow. Scale "
            "the targets, (y - y.mean()) / y.std(), and turn answers back; NetworkRegressor does both."
        )


def _of_one_class(y: np.ndarray) -> None:
    """Judge targets ``(answers, numbers)``: one number each where they are class numbers."""
    if len(y) < 2 or not (y == y[0]).all():
        return
    one = f"are {y.flat[0]:g}" if (y == y.flat[0]).all() else "are the same"
    caution(
        f"all {len(y)} targets {one}: with one class only, the network learns to answer nothing else, whatever the "
        "inputs. Give rows of the other classes too."
    )


def _largest(array: np.ndarray) -> float:
    return max(abs(float(array.max(initial=0))), abs(float(array.min(initial=0))))
