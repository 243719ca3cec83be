"""Warnings about data and weights that can be trained on but are probably wrong."""

from __future__ import annotations

import numpy as np

from ..activations import Activation, Softmax
from ..errors import caution
from ..layers import BatchNormalization, CategoryEmbedding, Embedding, LayerNormalization, UnitNormalization
from ..layers.capabilities import SpikingUnits
from ..layers.layer import Layer
from ..layers.lengths import OpenShape
from ..layers.lost_masks import losing_masks
from ..layers.walk import walk
from ..losses import Loss
from ..rules import Rule
from ..typing import Params, State
from .inputs import HostArrays
from .weights import named_weights

# Larger values make float32 gradients overflow or dominate everything else, and targets unreachable with the usual
# losses, initial weights and learning rates.
LARGE = 1e6
_TAKES_ANY_SIZE = (
    BatchNormalization, LayerNormalization, UnitNormalization, Embedding, CategoryEmbedding,
)  # fmt: skip


def of_training(network: Layer, x: HostArrays, y: np.ndarray, loss: Loss, activation: Activation | None) -> None:
    """Warn about training data from which the network probably cannot learn.

    Args:
        network: The network.
        x: Inputs, ``(rows, ...)``; a tuple of arrays for several inputs.
        y: Targets, ``(rows, ...)``.
        loss: The loss.
        activation: The activation of the last layer.
    """
    _of_ending(loss, activation)
    for part in x if isinstance(x, tuple) else (x,):
        _of_size_of_inputs(network, part)
    if loss.meaning.decides:
        _of_one_class(y.reshape(-1, 1) if loss.meaning.targets.numbered else y.reshape(-1, y.shape[-1]))
    else:
        _of_size_of_targets(y)


def of_masks(network: Layer, params: Params, state: State, shape: OpenShape) -> None:
    """Warn about layers that count padding like any other step.

    Args:
        network: The network.
        params, state: Its parameters and state.
        shape: The shape of one input.
    """
    losing = losing_masks(network, params, state, shape)
    if not losing:
        return
    own = [layer for layer in losing if not type(layer).__module__.startswith(Layer.__module__.partition(".")[0])]
    advice = (
        f"Let {type(own[0]).__name__}.mask_of return the mask of its output, or stepwise return True if it treats each "
        "step alike."
        if own
        else "Use a layer that leaves padding out, such as GlobalAveragePooling1D, LSTM, GRU or MultiHeadAttention, or "
        "train without a mask."
    )
    caution(
        f"{', '.join(map(repr, losing))}: the inputs have a mask (Masking, Embedding(mask_zero=True)), which gets lost "
        f"here, as in Keras: padding counts like any other step here and in the layers behind. {advice}"
    )


def of_spikes(network: Layer, x: HostArrays, rule: Rule) -> None:
    """Warn about numbers that a rule takes for spikes, although they are none."""
    first = next((each for each in walk(network) if type(each[1]).__name__ != "Input"), None)
    if not rule.reads_spikes or first is None or first[1].offer(SpikingUnits) is None or not isinstance(x, np.ndarray):
        return
    if np.all((x >= 0) & (x == np.rint(x))):
        return
    caution(
        f"{first[0]}: {type(rule).__name__} learns from spikes, 0 or 1 in each step, and x has numbers from "
        f"{x.min():.4g} to {x.max():.4g}, which count as so many spikes. Put RateEncoder(100) before it for rows of "
        "numbers from 0 to 1, or DeltaEncoder() for series."
    )


def of_initial_weights() -> None:
    """Warn that the network has not been trained."""
    caution(
        "predict: this network has not been trained, so its predictions are based on the random initial weights. "
        "Call fit() first, or load_weights() or set_weights() for weights trained elsewhere."
    )


def of_weights(network: Layer, params: Params, state: State, source: str) -> None:
    """Warn if weights from a file are NaN or infinite, and name the first layer with such weights."""
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
        f"{source}: {where}: {wrong} of {size} numbers are NaN or infinite{more}, and predictions will be too. The "
        "network was "
        "saved after training had diverged; use an earlier file, or train again with a smaller learning rate."
    )


def _of_ending(loss: Loss, activation: Activation | None) -> None:
    meaning = loss.meaning
    if not meaning.exclusive or meaning.outputs != "probabilities" or isinstance(activation, Softmax):
        return
    caution(
        f"{type(loss).__name__} is for mutually exclusive classes, but the last activation is "
        f'{activation!r}, which treats each class independently. Use activation="softmax" in the last layer; for '
        "several "
        'labels per row, keep sigmoid and use the loss "binary_crossentropy".'
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
        f"x reaches {largest:.3g}{where}: networks learn best from inputs between about -1 and 1; much larger ones "
        "dominate or overflow. Scale them, (x - x.mean(0)) / x.std(0), or start with BatchNormalization()."
    )


def _of_size_of_targets(y: np.ndarray) -> None:
    if y.size and (largest := _largest(y)) > LARGE:
        caution(
            f"y reaches {largest:.3g}: training with the usual learning rates cannot reach such values, and squared "
            "errors "
            "may overflow. Scale the targets, (y - y.mean()) / y.std(), and invert this for the predictions; "
            "NetworkRegressor does both."
        )


def _of_one_class(y: np.ndarray) -> None:
    """Check targets ``(predictions, numbers)``; there is one number each if they are class numbers."""
    if len(y) < 2 or not (y == y[0]).all():
        return
    one = f"are {y.flat[0]:g}" if (y == y.flat[0]).all() else "are the same"
    caution(
        f"all {len(y)} targets {one}: the network will learn to always predict this class, whatever the "
        "inputs. Add rows of the other classes."
    )


def _largest(array: np.ndarray) -> float:
    return max(abs(float(array.max(initial=0))), abs(float(array.min(initial=0))))
