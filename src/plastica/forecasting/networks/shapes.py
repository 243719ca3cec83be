"""What all networks for forecasts have in common: their sizes, and a graph from the window to the forecast."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import InvalidValue
from ...layers import Cropping1D, EinsumDense, Input, Layer, Permute
from ...layers.functional import graph_between
from ...layers.node import Node


def checked_targets(owner: str, look_back: int, features: int, horizon: int, targets: int | None) -> int:
    """Return how many features are forecast.

    Raises:
        InvalidValue: If a size is not a whole number above 0, or there are more targets than features.
    """
    sizes = {"look_back": look_back, "features": features, "horizon": horizon}
    sizes["targets"] = features if targets is None else targets
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidValue(f"{owner}: {name} is {size!r}; expected a whole number, at least 1.")
    if sizes["targets"] > features:
        raise InvalidValue(
            f"{owner}: {targets} targets and {features} features; the targets are the first features, so there cannot "
            "be more of them."
        )
    return sizes["targets"]


def graph(look_back: int, features: int, draw: Callable[[Node], Node]) -> Layer:
    """Return the graph that a function draws from the node of the window, ``(look_back, features)``."""
    start = Node(Input((look_back, features)))
    return graph_between([start], [draw(start)]).graph


def first_features(window: Node, targets: int) -> Node:
    """Return the node of the first features of a sequence."""
    features = window.shape[-1]
    if features is None or features == targets:
        return window
    return Permute((2, 1))(Cropping1D((0, features - targets))(Permute((2, 1))(window)))


def along_time(steps: int, activation: str = "linear") -> EinsumDense:
    """Return a dense layer over the steps of each feature, with the same weights for all features."""
    return EinsumDense("abc,bd->adc", (steps, None), activation=activation, bias_axes="d")


def along_features(units: int, activation: str = "linear") -> EinsumDense:
    """Return a dense layer over the features of each step.

    ``Dense`` computes the same, but XLA compiles its gradient for minutes where large dropout follows (336 steps, batch
    32, on the CPU: above 60 s; this layer 8 s).
    """
    return EinsumDense("abc,cd->abd", (None, units), activation=activation, bias_axes="d")
