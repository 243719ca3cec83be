"""Sanger's rule: each unit learns what those before it leave over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Layer, Params, Record
from ..schedules.checks import ABOVE_ZERO, require_numbers
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
    """Let each unit follow Oja's rule on what the units before it do not explain: the generalized Hebbian algorithm.

    The units' weights become the first k principal components of the inputs, in order and of length 1; of their
    second moments, so take the mean off first where variances are meant. One component is found after another: give
    it time, or fewer units.

        delta w_i = learning_rate y_i (x - sum over k <= i of y_k w_k)

    with y = W x, the potentials without their biases; the mean over a batch's rows. The figure is the squared distance
    of the inputs from what all units say of them, |x - W'y|^2. Of a convolution the patches are the inputs, and
    figures of overlapping patches are summed before they are compared.

    Args:
        learning_rate: How far a step goes; it converges below about one over the largest variance of the inputs (of a
            convolution: of its patches, summed over the places), and grows without end above.
        relative: Whether the learning rate is one of inputs of mean square length 1: it is divided by the mean of |x|^2
            over the batch, so that one rate suits layers that hear inputs of any scale and convolutions of any size.
            The name ``"sanger"`` stands for ``Sanger(0.1, relative=True)``.

    Raises:
        InvalidValue: For a learning rate that is not above 0.

    Reference:
        Sanger (1989), Optimal unsupervised learning in a single-layer linear feedforward neural network, equation 6.
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
        return "" if self.relative else advise_rate(self, network, params, record, batch)

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        y, kernel = without_bias(params, record), params["kernel"]
        if kernel.shape[-2] != record.input.shape[-1]:
            raise InvalidValue(
                f"{layer!r}: its units receive {kernel.shape[-2]} of {record.input.shape[-1]} channels; Sanger's rule "
                "takes from each unit's input what the ones before it found, so all must receive the same channels. "
                "Take groups=1."
            )
        shared = row_shares(batch, y) * y
        growth = record.pull_synapse(shared)[0]["kernel"]
        # Entry (k, i) is the mean of y_k y_i; unit i gives way to the units k <= i.
        rows = list(range(y.ndim - 1))
        together = jnp.triu(jnp.tensordot(y, shared, (rows, rows)))
        rate = self.learning_rate / (mean_square_length(params, record, batch) if self.relative else 1.0)
        change = rate * (growth - kernel @ together)
        return Learned(only_kernel(params, change), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        apart = record.input - record.pull_synapse(without_bias(params, record))[1]
        return jnp.sum(row_shares(batch, apart) * apart * apart)
