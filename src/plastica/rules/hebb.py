"""Hebb's rule: connections grow between units that are active together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..layers.layer import Layer, Params, Record
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ..typing import Float, Memory
from .facts import Facts
from .local import LayerRule, Learned, linear_layers, only_kernel, require_units, row_shares, without_bias
from .rule import Batch


@declaration
class Hebb(LayerRule):
    """Hebb's rule: a connection grows if both of its ends are active together.

    When to use: to study the oldest and simplest learning rule. By itself it grows without bound: the weights of each
    unit turn towards the first principal direction of the inputs, and their length grows by the factor 1 +
    learning_rate lambda_1 in every step, where lambda_1 is the largest eigenvalue of the second moments of the inputs.
    With a decay above lambda_1 all weights vanish. Therefore bound them by ``limit``, or use
    :class:`~plastica.rules.Oja`.

        delta w = learning_rate (x y - decay w)

    with y = w'x, the potential without its bias; the mean over the rows of a batch. The loss in the history is -E[y^2]
    / 2, of which this is the negative gradient.

    Args:
        learning_rate: The learning rate.
        decay: The fraction of each weight that is forgotten per unit of the learning rate. Default 0, as in Hebb.
        limit: The largest length of the weights of a unit; longer ones are rescaled to it. None: no bound. The name
            ``"hebb"`` stands for a limit of 1.

    Raises:
        InvalidValue: If the learning rate or the limit is not above 0, or the decay is negative.

    Example:
        >>> Hebb(limit=1.0)
        Hebb(limit=1.0)

    Reference:
        D. O. Hebb, 1949, The organization of behavior, page 62.
        C. von der Malsburg, 1973, Self-organization of orientation sensitive cells in the striate cortex (the bound).
    """

    facts: ClassVar[Facts | None] = Facts(
        "Hebb 1949",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "With a limit, a unit rescales all its weights by their joint length."},
    )

    unranked: ClassVar[str] = (
        "all its units learn the same direction of the inputs, so the read-out receives a single number"
    )

    learning_rate: float = 0.001
    decay: float = 0.0
    limit: float | None = None

    takes_rewards: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": ABOVE_ZERO, "decay": AT_LEAST_ZERO, "limit": ABOVE_ZERO})

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return linear_layers(units, last)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        y, kernel = without_bias(params, record), params["kernel"]
        # The pullback of the synapse gives the products of input and any e in the shape of the potential: for Dense
        # x'e, for a convolution the sum over its places. With e = y it is Hebb's product, and no layer is asked for its
        # class.
        growth = record.pull_synapse(row_shares(batch, y) * y)[0]["kernel"]
        change = self.learning_rate * (growth - self.decay * kernel)
        if self.limit is not None:
            change = _no_longer_than(self.limit, kernel + change) - kernel
        return Learned(only_kernel(params, change), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        y = without_bias(params, record)
        return -jnp.sum(row_shares(batch, y) * y * y) / 2


def _no_longer_than(
    limit: float, kernel: Float[Array, "*window channels units"]
) -> Float[Array, "*window channels units"]:
    """Return a kernel in which the weights of each unit have at most the given length."""
    square = jnp.sum(kernel * kernel, tuple(range(kernel.ndim - 1)))
    # The maximum keeps a unit with weights of 0 from dividing by 0; its factor is 1 all the same.
    return kernel * jnp.minimum(1.0, limit / jnp.sqrt(jnp.maximum(square, jnp.finfo(kernel.dtype).tiny)))
