"""Working memory in facilitated synapses: what was active can be brought back after activity has ended."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...declaration import Declaration, declaration
from ...errors import InvalidValue, ShapeError
from ...schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, INSIDE_ONE, require_numbers
from ...typing import Float

STEP = 0.5  # milliseconds of one step of Euler's method; the fastest time constant is 8


class SynapticRun(NamedTuple):
    """Populations over time.

    Attributes:
        times: The times, in milliseconds.
        rates: The rate of each population, per second.
        use: u of the synapses within each.
        resources: x of them.
    """

    times: Float[np.ndarray, "time"]
    rates: Float[np.ndarray, "time populations"]
    use: Float[np.ndarray, "time populations"]
    resources: Float[np.ndarray, "time populations"]


@declaration
class SynapticWorkingMemory(Declaration):
    """Populations with facilitating synapses and shared inhibition, a model of working memory without activity.

        tau dh_i/dt = -h_i + J u_i x_i R_i - J_inh R_inh + background + input_i,   R = a ln(1 + exp(h / a))
        tau dh_inh/dt = -h_inh + J_exc sum_i R_i
        du_i/dt = (U - u_i) / tau_f + U (1 - u_i) R_i,   dx_i/dt = (1 - x_i) / tau_d - u_i x_i R_i

    When to use: to see an item that is kept by the facilitation u of its synapses, which outlasts its activity by
    about tau_f and answers a weak input to all populations. With a strong background, the loaded populations are active
    in turns by themselves.

    Args:
        populations: The number of populations, one for each item.
        recurrent: J, from a population to itself.
        inhibition: J_inh, from inhibition.
        excitation: J_exc, to inhibition.
        background: The input to all populations, in hertz. The default keeps items silently; with more, such as the 8
            of the paper, loaded populations become active again and again.
        use, facilitation, recovery: U, tau_f and tau_d, as in :class:`ShortTermPlasticity`.
        tau: The time constant of rates, in milliseconds.
        smoothness: a, in hertz.
        drive: The input to the first population for an input of 1 in ``states``, in hertz.
        input_step: The duration of an input in ``states``, in milliseconds.

    Raises:
        InvalidValue: If a number is out of range.

    Reference:
        G. Mongillo, O. Barak, M. Tsodyks, 2008, Synaptic theory of working memory; as rates with these constants:
        Y. Mi, M. Katkov, M. Tsodyks, 2017, Synaptic correlates of working memory capacity, equations 1 to 5.
    """

    populations: int = 4
    recurrent: float = 8.0
    inhibition: float = 1.1
    excitation: float = 1.75
    background: float = -3.0
    use: float = 0.3
    facilitation: float = 1500.0
    recovery: float = 300.0
    tau: float = 8.0
    smoothness: float = 1.5
    drive: float = 20.0
    input_step: float = 20.0

    def __post_init__(self) -> None:
        positive = ("facilitation", "recovery", "tau", "smoothness", "input_step")
        free = ("recurrent", "inhibition", "excitation", "drive")
        require_numbers(self, {"use": INSIDE_ONE})
        require_numbers(self, dict.fromkeys(positive, ABOVE_ZERO))
        require_numbers(self, dict.fromkeys(free, AT_LEAST_ZERO))
        if self.populations < 1:
            raise InvalidValue(f"SynapticWorkingMemory(populations={self.populations}): at least one.")

    def run(self, inputs: object, step: float = 20.0) -> SynapticRun:
        """Return the populations after each step of inputs, from rest.

        Args:
            inputs: The input to each population in hertz, ``(time, populations)``.
            step: The duration of each, in milliseconds.

        Raises:
            ShapeError: If inputs have another shape.
            InvalidValue: If the step is not above 0.
        """
        given = np.asarray(inputs, np.float32)
        if given.ndim != 2 or given.shape[1] != self.populations:
            raise ShapeError(
                f"SynapticWorkingMemory.run: got inputs of shape {given.shape}; expected (time, {self.populations})."
            )
        if not step > 0:
            raise InvalidValue(f"SynapticWorkingMemory.run(step={step}): expected milliseconds above 0.")
        inner = max(1, round(step / STEP))
        # Declarations are trees whose floats are traced, so that other constants do not compile again.
        rates, use, resources = _run(self, jnp.asarray(given), jnp.float32(step / inner), inner)
        return SynapticRun(np.arange(1, len(given) + 1) * step, *map(np.asarray, (rates, use, resources)))

    def states(self, inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time units"]:
        """Return rates, u and x of all populations after each input to the first, for ``retention``.

        Args:
            inputs: Inputs of mean 0 and variance 1, of which the first feature is read.
        """
        given = np.zeros((len(inputs), self.populations), np.float32)
        given[:, 0] = self.drive * np.asarray(inputs)[:, 0]
        found = self.run(given, self.input_step)
        return np.concatenate([found.rates, found.use, found.resources], 1)


@jax.jit(static_argnames="inner")
def _run(
    memory: SynapticWorkingMemory, inputs: Float[Array, "time populations"], step: Float[Array, ""], inner: int
) -> tuple[Array, Array, Array]:
    """Return rates, u and x after each input, by Euler's method with ``inner`` steps each."""

    def rate(h: Array) -> Array:
        return memory.smoothness * jax.nn.softplus(h / memory.smoothness)

    def small(carry: tuple[Array, ...], given: Array) -> tuple[Array, ...]:
        h, inhibited, u, x = carry
        r = rate(h)  # in hertz; the equations of u and x are in milliseconds
        drive = memory.recurrent * u * x * r - memory.inhibition * rate(inhibited) + memory.background + given
        return (
            h + step / memory.tau * (drive - h),
            inhibited + step / memory.tau * (memory.excitation * r.sum() - inhibited),
            u + step * ((memory.use - u) / memory.facilitation + memory.use * (1 - u) * r / 1000),
            x + step * ((1 - x) / memory.recovery - u * x * r / 1000),
        )

    def one(carry: tuple[Array, ...], given: Array) -> tuple[tuple[Array, ...], tuple[Array, Array, Array]]:
        carry = jax.lax.fori_loop(0, inner, lambda _, each: small(each, given), carry)
        return carry, (rate(carry[0]), carry[2], carry[3])

    count = inputs.shape[1]
    start = (jnp.zeros(count), jnp.zeros(()), jnp.full(count, memory.use), jnp.ones(count))
    return jax.lax.scan(one, start, inputs)[1]
