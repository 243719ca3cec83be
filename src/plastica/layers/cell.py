"""Cell: one step in time of a recurrent layer."""

from __future__ import annotations

import jax

from ..errors import InvalidValue
from .in_time import Carry
from .layer import INFERENCE, Context, Layer, Params, Shape, State


class Cell(Layer):
    """Base class of cells: what a recurrent layer does at one step. ``RNN(cell)`` runs it through a sequence.

    A cell of your own defines ``init`` and ``output_shape`` for the features of one step, and

        start(params, batch) -> carry                              what is remembered before the first step
        step(params, carry, x_t, state, context) -> carry, potential

    with ``x_t`` ``(batch, features)``. The carry is an array or a tuple of arrays. If the output is a nonlinear
    function of the potential, ``activate`` may apply it.

    Example:
        >>> import jax.numpy as jnp
        >>> from plastica.declaration import declaration
        >>> @declaration
        ... class Leaky(Cell):
        ...     decay: float = 0.9
        ...     def start(self, params, batch):
        ...         return jnp.zeros((batch, 1))
        ...     def step(self, params, carry, x_t, state=None, context=None):
        ...         carry = self.decay * carry + x_t
        ...         return carry, carry
        >>> from plastica.layers import RNN
        >>> RNN(Leaky(0.5)).apply({}, jnp.ones((1, 3, 1)))[0].tolist()
        [[1.75]]
    """

    @property
    def keeps_time(self) -> bool:
        return True

    def start(self, params: Params, batch: int) -> Carry:
        raise NotImplementedError

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        raise NotImplementedError

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        name = type(self).__name__
        raise InvalidValue(f"{name} is one step in time, not a layer for a sequence; write RNN({name}(...)).")

    # What RNN calls. A cell may do for all steps at once what does not depend on the step before.

    def project(self, params: Params, x: jax.Array, context: Context) -> jax.Array:
        """Return what the inputs ``(..., batch, features)`` of any number of steps contribute, for ``advance``."""
        return x

    def advance(self, params: Params, carry: Carry, projected: jax.Array, context: Context) -> tuple[Carry, jax.Array]:
        """Take one step, from what ``project`` returned."""
        return self.step(params, carry, projected, {}, context)

    def observe(
        self, params: Params, carry: Carry, projected: jax.Array, context: Context
    ) -> tuple[Carry, dict[str, jax.Array]]:
        """Take one step; return every quantity of it by name, at least ``potential``."""
        carry, potential = self.advance(params, carry, projected, context)
        return carry, {"potential": potential}

    @property
    def carried_shapes(self) -> tuple[Shape, ...]:
        """The shape of each array that is carried, without the batch axis."""
        carried = jax.eval_shape(lambda: self.start({}, 1))
        return tuple(part.shape[1:] for part in jax.tree.leaves(carried))

    @property
    def width(self) -> Shape:
        """The shape of one output, ``(units,)``."""
        return self.output_shape((1,))
