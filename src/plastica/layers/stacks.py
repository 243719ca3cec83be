"""Hidden layers of given sizes in front of a last layer, as learning rules suggest them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..activations import ActivationLike
from ..initializers import RandomUniform
from .activation import Activation
from .boltzmann import RestrictedBoltzmann
from .dense import Dense
from .grid import Grid
from .hopfield import Hopfield
from .layer import Layer
from .leaky_recurrent import LeakyRNN
from .normalization import UnitNormalization
from .recurrent import SimpleRNN
from .shape import RepeatVector
from .spiking.decoders import SpikeCount
from .spiking.encoders import RateEncoder
from .spiking.lif import LIF
from .spiking.spiking import Spiking
from .spiking.wrappers import AdaptiveThreshold, Refractory


def dense(units: Sequence[int], last: Layer, activation: ActivationLike = "relu", **options: Any) -> list[Layer]:
    """Return a Dense layer for each size, and the last layer.

    Args:
        units: The number of units of each hidden layer.
        last: The output layer.
        activation: The activation of the hidden layers.
        **options: Other arguments of the hidden layers.
    """
    return [*(Dense(each, activation=activation, **options) for each in units), last]


def normalized(units: Sequence[int], last: Layer, activation: ActivationLike, **options: Any) -> list[Layer]:
    """Return hidden layers as :func:`dense`, with inputs normalized to length 1."""
    hidden = [[UnitNormalization(), Dense(each, activation=activation, **options)] for each in units]
    return [*(layer for pair in hidden for layer in pair), last]


def grid(units: int, last: Layer) -> list[Layer]:
    """Return a map with about this number of units, as square as possible, and the last layer."""
    rows = max(1, round(math.sqrt(units)))
    return [Grid(rows, max(2, round(units / rows))), last]


def attractors(last: Layer) -> list[Layer]:
    """Return units of 0 and 1 for inputs below and above 0 that settle in stored patterns, and the last layer."""
    return [Activation("heaviside"), Hopfield(low=0), last]


def spiking(units: Sequence[int], last: Layer, **options: Any) -> list[Layer]:
    """Return rows as constant currents for 20 ms, a spiking layer for each size, mean rates, and the last layer.

    Args:
        units: The number of neurons of each hidden layer.
        last: The output layer, which reads rates.
        **options: Other arguments of the spiking layers.
    """
    return [RepeatVector(20), *(Spiking(each, LIF(10.0), **options) for each in units), SpikeCount(rate=True), last]


def spikes_of_rows(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return rows as Poisson spikes for 50 ms, neurons with positive weights, mean rates, and the last layer."""
    hidden = (
        Spiking(
            each,
            Refractory(AdaptiveThreshold(LIF(20.0, reset="zero"), 0.2), 5.0),
            recurrent=False,
            use_bias=False,
            kernel_initializer=RandomUniform(0.0, 0.3),
        )
        for each in units
    )
    return [Activation("sigmoid"), RateEncoder(50, max_rate=200.0), *hidden, SpikeCount(rate=True), last]


def recurrent(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return rows repeated for 5 steps, a simple recurrent layer for each size, its last activity, and the last layer.

    Args:
        units: The number of units of each hidden layer.
        last: The output layer.
    """
    return _repeated(SimpleRNN, units, last)


def leaky(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return rows repeated for 5 steps, leaky rate units for each size, their last rates, and the last layer."""
    return _repeated(partial(LeakyRNN, tau=2.0), units, last)


def _repeated(kind: Callable[..., Layer], units: Sequence[int], last: Layer) -> list[Layer]:
    hidden = [kind(each, return_sequences=place < len(units) - 1) for place, each in enumerate(units)]
    return [RepeatVector(5), *hidden, last] if hidden else [last]


def boltzmann(units: Sequence[int], last: Layer, visible: str) -> list[Layer]:
    """Return a stack of restricted Boltzmann machines, and the last layer.

    Args:
        units: The number of hidden units of each machine.
        last: The output layer.
        visible: The visible units of the first machine; those of the others are binary.
    """
    kinds = (visible, *("binary" for _ in units))
    # Glorot's weights, so that backprop can continue the training even after little contrastive divergence.
    made = (RestrictedBoltzmann(*each, "glorot_uniform") for each in zip(units, kinds, strict=False))
    return [*made, last]
