"""Which layers can be converted to spikes: rectified units, and linear layers between them."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from .. import activations
from ..errors import InvalidValue
from ..layers import Context, Layer
from ..layers.sequential import Sequential
from ..random import Shape
from ..typing import Params, State


def becomes_neurons(place: int, layer: Layer, network: Sequential) -> bool:
    """Return whether the units of a layer become neurons.

    Raises:
        InvalidValue: If the layer cannot be converted.
    """
    activation, last = layer.output_activation, place == len(network.children) - 1
    linear = activation is None or isinstance(activation, activations.Linear)
    if layer.children or (layer.keeps_time and not layer.stepwise):
        raise InvalidValue(f"convert: layer {place}, {type(layer).__name__}, cannot be converted to spikes.")
    if isinstance(activation, activations.ReLU):
        return True
    if linear or last:
        return False
    raise InvalidValue(
        f"convert: layer {place}, {type(layer).__name__}, has the activation {activation!r}; rates of spikes stand for "
        "ReLU only. Train the network with ReLU."
    )


def require_linear(place: int, network: Sequential, params: Params, state: State, shape: Shape) -> None:
    """Check that a layer does to the mean of spikes over time what it does to activities.

    Args:
        place: The index of the layer.
        network: The network.
        params, state: Its parameters and state.
        shape: The shape of one input of the layer.

    Raises:
        InvalidValue: If the mean of what it answers is not what it answers to the mean.
    """
    layer = network.children[place]
    drawn = jnp.asarray(np.random.default_rng(0).random((2, *shape), np.float32))
    both = jnp.concatenate([drawn, drawn.mean(0, keepdims=True)])
    first, second, of_mean = layer.synapse(params[place], both, state[place], Context())[0]
    if not jnp.allclose((first + second) / 2, of_mean, rtol=1e-3, atol=1e-4 * float(jnp.abs(of_mean).max())):
        raise InvalidValue(
            f"convert: layer {place}, {type(layer).__name__}, is not linear: what it makes of spikes is not what it "
            "makes of their rates. Train the network with a linear layer in its place, such as AveragePooling2D."
        )
