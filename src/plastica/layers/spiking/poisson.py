"""Poisson neurons: spikes at random, at rates that may change from step to step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import random
from ...declaration import declaration, named_field
from ...errors import DataError
from ...typing import Float
from ..in_time import Carry
from ..layer import INFERENCE, Context, Params, Shape, State
from .surrogates import StraightThrough, Surrogate, surrogate
from .units_in_time import KeepsTime, as_floats, in_time
from .units_of_measure import require_times


@declaration
class PoissonNeuron(KeepsTime):
    """Neurons that spike at random, at the rate that their input says at each step.

        P(spike in a step) = 1 - exp(-rate dt / 1000),   rate = max(x, 0) in spikes per second

    When to use: as a model of neurons of which only the rate is known, and behind layers whose answers are rates. For
    rows of intensities that last for a whole sequence, see :class:`RateEncoder`. In training each row of a batch has
    random numbers of its own, new ones at each step; in prediction all rows share the same, so that answers can be
    repeated.

    Args:
        dt: The duration of a step, in milliseconds.
        surrogate: What stands in for the derivative of a spike; the default passes the gradient of the probability.
        seed: Distinguishes neurons that are equal otherwise.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the step is not above 0.
        ShapeError: If inputs have no axis of time.
        DataError: If the layer is the first of a network and a rate is negative.

    Example:
        >>> spikes = PoissonNeuron().apply({}, jnp.full((1, 10_000, 1), 50.0))[0]
        >>> 400 < float(spikes.sum()) < 600  # 50 a second, for ten seconds
        True

    Reference:
        P. Dayan, L. F. Abbott, 2001, Theoretical neuroscience, section 1.4.
    """

    dt: float = 1.0
    surrogate: Surrogate = named_field(default=StraightThrough(), converter=surrogate)
    seed: int = 0

    def __post_init__(self) -> None:
        require_times(self)

    def output_shape(self, shape: Shape) -> Shape:
        return in_time(self, shape)

    def check_input(self, x: np.ndarray) -> None:
        if not (low := float(np.min(x, initial=0))) >= 0:
            raise DataError(f"PoissonNeuron: got a rate of {low:.4g}; rates are at least 0, in spikes per second.")

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        rates = as_floats(x)
        draw = jax.vmap(lambda time: self._draw(rates[:, 0], time, context), out_axes=1)
        return self._excess(rates, draw(jnp.arange(rates.shape[1]))), state

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.surrogate(potential)

    def start(self, params: Params, batch: int) -> Carry:
        return (jnp.zeros((), jnp.int32),)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        (time,) = carry
        rates = as_floats(x_t)
        return (time + 1,), self._excess(rates, self._draw(rates, time, context))

    def _excess(self, rates: Float[Array, "*shape"], drawn: Array) -> Float[Array, "*shape"]:
        return -jnp.expm1(-jax.nn.relu(rates) * (self.dt / 1000)) - drawn.astype(rates.dtype)

    def _draw(self, rates: Float[Array, "batch *units"], time: Array, context: Context) -> Float[Array, "batch *units"]:
        """Return the random numbers of a step, the same for one step alone and within a sequence."""
        if context.training and context.key is not None:
            key, shape = random.fold(context.key, self.seed), rates.shape
        else:
            key, shape = jnp.asarray(random.seed_key(self.seed)), (1, *rates.shape[1:])
        return jnp.broadcast_to(random.uniform(random.fold(key, time), shape), rates.shape)
