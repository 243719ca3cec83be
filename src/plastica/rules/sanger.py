"""Sanger's rule: each unit learns from what the units before it do not explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Layer, Params, Record
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
from .facts import Facts
from .local import (
    LayerRule,
    Learned,
    advise_rate,
    linear_layers,
    mean_square_length,
    only_kernel,
    require_units,
    row_shares,
    without_bias,
)
from .rule import Batch


@declaration
class Sanger(LayerRule):
    """Sanger's rule (generalized Hebbian algorithm): Oja's rule for each unit, on the residual of the units before it.

    When to use: for the first k principal components of the inputs, in order and with length 1. They are those of the
    second moments; subtract the mean first for those of the covariance. The components are found one after another, so
    use enough epochs, or fewer units.

        delta w_i = learning_rate y_i (x - sum over k <= i of y_k w_k)

    with y = W x, the potentials without their biases; the mean over the rows of a batch. The loss in the history is the
    reconstruction error |x - W'y|^2. For a convolution the inputs are its patches, and reconstructions of overlapping
    patches are added before they are compared with the input.

    Args:
        learning_rate: The learning rate. The rule converges below about 1 / (largest variance of the inputs), for a
            convolution of its patches, summed over the places, and diverges above.
        relative: Whether the learning rate is divided by the mean of |x|^2 over the batch, so that the same rate suits
            inputs of any scale and convolutions of any size. The name ``"sanger"`` stands for ``Sanger(0.1,
            relative=True)``.

    Raises:
        InvalidValue: If the learning rate is not above 0.

    Example:
        >>> Sanger(0.1, relative=True)
        Sanger(learning_rate=0.1, relative=True)

    Reference:
        T. D. Sanger, 1989, Optimal unsupervised learning in a single-layer linear feedforward neural network, eq. 6.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Sanger 1989",
        local=False,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"local": "A unit knows the weights of the units before it."},
    )

    learning_rate: float = 0.01
    relative: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": ABOVE_ZERO})

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return linear_layers(units, last)

    def advice(self, network: Layer, params: Params, record: Record, batch: Batch) -> str:
        return "" if self.relative else advise_rate(self, self.learning_rate, network, params, record, batch)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
        y, kernel = without_bias(params, record), params["kernel"]
        if kernel.shape[-2] != record.input.shape[-1]:
            raise InvalidValue(
                f"{layer!r}: its units receive {kernel.shape[-2]} of {record.input.shape[-1]} channels; Sanger's rule "
                "subtracts from the input of each unit what the units before it explain, so all must receive the same "
                "channels. Use groups=1."
            )
        shared = row_shares(batch, y) * y
        growth = record.pull_synapse(shared)[0]["kernel"]
        # Entry (k, i) is the mean of y_k y_i. Unit i learns from the residual of the units k <= i: the upper triangle.
        rows = list(range(y.ndim - 1))
        together = jnp.triu(jnp.tensordot(y, shared, (rows, rows)))
        rate = self.learning_rate / (mean_square_length(params, record, batch) if self.relative else 1.0)
        change = rate * (growth - kernel @ together)
        return Learned(only_kernel(params, change), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        apart = record.input - record.pull_synapse(without_bias(params, record))[1]
        return jnp.sum(row_shares(batch, apart) * apart * apart)
