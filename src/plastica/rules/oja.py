"""Oja's rule: Hebb's rule with a decay that bounds the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..layers.layer import Layer, Params, Record
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
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
    """Oja's rule: Hebbian growth with a decay in proportion to the square of the activity.

    When to use: for the first principal component of the inputs, or with ``subspace`` for the subspace of the first k.
    The weights of each unit converge to the first principal component, with length 1. It is that of the second moments;
    subtract the mean first for that of the covariance. All units of a layer find the same component. With ``subspace``,
    the decay of each unit depends on the activity of all, and k units together span the first k components, in no
    particular order; for the components themselves use :class:`~plastica.rules.Sanger`.

        delta w   = learning_rate y (x - y w)
        delta w_i = learning_rate y_i (x - sum over k of y_k w_k)       with subspace

    with y = w'x, the potential without its bias; the mean over the rows of a batch. With ``relative``, the learning
    rate is divided by the mean of |x|^2 over the batch, so that the same rate suits inputs of any scale. The loss in
    the history is the reconstruction error |x - y w|^2 of the first unit; with ``subspace`` that of all units, |x -
    W'y|^2.

    Args:
        learning_rate: The learning rate; the rule converges below about 1 / (largest variance of the inputs).
        relative: Whether the learning rate is for inputs with a mean square length of 1. 0.1 is then stable for
            Glorot's initial weights, and for any with a squared length below about 20. The name ``"oja"`` stands for
            ``Oja(0.1, relative=True, subspace=True)``.
        subspace: Whether the units of a layer share the decay, so that they find different directions. It makes no
            difference for a single unit.

    Raises:
        InvalidValue: If the learning rate is not above 0.

    Example:
        >>> Oja(0.1, relative=True)
        Oja(learning_rate=0.1, relative=True)

    Reference:
        E. Oja, 1982, A simplified neuron model as a principal component analyzer, eq. 3.
        E. Oja, 1989, Neural networks, principal components, and subspaces (the subspace).
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
        return "" if self.relative else advise_rate(self, self.learning_rate, network, params, record, batch)

    def learn(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch, key: Key) -> Learned:
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

    def figure(self, layer: Layer, params: Params, memory: Memory, record: Record, batch: Batch) -> Float[Array, ""]:
        y = without_bias(params, record)
        used = y if self.subspace else jnp.zeros_like(y).at[..., 0].set(y[..., 0])
        # The pull of the synapse applied to the activities is the reconstruction W'y.
        apart = record.input - record.pull_synapse(used)[1]
        return jnp.sum(row_shares(batch, apart) * apart * apart)
