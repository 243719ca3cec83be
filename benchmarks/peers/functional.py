"""The network of a workload in the functional API shared by Keras and plastica."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..workloads import Workload


def network(library: Any, workload: Workload) -> tuple[Any, Any]:
    """Return the input and the output of a network.

    Args:
        library: ``plastica``, or ``keras.layers`` with ``Input``.
        workload: The workload.
    """
    inputs = library.Input(workload.shape)
    return inputs, stack(library, inputs, workload.layers)


def stack(library: Any, node: Any, layers: tuple[tuple[Any, ...], ...]) -> Any:
    """Return the output of layers, one after another."""
    for kind, *given in layers:
        if kind == "residual":
            node = residual(library, node, given)
        elif kind == "transformer":
            node = transformer(library, node, *given)
        else:
            node = layer(library, node, kind, *given)(node)
    return node


def transformer(library: Any, node: Any, heads: int, units: int) -> Any:
    """Return a block of a transformer with the normalization before each part."""
    features = node.shape[-1]
    normal = library.LayerNormalization()(node)
    node = library.Add()([node, library.MultiHeadAttention(heads, features // heads)(normal, normal)])
    hidden = library.Dense(units, activation="relu")(library.LayerNormalization()(node))
    return library.Add()([node, library.Dense(features)(hidden)])


def reservoir(library: Any, units: int) -> Any:
    """Return fixed recurrent units: the layer of plastica, or Keras's simple one that is not trained."""
    return library.EchoState(units) if hasattr(library, "EchoState") else library.SimpleRNN(units, trainable=False)


def residual(library: Any, node: Any, layers: list[tuple[Any, ...]]) -> Any:
    """Return relu(x + f(x)), with a projection of x if f changes its shape."""
    branch = stack(library, node, tuple(layers))
    if branch.shape != node.shape:
        strides = node.shape[-2] // branch.shape[-2]
        projected = ("same", branch.shape[-1], 1, strides)
        node = stack(library, node, (projected, ("norm",)))
    return library.Activation("relu")(library.Add()([node, branch]))


def layer(library: Any, node: Any, kind: str, *given: Any) -> Any:
    """Return one layer for the input ``node``."""
    if kind == "mean":
        return library.GlobalAveragePooling1D() if len(node.shape) == 3 else library.GlobalAveragePooling2D()
    return LAYERS[kind](library, *given)


LAYERS: dict[str, Callable[..., Any]] = {
    "dense": lambda library, units, activation: library.Dense(units, activation=activation),
    "conv": lambda library, filters, size, activation: library.Conv2D(filters, size, activation=activation),
    "same": lambda library, filters, size, strides: library.Conv2D(filters, size, strides=strides, padding="same"),
    "conv1d": lambda library, filters, size, activation: library.Conv1D(
        filters, size, padding="same", activation=activation
    ),
    "separable": lambda library, filters, size, activation: library.SeparableConv2D(
        filters, size, padding="same", activation=activation
    ),
    "norm": lambda library: library.BatchNormalization(),
    "relu": lambda library: library.Activation("relu"),
    "pool": lambda library, size: library.MaxPooling2D(size),
    "flatten": lambda library: library.Flatten(),
    "causal": lambda library, filters, size, dilation, activation: library.Conv1D(
        filters, size, padding="causal", dilation_rate=dilation, activation=activation
    ),
    "lru": lambda library, units: library.LinearRecurrentUnit(units),
    "reservoir": reservoir,
    "mean_steps": lambda library: library.GlobalAveragePooling1D(),
    "lstm": lambda library, units: library.LSTM(units),
    "gru": lambda library, units: library.GRU(units),
}
