"""Feedback alignment: errors travel back through random weights that nobody learns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..initializers import fans
from ..layers import stacks
from ..layers.layer import Layer, Params
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .backprop import Backprop
from .facts import RECURRENT, Facts


@declaration
class FeedbackAlignment(Backprop):
    """Send errors back through fixed random weights in place of the transposed ones.

    For the question whether learning needs the way back to mirror the way there: it does not. The forward weights
    come to agree with the random ones, and the angle to the true gradient falls below 90 degrees. Deep networks and
    convolutions learn less well than by backprop.

        delta^L = dC/dz^L
        delta^l = (B^(l+1) delta^(l+1)) * f'(z^l)
        delta W^l = - learning_rate delta^l a^(l-1)'

    Every parameter of two or more axes has a B of its own, normal around 0; biases and the like stand in the way back
    as they are. What happens within one recurrent layer is sent back through its own weights; to the layer below the
    error goes as through a copy of it with B.

    Args:
        scale: How large B is, in units of the layer's initial weights (their root mean square; where they start at
            0, of Glorot's). 1 sends errors back about as large as backprop does before anything is learned.

    Raises:
        InvalidValue: For a scale that is not above 0.

    Example:
        >>> FeedbackAlignment(scale=2.0)
        FeedbackAlignment(scale=2.0)

    Reference:
        Lillicrap, Cownden, Tweed, Akerman (2016), Random synaptic feedback weights support error backpropagation
        for deep learning, Nature Communications 7, 13276; there delta h_FA = B e.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Lillicrap, Cownden, Tweed, Akerman 2016",
        local=True,
        symmetric_weights=False,
        phases=2,
        global_error=False,
        notes={
            "local": RECURRENT,
            "symmetric_weights": "One-dimensional parameters, such as those of normalization, are used as they are on "
            "the way back.",
        },
    )

    scale: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"scale": ABOVE_ZERO})

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return the random weights, one array for each parameter of two or more axes."""
        return _draw(self.scale, params, key)

    def feedback(self, params: Params, memory: Any) -> Params:
        """Return the random weights, with biases as they are."""
        return with_weights(params, memory)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return tanh_layers(units, last)


@jax.jit
def _draw(scale: Any, params: Params, key: jax.Array) -> tuple[jax.Array, ...]:
    return tuple(
        (scale * size * random.normal(random.fold(key, place), weight.shape)).astype(weight.dtype)
        for place, (weight, size) in enumerate(zip(weights_of(params), initial_sizes(params), strict=True))
    )


def weights_of(params: Params) -> list[Any]:
    """Return the parameters that errors travel back through: those of two or more axes."""
    return [array for array in jax.tree.leaves(params) if array.ndim > 1]


def with_weights(params: Params, weights: Iterable[jax.Array]) -> Params:
    """Return the parameters with others in place of those that :func:`weights_of` names."""
    arrays, structure = jax.tree.flatten(params)
    given = iter(weights)
    return structure.unflatten([next(given) if array.ndim > 1 else array for array in arrays])


def initial_sizes(params: Params) -> list[jax.Array]:
    """Return the root mean square of each initial weight array; where all are 0 that of Glorot's."""
    sizes = []
    for weight in weights_of(params):
        found = jnp.sqrt(jnp.mean(jnp.square(weight)))
        # Nothing would come back through weights of size 0, though networks that start at 0 learn by this rule.
        sizes.append(jnp.where(found > 0, found, (2 / sum(fans(weight.shape))) ** 0.5))
    return sizes


def tanh_layers(units: Sequence[int], last: Layer) -> list[Layer]:
    """Return layers of tanh units, with which the papers on these rules worked, and the last one."""
    return stacks.dense(units, last, "tanh")
