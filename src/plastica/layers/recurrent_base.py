"""What the recurrent layers share: shapes, initial weights, and the two ways through time."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations
from ..activations import Activation
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .layer import Context, Layer, Params, Shape, State, Variables

Carry = tuple[jax.Array, ...]
Quantities = dict[str, jax.Array]

_WRONG_RANK = (
    "{layer}({units}): got inputs of shape {shape}; {layer} wants (batch, time, features), so (time, features) "
    "for each input. {advice}"
)
_ADVICE = {
    1: "For a series of single values use x.reshape(n, time, 1); for rows of features, x.reshape(n, 1, features).",
    3: "Put Reshape((time, features)) before it.",
}


class Recurrent(Layer):
    """Base of the recurrent layers; a subclass writes one time step as ``_cell``.

    Attributes:
        num_gates: How many blocks of units the kernels have side by side.
        num_carried: How many arrays travel from step to step.
        answer: Which of the cell's quantities the synapse gives.
    """

    units: int
    activation: Activation
    use_bias: bool
    kernel_initializer: Initializer
    recurrent_initializer: Initializer
    bias_initializer: Initializer
    kernel_regularizer: Regularizer | None
    recurrent_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    return_sequences: bool
    go_backwards: bool

    num_gates: ClassVar[int]
    num_carried: ClassVar[int] = 1
    answer: ClassVar[str] = "hidden"

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(
                f"{type(self).__name__}(units={self.units!r}): units must be a whole number of at least 1."
            )

    def output_shape(self, shape: Shape) -> Shape:
        """Return ``(time, units)`` or ``(units,)`` for inputs ``(time, features)``."""
        name = type(self).__name__
        if len(shape) != 2:
            advice = _ADVICE.get(len(shape), "Reshape the inputs to two axes each, time and features.")
            raise ShapeError(_WRONG_RANK.format(layer=name, units=self.units, shape=shape, advice=advice))
        if shape[0] == 0:
            raise ShapeError(f"{name}({self.units}): got inputs of shape {shape}, without a time step.")
        return (shape[0], self.units) if self.return_sequences else (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        """Draw kernel, recurrent kernel and bias for inputs ``(time, features)``."""
        self.output_shape(shape)
        width = self.num_gates * self.units
        params = {
            "kernel": self.kernel_initializer(rng, (shape[-1], width)),
            "recurrent_kernel": self.recurrent_initializer(rng, (self.units, width)),
        }
        if self.use_bias:
            params["bias"] = self._initial_bias(rng)
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        """Run through time; ``(batch, time, features)`` to ``(batch, time, units)`` or ``(batch, units)``."""
        params, steps = self._prepared(params, x)
        if self._is_fast:
            arguments = (steps, params["kernel"], params["recurrent_kernel"], params.get("bias"))
            answer = self._fast(*arguments, self.return_sequences)
        else:
            answer = self._run(params, steps, self.answer)
            answer = answer if self.return_sequences else answer[-1]
        return (jnp.swapaxes(answer, 0, 1) if self.return_sequences else answer), state

    def gates(self, params: Params, x: jax.Array) -> dict[str, jax.Array]:
        """Return what every gate and state does at every time step, by name.

        Computed by a plain loop over the layer's equations, apart from the fast one that training takes.

        Args:
            params: The layer's parameters.
            x: Inputs, ``(batch, time, features)``.

        Shapes:
            Each ``(batch, time, units)``, in the order in which the steps were taken: from the last one with
            ``go_backwards``.
        """
        params, steps = self._prepared(params, x)
        named = self._run(params, steps)
        return {name: jnp.swapaxes(values, 0, 1) for name, values in named.items()}

    @property
    def _gate_activation(self) -> Activation:
        return activations.Sigmoid()

    @property
    def _has_fast_path(self) -> bool:
        return True

    @property
    def _is_fast(self) -> bool:
        return (
            self._has_fast_path
            and self.activation == activations.Tanh()
            and self._gate_activation == activations.Sigmoid()
        )

    def _initial_bias(self, rng: np.random.Generator) -> np.ndarray:
        return self.bias_initializer(rng, (self.num_gates * self.units,))

    def _prepared(self, params: Params, x: jax.Array) -> tuple[Params, jax.Array]:
        """Return everything in one dtype, and the inputs time-major in the order in which they are read."""
        dtype = jnp.result_type(x, *params.values())
        steps = jnp.swapaxes(jnp.asarray(x, dtype), 0, 1)
        params = {name: jnp.asarray(value, dtype) for name, value in params.items()}
        return params, (steps[::-1] if self.go_backwards else steps)

    def _run(self, params: Params, steps: jax.Array, wanted: str | None = None) -> Any:
        """Return one of the cell's quantities at every step, or all by name; time-major."""
        projected = steps @ params["kernel"] + self._input_bias(params)
        start = (jnp.zeros((steps.shape[1], self.units), projected.dtype),) * self.num_carried

        def step(carry: Carry, projected: jax.Array) -> Any:
            carry, named = self._cell(params, carry, projected)
            return carry, (named if wanted is None else named[wanted])

        return jax.lax.scan(step, start, projected)[1]

    def _input_bias(self, params: Params) -> Any:
        return params.get("bias", 0.0)

    def _cell(self, params: Params, carry: Carry, projected: jax.Array) -> tuple[Carry, Quantities]:
        """Take one time step: from the input's share of the potentials to the new carry and every quantity."""
        raise NotImplementedError

    def _fast(self, *arguments: Any) -> jax.Array:
        """Return the same as the cell in a loop, for tanh and sigmoid.

        Takes time-major inputs, kernel, recurrent kernel, bias or None, and whether all steps are wanted.
        """
        raise NotImplementedError
