"""Layers of spiking neurons with weights: feed-forward and recurrent."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import constraints, initializers, regularizers
from ...activations import Activation
from ...constraints import Constraint
from ...declaration import declaration, named_field
from ...errors import InvalidValue
from ...initializers import Initializer
from ...regularizers import Regularizer
from ...typing import by_name
from ..capabilities import SpikingUnits
from ..cell import Cell
from ..in_time import Carry
from ..layer import INFERENCE, Context, Params, Record, Shape, State
from ..records import Variables
from ..recurrent_base import Recurrent, cell_of
from .lif import LIF
from .neuron import Neuron
from .wrappers import check_neuron


@declaration
class SpikingCell(Cell):
    """One step of :class:`Spiking`, where its equation is.

    Args:
        units: The number of neurons.
        neuron: The neuron.
        recurrent: Whether neurons are connected among each other.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U.
        bias_initializer: The initializer of b.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, units)``, recurrent_kernel
        ``(units, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: If ``units`` is below 1, or the neuron is none.

    Example:
        >>> SpikingCell(4).output_shape((3,))
        (4,)
    """

    units: int
    neuron: Neuron = LIF()
    recurrent: bool = True
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    recurrent_initializer: Initializer = named_field(default="orthogonal", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)

    def __post_init__(self) -> None:
        check_spiking(self)

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        params = {"kernel": self.kernel_initializer(rng, (shape[-1], self.units))}
        if self.recurrent:
            params["recurrent_kernel"] = self.recurrent_initializer(rng, (self.units, self.units))
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (self.units,))
        return Variables({**params, **by_name(self.neuron.init(rng, (1, self.units)).params)}, {})

    def start(self, params: Params, batch: int) -> Carry:
        arrays = list(by_name(params).values())
        like = jnp.zeros((batch, self.units), jnp.result_type(*arrays) if arrays else jnp.float32)
        return self.neuron.at_rest(like), like

    def project(self, params: Params, x: Array, context: Context) -> Array:
        drive = x @ params["kernel"]
        return drive + params["bias"] if self.use_bias else drive

    def step(
        self, params: Params, carry: Carry, x_t: Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, Array]:
        return self.advance(params, carry, self.project(params, x_t, context), context)

    def advance(self, params: Params, carry: Carry, projected: Array, context: Context) -> tuple[Carry, Array]:
        neurons, spikes = carry
        if self.recurrent:
            spikes = jax.lax.stop_gradient(spikes) if context.cut else spikes
            projected = projected + spikes @ params["recurrent_kernel"]
        neurons, potential = self.neuron.advance(params, neurons, projected)
        return (neurons, self.activate(potential)), potential

    def observe(
        self, params: Params, carry: Carry, projected: Array, context: Context
    ) -> tuple[Carry, dict[str, Array]]:
        new, potential = self.advance(params, carry, projected, context)
        return new, {**new[0], "potential": potential}

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.neuron.activate(potential)


@declaration
class Spiking(Recurrent, SpikingUnits):
    """Spiking neurons with weights, connected among each other: s_t = neuron(x_t W + s_(t-1) U + b).

    When to use: for recurrent spiking networks, and where a learning rule such as STDP or e-prop needs the weights and
    the spikes on both sides in one layer. Without ``recurrent`` it answers as ``Dense`` with the neuron behind it.

    Args:
        units: The number of neurons.
        neuron: The neuron, such as ``AdaptiveThreshold(LIF())`` for long memories.
        recurrent: Whether neurons are connected among each other.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W.
        recurrent_initializer: The initializer of U.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        recurrent_regularizer: A penalty on U.
        kernel_constraint: The constraint on W after each step, such as NonNeg().
        recurrent_constraint: The constraint on U.
        return_sequences: Whether to return the spikes of all steps or only the last.
        return_state: Whether to return what is carried after the last step as further outputs, in a graph.
        go_backwards: Whether to process the sequence in reverse.
        stateful: Whether each row of a batch goes on where the same row of the last batch ended; see LSTM.

    Shapes:
        ``(batch, time, features) -> (batch, time, units)``, or ``(batch, units)`` without ``return_sequences``;
        kernel ``(features, units)``, recurrent_kernel ``(units, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: If ``units`` is below 1, or the neuron is none.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> Spiking(100, LIF(tau=10.0)).output_shape((50, 3))
        (50, 100)

    Reference:
        E. O. Neftci, H. Mostafa, F. Zenke, 2019, Surrogate gradient learning in spiking neural networks, equations 1 to
        5.
    """

    units: int
    neuron: Neuron = LIF()
    recurrent: bool = True
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    recurrent_initializer: Initializer = named_field(default="orthogonal", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    recurrent_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    recurrent_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    return_sequences: bool = True
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False

    def __post_init__(self) -> None:
        check_spiking(self)

    @property
    def _cell(self) -> SpikingCell:
        return cell_of(self, SpikingCell)

    @property
    def output_activation(self) -> Activation | None:
        return None

    @property
    def spike_step(self) -> float:
        return self.neuron.dt

    @property
    def potential_unit(self) -> str:
        return self.neuron.potential_unit

    def forward(
        self, params: Params, x: Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, new_state = super().forward(params, x, state, context)
        if feedback is None:
            return record, new_state
        # Other weights bring errors to the layer below, but what the neurons do stays what they did: a copy of the
        # layer with other weights would spike at other times.
        _, to_drive = jax.vjp(lambda drive: self._from_drive(params, drive, state, context), x @ params["kernel"])

        def pull(delta: Array) -> tuple[Params, Array]:
            return record.pull_synapse(delta)[0], to_drive(delta)[0] @ feedback["kernel"].T

        return record._replace(pull_synapse=pull), new_state

    def _from_drive(self, params: Params, drive: Array, state: State, context: Context) -> Array:
        """Return the potentials from the product of inputs and kernel."""
        own = {**by_name(params), "kernel": jnp.eye(self.units, dtype=drive.dtype)}
        return self.synapse(own, drive, state, context)[0]


def check_spiking(layer: Spiking | SpikingCell) -> None:
    """Check the units and the neuron of a spiking layer.

    Raises:
        InvalidValue: If ``units`` is below 1, or the neuron is none.
    """
    if layer.units < 1:
        name = type(layer).__name__
        raise InvalidValue(f"{name}(units={layer.units!r}): units must be a whole number of at least 1.")
    check_neuron(layer)
