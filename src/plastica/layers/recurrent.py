"""Recurrent layers: SimpleRNN, LSTM and GRU. The weights have the layout of Keras."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations, initializers, regularizers
from ..activations import Activation
from ..declaration import declaration, named_field
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels import recurrent as kernels
from .layer import Params
from .recurrent_base import Carry, Quantities, Recurrent


@declaration
class SimpleRNN(Recurrent):
    """A simple recurrent layer: z_t = x_t W + h_(t-1) U + b, h_t = f(z_t).

    For short sequences and for demonstrating vanishing gradients; use LSTM or GRU for longer sequences.

    Args:
        units: The number of units.
        activation: f. The default tanh keeps the state bounded and has the fastest implementation.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U. The default, orthogonal, preserves the norm of the state.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        return_sequences: Whether to return the states of all steps or only the last.
        go_backwards: Whether to process the sequence in reverse; outputs are then in reverse order.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, units)``, recurrent_kernel ``(units, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: If ``units`` is below 1.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> SimpleRNN(16).output_shape((50, 3))
        (16,)

    Reference:
        Elman 1990, Finding structure in time.
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
    return_sequences: bool = False
    go_backwards: bool = False

    num_gates: ClassVar[int] = 1
    answer: ClassVar[str] = "potential"

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation

    def _cell(self, params: Params, carry: Carry, projected: jax.Array) -> tuple[Carry, Quantities]:
        (h,) = carry
        z = projected + h @ params["recurrent_kernel"]
        h = self.activation(z)
        return (h,), {"potential": z, "hidden": h}

    def _fast(self, *arguments: Any) -> jax.Array:
        return kernels.simple_rnn(*arguments)


@declaration
class LSTM(Recurrent):
    """Long short-term memory (LSTM): a cell with input, forget and output gates.

    The usual choice for long-range dependencies.

        i, f, o = g(x_t W + h_(t-1) U + b)    input, forget and output gates, a block of W, U and b each
        k       = a(x_t W + h_(t-1) U + b)    candidate, likewise
        c_t = f * c_(t-1) + i * k
        h_t = o * a(c_t)

    Args:
        units: The number of units.
        activation: a, for the candidate and the output. Tanh and sigmoid have the fastest implementation.
        recurrent_activation: g, for the gates.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U. The default, orthogonal, preserves the norm of the state.
        bias_initializer: The initializer of b.
        unit_forget_bias: Whether to initialize the bias of the forget gate to 1, so that cells do not forget at first.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        return_sequences: Whether to return the states of all steps or only the last.
        go_backwards: Whether to process the sequence in reverse; outputs are then in reverse order.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, 4 units)``, recurrent_kernel ``(units, 4 units)``, bias ``(4 units,)``, in the
        order i, f, candidate, o.

    Raises:
        InvalidValue: If ``units`` is below 1.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> LSTM(50, return_sequences=True).output_shape((100, 1))
        (100, 50)

    Reference:
        Hochreiter, Schmidhuber 1997, Long short-term memory; forget gate: Gers, Schmidhuber, Cummins 2000,
        Learning to forget; its bias of 1: Jozefowicz, Zaremba, Sutskever 2015, An empirical exploration of
        recurrent network architectures.
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
    return_sequences: bool = False
    go_backwards: bool = False

    num_gates: ClassVar[int] = 4
    num_carried: ClassVar[int] = 2

    @property
    def _gate_activation(self) -> Activation:
        return self.recurrent_activation

    def _initial_bias(self, rng: np.random.Generator) -> np.ndarray:
        draw = self.bias_initializer
        if not self.unit_forget_bias:
            return draw(rng, (4 * self.units,))
        ones = initializers.Ones()(rng, (self.units,))
        return np.concatenate([draw(rng, (self.units,)), ones, draw(rng, (2 * self.units,))])

    def _cell(self, params: Params, carry: Carry, projected: jax.Array) -> tuple[Carry, Quantities]:
        squash, gate = self.activation, self.recurrent_activation
        h, c = carry
        z_i, z_f, z_k, z_o = jnp.split(projected + h @ params["recurrent_kernel"], 4, axis=-1)
        i, f, k, o = gate(z_i), gate(z_f), squash(z_k), gate(z_o)
        c = f * c + i * k
        h = o * squash(c)
        return (h, c), {"input": i, "forget": f, "candidate": k, "output": o, "cell": c, "hidden": h}

    def _fast(self, *arguments: Any) -> jax.Array:
        return kernels.lstm(*arguments)


@declaration
class GRU(Recurrent):
    """Gated recurrent unit (GRU): similar to LSTM with two gates and a single state, hence fewer weights.

        z, r = g(x_t W + b + h_(t-1) U + d)       update and reset gates, a block of W, U, b and d each
        k    = a(x_t W + b + r * (h_(t-1) U + d))                candidate, reset_after=True
        k    = a(x_t W + b + (r * h_(t-1)) U)                    candidate, reset_after=False
        h_t  = z * h_(t-1) + (1 - z) * k

    Args:
        units: The number of units.
        activation: a, for the candidate. Tanh and sigmoid with ``reset_after`` have the fastest implementation.
        recurrent_activation: g, for the gates.
        use_bias: Whether to add biases.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U. The default, orthogonal, preserves the norm of the state.
        bias_initializer: The initializer of the biases.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on the biases.
        return_sequences: Whether to return the states of all steps or only the last.
        go_backwards: Whether to process the sequence in reverse; outputs are then in reverse order.
        reset_after: Whether to apply the reset gate after the recurrent matrix product (default, as in Keras) or, as
            in the paper, before it; d is then absent.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, 3 units)``, recurrent_kernel ``(units, 3 units)``, in the order z, r, candidate;
        bias ``(2, 3 units)``, rows b and d, or ``(3 units,)`` without ``reset_after``.

    Raises:
        InvalidValue: If ``units`` is below 1.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> GRU(32).output_shape((100, 1))
        (32,)

    Reference:
        Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, equations 5 to 8.
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
    return_sequences: bool = False
    go_backwards: bool = False
    reset_after: bool = True

    num_gates: ClassVar[int] = 3

    @property
    def _gate_activation(self) -> Activation:
        return self.recurrent_activation

    @property
    def _has_fast_path(self) -> bool:
        return self.reset_after

    def _initial_bias(self, rng: np.random.Generator) -> np.ndarray:
        width = 3 * self.units
        return self.bias_initializer(rng, (2, width) if self.reset_after else (width,))

    def _biases(self, params: Params) -> tuple[Any, Any]:
        if not self.use_bias:
            return 0.0, 0.0
        return tuple(params["bias"]) if self.reset_after else (params["bias"], 0.0)

    def _input_bias(self, params: Params) -> Any:
        return self._biases(params)[0]

    def _cell(self, params: Params, carry: Carry, projected: jax.Array) -> tuple[Carry, Quantities]:
        squash, gate = self.activation, self.recurrent_activation
        (h,) = carry
        recurrent = params["recurrent_kernel"]
        x_z, x_r, x_k = jnp.split(projected, 3, axis=-1)
        h_z, h_r, h_k = jnp.split(h @ recurrent + self._biases(params)[1], 3, axis=-1)
        z, r = gate(x_z + h_z), gate(x_r + h_r)
        k = squash(x_k + (r * h_k if self.reset_after else (r * h) @ recurrent[:, 2 * self.units :]))
        h = z * h + (1 - z) * k
        return (h,), {"update": z, "reset": r, "candidate": k, "hidden": h}

    def _fast(self, *arguments: Any) -> jax.Array:
        return kernels.gru(*arguments)
