"""Feedback alignment: errors propagate back through fixed random weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from .. import random
from ..declaration import declaration
from ..initializers import fans
from ..layers import stacks
from ..layers.layer import Layer, Params
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
from .backprop import Backprop
from .facts import RECURRENT, Facts


@declaration
class FeedbackAlignment(Backprop):
    """Feedback alignment: propagate errors back through fixed random weights instead of the transposed ones.

    When to use: to study whether learning needs symmetric weights. It does not: the forward weights align with the
    random ones, and the angle to the true gradient falls below 90 degrees. Deep networks and convolutions learn less
    well than with backprop.

        delta^L = dC/dz^L
        delta^l = (B^(l+1) delta^(l+1)) * f'(z^l)
        delta W^l = - learning_rate delta^l a^(l-1)'

    Every parameter with two or more axes has a normally distributed B of its own; biases and other vectors are used as
    they are. Within a recurrent layer, errors are propagated back by its own weights; the error for the layer below
    passes through a copy of the layer with B.

    Args:
        scale: The root mean square of B, in units of that of the initial weights of the layer (of Glorot's if they
            start at 0). With 1, errors are about as large as those of backprop before training.

    Raises:
        InvalidValue: If the scale is not above 0.

    Example:
        >>> FeedbackAlignment(scale=2.0)
        FeedbackAlignment(scale=2.0)

    Reference:
        T. P. Lillicrap, D. Cownden, D. B. Tweed, C. J. Akerman, 2016, Random synaptic feedback weights support error
        backpropagation for deep learning, Nature Communications 7, 13276 (delta h_FA = B e).
    """

    facts: ClassVar[Facts | None] = Facts(
        "Lillicrap, Cownden, Tweed, Akerman 2016",
        local=True,
        symmetric_weights=False,
        phases=2,
        global_error=False,
        notes={
            "local": RECURRENT,
            "symmetric_weights": "One-dimensional parameters, such as those of normalization, are used unchanged in "
            "the backward pass.",
        },
    )

    scale: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"scale": ABOVE_ZERO})

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the random weights, an array for each parameter with two or more axes."""
        return drawn_weights(self.scale, params, key)

    def feedback(self, params: Params, memory: Memory) -> Params:
        """Return the random weights, with biases as they are."""
        return with_weights(params, memory)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return tanh_layers(units, last)


@jax.jit
def drawn_weights(scale: float, params: Params, key: Key) -> tuple[Array, ...]:
    """Return random weights for each parameter of :func:`weights_of`, as large as these times ``scale``."""
    return tuple(
        (scale * size * random.normal(random.fold(key, place), weight.shape)).astype(weight.dtype)
        for place, (weight, size) in enumerate(zip(weights_of(params), initial_sizes(params), strict=True))
    )


def weights_of(params: Params) -> list[Array]:
    """Return the parameters that propagate errors back: those with two or more axes."""
    return [array for array in jax.tree.leaves(params) if array.ndim > 1]


def with_weights(params: Params, weights: Iterable[Array]) -> Params:
    """Return the parameters with the given arrays in place of those of :func:`weights_of`."""
    arrays, structure = jax.tree.flatten(params)
    given = iter(weights)
    return structure.unflatten([next(given) if array.ndim > 1 else array for array in arrays])


def initial_sizes(params: Params) -> list[Float[Array, ""]]:
    """Return the root mean square of each initial weight array; that of Glorot's if all are 0."""
    sizes = []
    for weight in weights_of(params):
        found = jnp.sqrt(jnp.mean(jnp.square(weight)))
        # Feedback weights of size 0 would stop all errors, though weights that start at 0 can learn by this rule.
        sizes.append(jnp.where(found > 0, found, (2 / sum(fans(weight.shape))) ** 0.5))
    return sizes


def tanh_layers(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return layers of tanh units, as in the papers on these rules, followed by the last layer."""
    return stacks.dense(units, last, "tanh")
