"""Delays: spikes that arrive later, by layer or by connection."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ... import initializers
from ...declaration import declaration, named_field
from ...errors import InvalidValue, ShapeError
from ...initializers import Initializer, Undrawn
from ...typing import Float, by_name
from ..in_time import Carry
from ..layer import INFERENCE, Context, Params, Shape, State
from ..records import Variables
from .units_in_time import KeepsTime, as_floats, in_time, real_steps, time_major
from .units_of_measure import StaticTime, require_times, whole_steps


class Delaying(KeepsTime):
    """Base of layers that look back over a fixed number of steps, in order and without padding of their own."""

    dt: StaticTime

    @property
    def reach(self) -> int:
        """How many steps the layer looks back."""
        raise NotImplementedError

    def now(self, params: Params, state: State, window: Float[Array, "reach batch features"]) -> Array:
        """Return the potential of a step from its inputs and those before, oldest first."""
        raise NotImplementedError

    def start(self, params: Params, batch: int) -> Carry:
        return ()

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        x_t = as_floats(x_t)
        before: Any = carry[0] if len(carry) else jnp.zeros((self.reach, *x_t.shape), x_t.dtype)
        if context.steps is not None:
            x_t = jnp.where(context.steps[:, 0].reshape(-1, *[1] * (x_t.ndim - 1)), x_t, 0)
        window = jnp.concatenate([before, x_t[None]])
        return (window[1:],), self.now(params, {} if state is None else state, window)


@declaration
class Delay(Delaying):
    """Let everything arrive later: z_t = x_(t - time / dt), 0 before.

    Args:
        time: The delay, in milliseconds; a whole number of steps.
        dt: The duration of a step, in milliseconds.

    Shapes:
        ``(batch, time, ...)`` in and out.

    Raises:
        InvalidValue: If the delay is no whole number of steps.
        ShapeError: If inputs have no axis of time, or no more steps than the delay.

    Example:
        >>> Delay(2.0).apply({}, jnp.arange(1.0, 5.0)[None, :, None])[0].ravel().tolist()
        [0.0, 0.0, 1.0, 2.0]

    Reference:
        W. Gerstner, W. M. Kistler, R. Naud, L. Paninski, 2014, Neuronal dynamics, section 3.1.
    """

    time: StaticTime = 1.0
    dt: StaticTime = 1.0

    def __post_init__(self) -> None:
        whole_steps("Delay", "time", self.time, self.dt)
        require_times(self)

    @property
    def reach(self) -> int:
        return round(float(self.time) / float(self.dt))

    def output_shape(self, shape: Shape) -> Shape:
        require_longer(self, "time", in_time(self, shape)[0])
        return tuple(shape)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        steps = _without_padding(time_major(x), context)
        return jnp.swapaxes(_shifted(steps, self.reach), 0, 1), state

    def now(self, params: Params, state: State, window: Float[Array, "reach batch features"]) -> Array:
        return window[0]


@declaration
class DelayedDense(Delaying):
    """Dense connections, each with a delay of its own: z_(j,t) = sum_i w_ij x_(i, t - d_ij) + b_j.

    When to use: for patterns in time, such as coincidences and the order of spikes, which a unit can then tell in a
    single step. Delays are drawn once and stay; weights learn.

    Args:
        units: The number of units.
        longest: The longest delay, in milliseconds; delays are whole steps from 0 to it, all equally likely.
        dt: The duration of a step, in milliseconds.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of the weights.

    Shapes:
        ``(batch, time, features) -> (batch, time, units)``; kernel ``(features, units)``, bias ``(units,)``; delays, in
        steps, ``(features, units)`` in the state.

    Raises:
        InvalidValue: If ``units`` is below 1, or the longest delay is no whole number of steps.
        ShapeError: If inputs are not (time, features), or have no more steps than the longest delay.

    Example:
        >>> DelayedDense(4, longest=5.0).output_shape((20, 3))
        (20, 4)

    Reference:
        E. M. Izhikevich, 2006, Polychronization: computation with spikes.
    """

    units: int
    longest: StaticTime = 10.0
    dt: StaticTime = 1.0
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"DelayedDense(units={self.units!r}): units must be a whole number of at least 1.")
        whole_steps("DelayedDense", "longest", self.longest, self.dt)
        require_times(self)

    @property
    def reach(self) -> int:
        return round(float(self.longest) / float(self.dt))

    def output_shape(self, shape: Shape) -> Shape:
        require_longer(self, "longest", in_time(self, shape)[0])
        return (shape[0], self.units)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        size = (shape[-1], self.units)
        params = {"kernel": self.kernel_initializer(rng, size)}
        if self.use_bias:
            params["bias"] = initializers.Zeros()(rng, (self.units,))
        drawn = rng.blank(size) if isinstance(rng, Undrawn) else rng.integers(0, self.reach + 1, size)
        return Variables(params, {"delays": np.asarray(drawn, np.float32)})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        steps = _without_padding(time_major(x), context)
        potential = sum(_shifted(steps, delay) @ kernel for delay, kernel in self._by_delay(params, state))
        return jnp.swapaxes(self._with_bias(params, potential), 0, 1), state

    def now(self, params: Params, state: State, window: Float[Array, "reach batch features"]) -> Array:
        products = (window[self.reach - delay] @ kernel for delay, kernel in self._by_delay(params, state))
        return self._with_bias(params, sum(products))

    def _by_delay(self, params: Params, state: State) -> list[tuple[int, Array]]:
        kernel, delays = params["kernel"], state["delays"]
        return [(delay, jnp.where(delays == delay, kernel, 0)) for delay in range(self.reach + 1)]

    def _with_bias(self, params: Params, potential: Any) -> Array:
        return potential + by_name(params)["bias"] if self.use_bias else potential


def require_longer(layer: Delaying, name: str, steps: int | None) -> None:
    """Check that sequences are longer than a delay, since what is delayed further never arrives.

    Raises:
        ShapeError: If they are not.
    """
    if steps is not None and steps <= layer.reach:
        raise ShapeError(
            f"{type(layer).__name__}({name}={getattr(layer, name):g}, dt={layer.dt:g}): a delay of {layer.reach} steps "
            f"lets nothing through in inputs of {steps}. Take a shorter delay or longer sequences."
        )


def _shifted(steps: Float[Array, "time *rest"], by: int) -> Float[Array, "time *rest"]:
    if by == 0:
        return steps
    return jnp.concatenate([jnp.zeros_like(steps[:by]), steps[:-by]])[: len(steps)]


def _without_padding(steps: Array, context: Context) -> Array:
    real = real_steps(steps, context)
    return steps if real is None else jnp.where(real, steps, 0)
