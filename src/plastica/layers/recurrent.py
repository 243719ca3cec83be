"""Recurrent layers: SimpleRNN, LSTM and GRU. The weights have the layout of Keras."""

from __future__ import annotations

from typing import Any, ClassVar

import jax

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..initializers import Initializer
from ..regularizers import Regularizer
from .cells import GRUCell, LSTMCell, SimpleRNNCell
from .gated_cell import GatedCell
from .gated_recurrent import GatedRecurrent
from .kernels.gru import gru
from .kernels.lstm import lstm
from .kernels.simple_rnn import simple_rnn
from .noise import rate_or_none
from .recurrent_base import Carried


@declaration
class SimpleRNN(GatedRecurrent):
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
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on b.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the hidden state, on its way into the gates.
        return_state: Whether to return what is carried after the last step as further outputs, in a graph:
            ``y, h = SimpleRNN(8, return_state=True)(x)``.
        stateful: Whether each row of a batch goes on where the same row of the last batch ended; the number of rows
            is then declared, ``Input(shape, batch_size=4)``, and ``model.reset_states()`` begins anew.

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
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    recurrent_dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    return_state: bool = False
    stateful: bool = False

    cell_type: ClassVar[type[GatedCell]] = SimpleRNNCell

    starts_fast: ClassVar[bool] = False

    def _fast(self, *arguments: Any) -> tuple[jax.Array, Carried]:
        x, kernel, recurrent_kernel, bias, sequences, _, real = arguments
        potential = simple_rnn(x, kernel, recurrent_kernel, bias, sequences, real)
        return potential, (self.activation(potential[-1] if sequences else potential),)


@declaration
class LSTM(GatedRecurrent):
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
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on b.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the hidden state, on its way into the gates.
        return_state: Whether to return what is carried after the last step as further outputs, in a graph:
            ``y, h, c = LSTM(8, return_state=True)(x)``.
        stateful: Whether each row of a batch goes on where the same row of the last batch ended; the number of rows
            is then declared, ``Input(shape, batch_size=4)``, and ``model.reset_states()`` begins anew.

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
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    recurrent_dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    return_state: bool = False
    stateful: bool = False

    cell_type: ClassVar[type[GatedCell]] = LSTMCell

    def _fast(self, *arguments: Any) -> tuple[jax.Array, Carried]:
        return lstm(*arguments)


@declaration
class GRU(GatedRecurrent):
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
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on the biases.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the hidden state, on its way into the gates.
        return_state: Whether to return what is carried after the last step as further outputs, in a graph:
            ``y, h = GRU(8, return_state=True)(x)``.
        stateful: Whether each row of a batch goes on where the same row of the last batch ended; the number of rows
            is then declared, ``Input(shape, batch_size=4)``, and ``model.reset_states()`` begins anew.

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
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    recurrent_dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    return_state: bool = False
    stateful: bool = False

    cell_type: ClassVar[type[GatedCell]] = GRUCell

    @property
    def _has_fast_path(self) -> bool:
        return self.reset_after

    def _fast(self, *arguments: Any) -> tuple[jax.Array, Carried]:
        return gru(*arguments)
