"""The cells of SimpleRNN, LSTM and GRU, each one step in time, with Keras's weights."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

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
class SimpleRNNCell(GatedCell):
    """One step of :class:`~plastica.layers.SimpleRNN`: z_t = x_t W + h_(t-1) U + b, h_t = f(z_t).

    For ``RNN(SimpleRNNCell(8))``, which is ``SimpleRNN(8)``, and as a part of ``StackedRNNCells``.

    Args:
        units: The number of units.
        activation: f.
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
        recurrent_dropout: The same of the hidden state, on its way into the gates.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, units)``, recurrent_kernel
        ``(units, units)``, bias ``(units,)``. Carried: h, ``(batch, units)``.

    Raises:
        InvalidValue: If ``units`` is below 1 or a rate of dropout outside [0, 1).

    Example:
        >>> SimpleRNNCell(4).output_shape((3,))
        (4,)
    """

    units: int
    activation: Activation = named_field(default="tanh", converter=activations.get)
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

    num_gates: ClassVar[int] = 1
    answer: ClassVar[str] = "potential"
    gate_names: ClassVar[tuple[str, ...]] = ("potential", "hidden")

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation

    def observe(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, Quantities]:
        (h,) = carry
        z = projected + self.recurrent(params, h, context)
        h = self.activation(z)
        return (h,), {"potential": z, "hidden": h}


@declaration
class LSTMCell(GatedCell):
    """One step of :class:`~plastica.layers.LSTM`, where its equations are.

    For ``RNN(LSTMCell(8))``, which is ``LSTM(8)``, and as a part of ``StackedRNNCells``.

    Args:
        units: The number of units.
        activation: a, for the candidate and the output.
        recurrent_activation: g, for the gates.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U. The default, orthogonal, preserves the norm of the state.
        bias_initializer: The initializer of b.
        unit_forget_bias: Whether to initialize the bias of the forget gate to 1, so that cells do not forget at first.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on b.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the hidden state, on its way into the gates.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, 4 units)``, recurrent_kernel
        ``(units, 4 units)``, bias ``(4 units,)``, in the order i, f, candidate, o. Carried: h and
        c, ``(batch, units)``.

    Raises:
        InvalidValue: If ``units`` is below 1 or a rate of dropout outside [0, 1).

    Example:
        >>> LSTMCell(4).output_shape((3,))
        (4,)
    """

    units: int
    activation: Activation = named_field(default="tanh", converter=activations.get)
    recurrent_activation: Activation = named_field(default="sigmoid", converter=activations.get)
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    recurrent_initializer: Initializer = named_field(default="orthogonal", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    unit_forget_bias: bool = True
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    recurrent_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    recurrent_dropout: float | None = named_field(default=0.0, converter=rate_or_none)

    num_gates: ClassVar[int] = 4
    num_carried: ClassVar[int] = 2
    gate_names: ClassVar[tuple[str, ...]] = ("input", "forget", "candidate", "output", "cell", "hidden")

    def initial_bias(self, rng: np.random.Generator) -> np.ndarray:
        draw = self.bias_initializer
        if not self.unit_forget_bias:
            return draw(rng, (4 * self.units,))
        ones = initializers.Ones()(rng, (self.units,))
        return np.concatenate([draw(rng, (self.units,)), ones, draw(rng, (2 * self.units,))])

    def observe(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, Quantities]:
        squash, gate = self.activation, self.recurrent_activation
        h, c = carry
        z = projected + self.recurrent(params, h, context)
        z_i, z_f, z_k, z_o = jnp.split(z, 4, axis=-1)
        i, f, k, o = gate(z_i), gate(z_f), squash(z_k), gate(z_o)
        c = f * c + i * k
        h = o * squash(c)
        named = {"potential": z, "input": i, "forget": f, "candidate": k, "output": o, "cell": c, "hidden": h}
        return (h, c), named


@declaration
class GRUCell(GatedCell):
    """One step of :class:`~plastica.layers.GRU`, where its equations are.

    For ``RNN(GRUCell(8))``, which is ``GRU(8)``, and as a part of ``StackedRNNCells``.

    Args:
        units: The number of units.
        activation: a, for the candidate.
        recurrent_activation: g, for the gates.
        use_bias: Whether to add biases.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U. The default, orthogonal, preserves the norm of the state.
        bias_initializer: The initializer of the biases.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on the biases.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on the biases.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the hidden state, on its way into the gates.
        reset_after: Whether the reset gate acts after the recurrent product (default, as in Keras) or before it.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, 3 units)``, recurrent_kernel
        ``(units, 3 units)``, in the order z, r, candidate; bias ``(2, 3 units)``, or ``(3 units,)`` without
        ``reset_after``. Carried: h, ``(batch, units)``.

    Raises:
        InvalidValue: If ``units`` is below 1 or a rate of dropout outside [0, 1).

    Example:
        >>> GRUCell(4).output_shape((3,))
        (4,)
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
    reset_after: bool = True
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    recurrent_dropout: float | None = named_field(default=0.0, converter=rate_or_none)

    num_gates: ClassVar[int] = 3
    gate_names: ClassVar[tuple[str, ...]] = ("update", "reset", "candidate", "hidden")

    def initial_bias(self, rng: np.random.Generator) -> np.ndarray:
        width = 3 * self.units
        return self.bias_initializer(rng, (2, width) if self.reset_after else (width,))

    def _biases(self, params: Params) -> tuple[jax.Array | float, jax.Array | float]:
        if not self.use_bias:
            return 0.0, 0.0
        return tuple(params["bias"]) if self.reset_after else (params["bias"], 0.0)

    def input_bias(self, params: Params) -> jax.Array | float:
        return self._biases(params)[0]

    def observe(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, Quantities]:
        squash, gate = self.activation, self.recurrent_activation
        (h,) = carry
        # Input and recurrent products stay apart, because the reset gate scales the recurrent one alone.
        x_z, x_r, x_k = jnp.split(projected, 3, axis=-1)
        h_z, h_r, h_k = jnp.split(self.recurrent(params, h, context) + self._biases(params)[1], 3, axis=-1)
        z_z, z_r = x_z + h_z, x_r + h_r
        z, r = gate(z_z), gate(z_r)
        z_k = x_k + (r * h_k if self.reset_after else self._reset_before(params, r, h, context))
        k = squash(z_k)
        h = z * h + (1 - z) * k
        potential = jnp.concatenate([z_z, z_r, z_k], axis=-1)
        return (h,), {"potential": potential, "update": z, "reset": r, "candidate": k, "hidden": h}

    def _reset_before(self, params: Params, reset: jax.Array, hidden: jax.Array, context: Context) -> jax.Array:
        kernel, place = params["recurrent_kernel"][:, 2 * self.units :], RECURRENT_MASKS + 2
        return dropped_product(reset * hidden, kernel, self.recurrent_dropout, 1, context, place)
