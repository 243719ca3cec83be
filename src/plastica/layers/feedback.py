"""Feedback: the output of layers is an input of theirs at the next step (Jordan networks)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..random import Shape
from ..typing import Float, Params, State
from .cell import Cell
from .in_time import Carry
from .layer import INFERENCE, Context, Layer
from .records import Variables
from .sequential import checked_layers
from .stepping import start_all, step_through


@declaration
class FeedbackCell(Cell):
    r"""Layers whose output is fed back: each step reads, beside its input, what they returned before.

    .. math::
        y_t = \mathrm{layers}([x_t, s_t]), \quad s_{t+1} = \mu s_t + y_t, \quad s_1 = 0

    When to use: as ``RNN(FeedbackCell([Dense(16, "tanh"), Dense(1)]))``, a Jordan network, whose memory is what it has
    answered; and around some layers of a network, for feedback from any layer to an earlier one. Layers inside may have
    a memory of their own, such as ``LSTM(8, return_sequences=True)``.

    Args:
        layers: The layers, first to last. Each must answer step by step, and none may have running statistics.
        decay: :math:`\mu`, how much of the earlier outputs is kept; 0 feeds back the last output alone, Jordan's
            networks have for example 0.5.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; parameters a tuple with those of each layer.

    Raises:
        InvalidValue: If a layer needs the whole sequence or is stateful, or the decay is not in [0, 1).
        ShapeError: If the number of outputs depends on the number of inputs.

    Example:
        >>> from plastica.layers import RNN, Dense
        >>> jordan = RNN(FeedbackCell([Dense(16, "tanh"), Dense(2)], decay=0.5), return_sequences=True)
        >>> jordan.output_shape((50, 3))
        (50, 2)

    Reference:
        Jordan (1986), Attractor dynamics and parallelism in a connectionist sequential machine, figure 1.
    """

    layers: tuple[Layer, ...]
    decay: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers("FeedbackCell", self.layers))
        if not self.layers:
            raise InvalidValue("FeedbackCell(()): at least one layer is needed.")
        for layer in self.layers:
            if not layer.keeps_time or layer.remembers or layer.num_outputs > 1:
                raise InvalidValue(
                    f"FeedbackCell: {layer!r} does not answer each step with one output, without state between "
                    "batches; use layers such as Dense, or LSTM(8, return_sequences=True)."
                )
        if not 0 <= self.decay < 1:
            raise InvalidValue(f"FeedbackCell(decay={self.decay}): expected a fraction from 0 to below 1.")

    def output_shape(self, shape: Shape) -> Shape:
        return (self._units(shape[-1]),)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        features, made = shape[-1] + self._units(shape[-1]), []
        for layer in self.layers:
            variables = layer.init(rng, (1, features))
            if jax.tree.leaves(variables.state):
                raise InvalidValue(f"FeedbackCell: {layer!r} has running statistics, which steps cannot change.")
            made.append(variables.params)
            features = layer.output_shape((1, features))[-1]
        return Variables(tuple(made), {})

    def start(self, params: Params, batch: int) -> Carry:
        dtype = jnp.result_type(jnp.float32, *jax.tree.leaves(params))
        return start_all(self.layers, params, batch), jnp.zeros((batch, self._units(1)), dtype)

    @property
    def carried_shapes(self) -> tuple[Shape, ...]:
        params = self.init(np.random.default_rng(0), (1,)).params
        return tuple(part.shape[1:] for part in jax.tree.leaves(jax.eval_shape(lambda: self.start(params, 1))))

    def step(
        self,
        params: Params,
        carry: Carry,
        x_t: Float[Array, "batch features"],
        state: State | None = None,
        context: Context = INFERENCE,
    ) -> tuple[Carry, Float[Array, "batch units"]]:
        inner, fed = carry
        read = jnp.concatenate([x_t, fed.astype(x_t.dtype)], -1)
        blank = tuple(map(_blank, self.layers))
        inner, potential = step_through(self.layers, params, inner, read, blank, context)
        return (inner, self.decay * fed + self.activate(potential)), potential

    def activate(self, potential: Array) -> Array:
        return self.layers[-1].activate(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.layers[-1].output_activation

    def penalty(self, params: Params) -> Array | float:
        return sum(layer.penalty(own) for layer, own in zip(self.layers, params, strict=True))

    def constrain(self, params: Params, state: State) -> Params:
        parts = zip(self.layers, params, strict=True)
        return tuple(layer.constrain(own, _blank(layer)) for layer, own in parts)

    def _units(self, features: int) -> int:
        """Return how many outputs the layers have, which must not depend on what is fed back."""
        units = self._through(features)
        again = self._through(features + units)
        if again != units:
            raise ShapeError(
                f"FeedbackCell: of {features + units} inputs the layers make {again} outputs, of {features} only "
                f"{units}; end them with a layer whose number of outputs is fixed, such as Dense."
            )
        return units

    def _through(self, features: int) -> int:
        shape: Shape = (1, features)
        for layer in self.layers:
            shape = layer.output_shape(shape)
        return shape[-1]


def _blank(layer: Layer) -> State:
    """Return the state of a layer without running statistics."""
    return tuple(map(_blank, layer.children)) if layer.children else {}
