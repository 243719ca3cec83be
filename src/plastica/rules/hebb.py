"""Hebb's rule: what is active together, connects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..layers.layer import Layer, Params, Record
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from .facts import Facts
from .local import LayerRule, Learned, linear_layers, only_kernel, require_units, row_shares, without_bias
from .rule import Batch


@declaration
class Hebb(LayerRule):
    """Let connections grow where both ends are active together.

    The first of all rules of learning, and the plainest. By itself it grows without bound: each unit's weights turn
    towards the first principal direction of the inputs and their length grows by the factor
    1 + learning_rate lambda_1 with every step, lambda_1 being the largest eigenvalue of the inputs' second moments.
    A decay above lambda_1 lets all weights die away, so bound them by ``limit``, or take
    :class:`~plastica.rules.Oja`.

        delta w = learning_rate (x y - decay w)

    with y = w'x, the potential without its bias; the mean over a batch's rows. The figure is -E[y^2] / 2, of which
    this is the gradient.

    Args:
        learning_rate: How far a step goes.
        decay: How much of each weight is forgotten, beside what is learned; 0, as Hebb wrote it.
        limit: How long a unit's weights may become; what is longer is shortened to it. None for no bound; the name
            ``"hebb"`` stands for a limit of 1.

    Raises:
        InvalidValue: For a learning rate or a limit that is not above 0, a negative decay.

    Reference:
        Hebb (1949), The organization of behavior, page 62; that what a unit receives in all must be bounded: von der
        Malsburg (1973), Self-organization of orientation sensitive cells in the striate cortex.
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

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": ABOVE_ZERO, "decay": AT_LEAST_ZERO, "limit": ABOVE_ZERO})

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return linear_layers(units, last)

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        y, kernel = without_bias(params, record), params["kernel"]
        growth = record.pull_synapse(row_shares(batch, y) * y)[0]["kernel"]
        change = self.learning_rate * (growth - self.decay * kernel)
        if self.limit is not None:
            change = _no_longer_than(self.limit, kernel + change) - kernel
        return Learned(only_kernel(params, change), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        y = without_bias(params, record)
        return -jnp.sum(row_shares(batch, y) * y * y) / 2


def _no_longer_than(limit: Any, kernel: jax.Array) -> jax.Array:
    square = jnp.sum(kernel * kernel, tuple(range(kernel.ndim - 1)))
    return kernel * jnp.minimum(1.0, limit / jnp.sqrt(jnp.maximum(square, jnp.finfo(kernel.dtype).tiny)))
