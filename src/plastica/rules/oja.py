"""Oja's rule: Hebb's, held in bounds by forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..layers.layer import Layer, Params, Record
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .facts import Facts, FactsOf
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
class Oja(LayerRule):
    """Let connections grow where both ends are active together, and forget in proportion to the answer's square.

    Each unit's weights become the first principal component of its inputs, of length 1; of their second moments, so
    take the mean off first where the variance is meant. All units of a layer find the same one. With ``subspace`` each
    forgets in proportion to what all of them answer, and k units together span the first k components, in no order;
    for the components themselves take :class:`~plastica.rules.Sanger`.

        delta w   = learning_rate y (x - y w)
        delta w_i = learning_rate y_i (x - sum over k of y_k w_k)       with subspace

    with y = w'x, the potential without its bias; the mean over a batch's rows. With ``relative`` the learning rate is
    divided by the mean of |x|^2 over the batch, so that one rate suits inputs of any scale. The figure is the squared
    distance of the inputs from what the first unit's answer says of them, |x - y w|^2; with ``subspace`` from what
    all answers say of them, |x - W'y|^2.

    Args:
        learning_rate: How far a step goes; it converges below about one over the largest variance of the inputs.
        relative: Whether the learning rate is one of inputs of mean square length 1; 0.1 is then safe for units that
            begin with Glorot's weights, or any of squared length below about 20. The name ``"oja"`` stands for
            ``Oja(0.1, relative=True, subspace=True)``.
        subspace: Whether the units of a layer share the forgetting, so that they find different directions. One unit
            alone learns the same either way.

    Raises:
        InvalidValue: For a learning rate that is not above 0.

    Reference:
        Oja (1982), A simplified neuron model as a principal component analyzer, equation 3; the subspace: Oja (1989),
        Neural networks, principal components, and subspaces.
    """

    facts: ClassVar[FactsOf] = FactsOf(  # pyright: ignore[reportIncompatibleVariableOverride]
        lambda rule: Facts(
            "Oja 1989" if rule.subspace else "Oja 1982",
            local=not rule.subspace,
            symmetric_weights=False,
            phases=1,
            global_error=False,
            labels=False,
            notes={"local": "A unit knows the weights of all other units of the layer."} if rule.subspace else {},
        )
    )

    learning_rate: float = 0.01
    relative: bool = False
    subspace: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": ABOVE_ZERO})

    def require(self, layer: Layer) -> None:
        require_units(self, layer)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return linear_layers(units, last)

    def advice(self, network: Layer, params: Params, record: Record, batch: Batch) -> str:
        return "" if self.relative else advise_rate(self, network, params, record, batch)

    def learn(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch, key: jax.Array) -> Learned:
        y = without_bias(params, record)
        share = row_shares(batch, y)
        growth = record.pull_synapse(share * y)[0]["kernel"]
        rows = list(range(y.ndim - 1))
        if self.subspace:  # entry (k, i) is the mean of y_k y_i
            forgetting = params["kernel"] @ jnp.tensordot(y, share * y, (rows, rows))
        else:
            forgetting = jnp.sum(share * y * y, rows) * params["kernel"]
        rate = self.learning_rate / (mean_square_length(params, record, batch) if self.relative else 1.0)
        change = rate * (growth - forgetting)
        return Learned(only_kernel(params, change), memory, self.figure(layer, params, memory, record, batch))

    def figure(self, layer: Layer, params: Params, memory: Any, record: Record, batch: Batch) -> jax.Array:
        y = without_bias(params, record)
        said = y if self.subspace else jnp.zeros_like(y).at[..., 0].set(y[..., 0])
        apart = record.input - record.pull_synapse(said)[1]
        return jnp.sum(row_shares(batch, apart) * apart * apart)
