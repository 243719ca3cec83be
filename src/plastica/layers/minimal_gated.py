"""The cell of the minimal gated unit: one gate that both forgets and resets."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..initializers import Initializer
from ..regularizers import Regularizer
from .gated_cell import RECURRENT_MASKS, GatedCell, Quantities, dropped_product
from .in_time import Carry
from .layer import Context, Params
from .noise import rate_or_none


@declaration
class MinimalGatedCell(GatedCell):
    """One step of the minimal gated unit (MGU), a GRU whose two gates are one.

        f_t = g(x_t W_f + h_(t-1) U_f + b_f)
        k_t = a(x_t W_k + (f_t * h_(t-1)) U_k + b_k)
        h_t = (1 - f_t) * h_(t-1) + f_t * k_t

    When to use: ``RNN(MinimalGatedCell(32))`` where GRU is too large; it has two thirds of the weights.

    Args:
        units: The number of units.
        activation: a, for the candidate.
        recurrent_activation: g, for the gate.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U. The default, orthogonal, preserves the norm of the state.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on b.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the hidden state, on its way into the gate and the candidate.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, 2 units)``, recurrent_kernel
        ``(units, 2 units)``, bias ``(2 units,)``, in the order f, candidate. Carried: h, ``(batch, units)``.

    Raises:
        InvalidValue: If ``units`` is below 1 or a rate of dropout outside [0, 1).

    Example:
        >>> from plastica.layers import RNN
        >>> RNN(MinimalGatedCell(8), return_sequences=True).output_shape((50, 3))
        (50, 8)

    Reference:
        Zhou, Wu, Zhang, Zhou (2016), Minimal gated unit for recurrent neural networks, table 2.
    """

    units: int
    activation: Activation = named_field(default="tanh", converter=activations.get)
    recurrent_activation: Activation = named_field(default="sigmoid", converter=activations.get)
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    recurrent_initializer: Initializer = named_field(default="orthogonal", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    recurrent_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    recurrent_dropout: float | None = named_field(default=0.0, converter=rate_or_none)

    num_gates: ClassVar[int] = 2
    gate_names: ClassVar[tuple[str, ...]] = ("forget", "candidate", "hidden")

    def observe(self, params: Params, carry: Carry, projected: Array, context: Context) -> tuple[Carry, Quantities]:
        (h,) = carry
        x_f, x_k = jnp.split(projected, 2, axis=-1)
        of_gate, of_candidate = jnp.split(params["recurrent_kernel"], 2, axis=-1)
        rate = self.recurrent_dropout
        z_f = x_f + dropped_product(h, of_gate, rate, 1, context, RECURRENT_MASKS)
        f = self.recurrent_activation(z_f)
        z_k = x_k + dropped_product(f * h, of_candidate, rate, 1, context, RECURRENT_MASKS + 1)
        k = self.activation(z_k)
        h = (1 - f) * h + f * k
        potential = jnp.concatenate([z_f, z_k], axis=-1)
        return (h,), {"potential": potential, "forget": f, "candidate": k, "hidden": h}
