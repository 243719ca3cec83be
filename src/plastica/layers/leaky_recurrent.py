"""Leaky rate units that are connected among each other: a recurrent layer in continuous time."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..initializers import Initializer
from ..regularizers import Regularizer
from ..typing import by_name
from .gated_cell import GatedCell, Quantities, check_units
from .gated_recurrent import GatedRecurrent
from .in_time import Carry
from .layer import Context, Params, Shape
from .noise import rate_or_none
from .records import Variables
from .spiking.units_of_measure import require_times


@declaration
class LeakyRNNCell(GatedCell):
    """One step of :class:`LeakyRNN`, where its equation and arguments are, for ``RNN(LeakyRNNCell(8))``.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, units)``, recurrent_kernel
        ``(units, units)``, bias ``(units,)``, with ``learn_tau`` tau ``(units,)``. Carried: h, ``(batch, units)``.

    Raises:
        InvalidValue: If ``units`` is below 1, or the time constant below a step.

    Example:
        >>> LeakyRNNCell(4).output_shape((3,))
        (4,)
    """

    units: int
    tau: float = 10.0
    dt: float = 1.0
    activation: Activation = named_field(default="tanh", converter=activations.get)
    learn_tau: bool = False
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
    gate_names: ClassVar[tuple[str, ...]] = ("potential", "hidden")

    def __post_init__(self) -> None:
        check_units(self)
        require_times(self, "tau")

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        params, state = super().init(rng, shape)
        own = {"tau": initializers.Constant(self.tau)(rng, (self.units,))} if self.learn_tau else {}
        return Variables({**by_name(params), **own}, state)

    def observe(self, params: Params, carry: Carry, projected: Array, context: Context) -> tuple[Carry, Quantities]:
        (h,) = carry
        z = projected + self.recurrent(params, h, context)
        # A learned time constant never falls below a step, beyond which a unit would overshoot.
        tau = jnp.maximum(by_name(params)["tau"], self.dt) if self.learn_tau else jnp.asarray(self.tau, z.dtype)
        h = h + self.dt / tau * (self.activation(z) - h)
        return (h,), {"potential": z, "hidden": h}


@declaration
class LeakyRNN(GatedRecurrent):
    """Leaky rate units, connected among each other: a recurrent network in continuous time.

        tau dh/dt = -h + f(x W + h U + b),   h_t = h_(t-1) + dt / tau (f(x_t W + h_(t-1) U + b) - h_(t-1))

    When to use: as a model of recorded populations, whose units have time constants, and for learning in time by
    ``rule="rflo"``, which is derived for these units. With tau = dt it is ``SimpleRNN``.

    Args:
        units: The number of units.
        tau: The time constant, in milliseconds.
        dt: The duration of a step, in milliseconds.
        activation: f.
        learn_tau: Whether each unit learns a time constant of its own, beginning with ``tau``.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        bias_regularizer: A penalty on b.
        return_sequences: Whether to return the rates of all steps or only the last.
        go_backwards: Whether to process the sequence in reverse; outputs are then in reverse order.
        kernel_constraint: The constraint on W after each step, such as Dale().
        recurrent_constraint: The constraint on U.
        bias_constraint: The constraint on b.
        dropout: The fraction of the inputs that is dropped in training, the same inputs at all steps of a sequence.
        recurrent_dropout: The same of the rates, on their way to other units.
        return_state: Whether to return the rates after the last step as a further output, in a graph.
        stateful: Whether each row of a batch goes on where the same row of the last batch ended; see LSTM.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, units)``, recurrent_kernel ``(units, units)``, bias ``(units,)``, with ``learn_tau``
        tau ``(units,)``.

    Raises:
        InvalidValue: If ``units`` is below 1, or the time constant below a step.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> LeakyRNN(16, tau=20.0).output_shape((50, 3))
        (16,)

    Reference:
        J. M. Murray, 2019, Local online learning in recurrent networks with random feedback, equation 1.
    """

    units: int
    tau: float = 10.0
    dt: float = 1.0
    activation: Activation = named_field(default="tanh", converter=activations.get)
    learn_tau: bool = False
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

    cell_type: ClassVar[type[GatedCell]] = LeakyRNNCell

    def __post_init__(self) -> None:
        super().__post_init__()
        require_times(self, "tau")

    @property
    def _has_fast_path(self) -> bool:
        return False
