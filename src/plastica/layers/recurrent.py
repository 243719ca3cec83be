"""SimpleRNN, LSTM and GRU: layers that read a sequence and remember. Weights are Keras's in layout and number."""

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
    """The simplest memory: z_t = x_t W + h_(t-1) U + b, h_t = f(z_t).

    For short sequences, and to see how gradients fade with the lag; take an LSTM or a GRU for longer ones.

    Args:
        units: How many units, so how many numbers come out of a step.
        activation: f; tanh keeps the state bounded and takes the fast path.
        use_bias: Whether b is there.
        kernel_initializer: How W starts.
        recurrent_initializer: How U starts; orthogonal keeps the state's length through many steps.
        bias_initializer: How b starts.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        return_sequences: Whether every step's state comes out, or the last one's alone.
        go_backwards: Whether the sequence is read from its end; outputs come in the order of reading.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, units)``, recurrent_kernel ``(units, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: For units below 1.
        ShapeError: For inputs that are not (batch, time, features).

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
    """Long short-term memory: a cell that gates write to, keep and read.

    The usual choice where what matters lies many steps back.

        i, f, o = g(x_t W + h_(t-1) U + b)    input, forget and output gates, a block of W, U and b each
        k       = a(x_t W + h_(t-1) U + b)    candidate, likewise
        c_t = f * c_(t-1) + i * k
        h_t = o * a(c_t)

    Args:
        units: How many units, so how many numbers come out of a step.
        activation: a, of the candidate and of the cell. With tanh and sigmoid the layer is fastest.
        recurrent_activation: g, of the gates.
        use_bias: Whether b is there.
        kernel_initializer: How W starts.
        recurrent_initializer: How U starts; orthogonal keeps the state's length through many steps.
        bias_initializer: How b starts.
        unit_forget_bias: Whether the forget gate's bias starts at 1, so that cells remember from the outset.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        return_sequences: Whether every step's state comes out, or the last one's alone.
        go_backwards: Whether the sequence is read from its end; outputs come in the order of reading.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, 4 units)``, recurrent_kernel ``(units, 4 units)``, bias ``(4 units,)``, in the
        order i, f, candidate, o.

    Raises:
        InvalidValue: For units below 1.
        ShapeError: For inputs that are not (batch, time, features).

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
    """Gated recurrent unit: an LSTM's memory with two gates and one state, so with fewer weights.

        z, r = g(x_t W + b + h_(t-1) U + d)       update and reset gates, a block of W, U, b and d each
        k    = a(x_t W + b + r * (h_(t-1) U + d))                candidate, reset_after=True
        k    = a(x_t W + b + (r * h_(t-1)) U)                    candidate, reset_after=False
        h_t  = z * h_(t-1) + (1 - z) * k

    Args:
        units: How many units, so how many numbers come out of a step.
        activation: a, of the candidate. With tanh, sigmoid and reset_after the layer is fastest.
        recurrent_activation: g, of the gates.
        use_bias: Whether the biases are there.
        kernel_initializer: How W starts.
        recurrent_initializer: How U starts; orthogonal keeps the state's length through many steps.
        bias_initializer: How the biases start.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on the biases.
        return_sequences: Whether every step's state comes out, or the last one's alone.
        go_backwards: Whether the sequence is read from its end; outputs come in the order of reading.
        reset_after: Whether the reset gate acts on the recurrent product (one product a step, Keras's
            default) or, as in the paper, on the state before it; then there is no d.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, 3 units)``, recurrent_kernel ``(units, 3 units)``, in the order z, r, candidate;
        bias ``(2, 3 units)``, rows b and d, or ``(3 units,)`` without ``reset_after``.

    Raises:
        InvalidValue: For units below 1.
        ShapeError: For inputs that are not (batch, time, features).

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
