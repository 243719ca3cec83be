"""A ring attractor: a bump of activity keeps an angle, and noise lets it drift."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy import special

from ... import random
from ...declaration import Declaration, declaration
from ...errors import InvalidValue
from ...random import Key
from ...schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ...typing import Float

STEP = 0.05  # of Euler's method, in units of tau
LARGEST_INPUT = 3**0.5  # of noise with variance 1, which is uniform
NOISE = ("independent", "cosine")


class BumpRun(NamedTuple):
    """Bumps over time.

    Attributes:
        times: The times, in units of tau.
        centres: The angle of the bump of each trial, in radians, without jumps at pi.
        amplitudes: Its height, the first Fourier component of the potential.
    """

    times: Float[np.ndarray, "time"]
    centres: Float[np.ndarray, "trials time"]
    amplitudes: Float[np.ndarray, "trials time"]

    @property
    def variance(self) -> Float[np.ndarray, "time"]:
        """The variance of the centres over trials."""
        return self.centres.var(0)


@declaration
class RingAttractor(Declaration):
    """Units on a ring with weights J cos(x - y), whose activity is a bump that may stand anywhere.

        du(x) = (-u(x) + J integral of cos(x - y) f(u(y)) dy + s(x)) dt + sqrt(noise) dW(x)
        f(u)  = 1 / (1 + exp(-gain (u - threshold)))

    When to use: as a model of working memory for an angle. Nothing holds the bump at a place, so that noise moves its
    centre like a particle in Brownian motion: its variance grows linearly in time, by :meth:`diffusion` per tau.

    Args:
        units: The number of units. With fewer than about six units times the gain, the bump sticks to them.
        strength: J.
        threshold: Where f is one half; with J = 1 below 1, so that there is a bump.
        gain: The steepness of f.
        noise: The variance that noise adds to the potential of a unit per tau.
        correlation: ``"independent"`` noise in each unit, or ``"cosine"``: with the correlation cos(x - y).
        stimulus: The height of the stimulus in ``states``.
        input_step: The duration of an input in ``states``, in units of tau.

    Raises:
        InvalidValue: If a number is out of range, or no bump exists with these numbers.

    Example:
        >>> round(RingAttractor().amplitude, 2)
        1.92

    Reference:
        R. Ben-Yishai, R. L. Bar-Or, H. Sompolinsky, 1995, Theory of orientation tuning in visual cortex; noise: Z. P.
        Kilpatrick, B. Ermentrout, 2013, Wandering bumps in stochastic neural fields, equation 2.20.
    """

    units: int = 64
    strength: float = 1.0
    threshold: float = 0.5
    gain: float = 10.0
    noise: float = 0.001
    correlation: str = "independent"
    stimulus: float = 0.2
    input_step: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, dict.fromkeys(("strength", "gain", "input_step"), ABOVE_ZERO))
        require_numbers(self, {"noise": AT_LEAST_ZERO})
        if self.units < 8:
            raise InvalidValue(f"RingAttractor(units={self.units}): at least 8.")
        if self.correlation not in NOISE:
            raise InvalidValue(f"RingAttractor(correlation={self.correlation!r}): expected {' or '.join(NOISE)}.")

    @property
    def angles(self) -> Float[np.ndarray, "units"]:
        """The angles of the units, from -pi."""
        return np.arange(self.units) * (2 * np.pi / self.units) - np.pi

    @property
    def amplitude(self) -> float:
        """A of the bump u(x) = A cos(x - centre) at rest, the largest solution of A = J integral of cos f(A cos).

        Raises:
            InvalidValue: If there is none above 0.
        """
        found = 2 * self.strength  # more than any bump has: f is at most 1
        cosine = np.cos(self.angles)
        for _ in range(1000):  # from above, the iteration falls to the largest solution
            before, found = found, self._driven(found * cosine) @ cosine
            if abs(found - before) < 1e-12:
                break
        if found < 1e-3 * self.strength:
            raise InvalidValue(
                f"RingAttractor(strength={self.strength}, threshold={self.threshold}, gain={self.gain}): no bump "
                "exists with these numbers. Give a larger strength, or a smaller threshold."
            )
        return float(found)

    def diffusion(self) -> float:
        """Return by how much the variance of the centre grows per tau, in square radians, for weak noise.

            noise v' C v / (v' du/dx)^2,   v = f'(u) du/dx

        v is the null vector of the transposed linearized equations, and C the correlation of the noise.
        """
        bump = self.amplitude * np.cos(self.angles)
        slope = -self.amplitude * np.sin(self.angles)
        active = self._active(bump)
        v = self.gain * active * (1 - active) * slope
        if self.correlation == "cosine":
            spread = (v @ np.cos(self.angles)) ** 2 + (v @ np.sin(self.angles)) ** 2
        else:
            spread = v @ v
        return float(self.noise * spread / (v @ slope) ** 2)

    def run(self, time: float, trials: int = 1, seed: int = 0) -> BumpRun:
        """Return bumps that begin at the angle 0, over time.

        Args:
            time: The duration, in units of tau.
            trials: The number of bumps, each with noise of its own.
            seed: The random seed of the noise.

        Raises:
            InvalidValue: If there is no trial, or the duration is below one step.
        """
        count = round(time / STEP)
        if trials < 1 or count < 1:
            raise InvalidValue(f"RingAttractor.run({time}, trials={trials}): at least one trial, and {STEP} of tau.")
        every = max(1, count // 500)
        start = np.tile(self.amplitude * np.cos(self.angles), (trials, 1)).astype(np.float32)
        still = jnp.zeros((count // every, self.units))
        found = _run(self, jnp.asarray(start), still, random.seed_key(seed), every)
        centres, amplitudes = self._bumps(np.asarray(found))
        return BumpRun(np.arange(1, count // every + 1) * every * STEP, np.unwrap(centres.T), amplitudes.T)

    def states(self, inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time units"]:
        """Return the potential after each input, a weak stimulus at an angle, for ``retention``.

        The largest input stands at a quarter turn. The noise has the seed 0.

        Args:
            inputs: Inputs of mean 0 and variance 1, of which the first feature is read.
        """
        place = np.asarray(inputs)[:, :1] / LARGEST_INPUT * (np.pi / 2)
        given = self.stimulus * np.maximum(np.cos(self.angles - place), 0)
        start = self.amplitude * np.cos(self.angles)[None]
        every = max(1, round(self.input_step / STEP))
        found = _run(self, jnp.asarray(start, jnp.float32), jnp.asarray(given), random.seed_key(0), every)
        return np.asarray(found)[:, 0]

    def _active(self, potential: Float[np.ndarray, "units"]) -> Float[np.ndarray, "units"]:
        return special.expit(self.gain * (potential - self.threshold))

    def _driven(self, potential: Float[np.ndarray, "units"]) -> Float[np.ndarray, "units"]:
        """Return J f(u) with the weight of each unit in the integral."""
        return self.strength * (2 * np.pi / self.units) * self._active(potential)

    def _bumps(
        self, potentials: Float[np.ndarray, "time trials units"]
    ) -> tuple[Float[np.ndarray, "time trials"], Float[np.ndarray, "time trials"]]:
        """Return the angle and the height of each bump."""
        component = potentials @ np.exp(1j * self.angles) * (2 / self.units)
        return np.angle(component), np.abs(component)


@jax.jit(static_argnames="every")
def _run(
    ring: RingAttractor,
    start: Float[Array, "trials units"],
    stimuli: Float[Array, "time units"],
    key: Key,
    every: int,
) -> Float[Array, "time trials units"]:
    """Return the potential after each stimulus of ``every`` steps, by the method of Euler and Maruyama."""
    angles = jnp.arange(ring.units) * (2 * jnp.pi / ring.units) - jnp.pi
    waves = jnp.stack([jnp.cos(angles), jnp.sin(angles)], 1)  # cos(x - y) is a product of these, of rank 2
    scale = jnp.sqrt(ring.noise * STEP)

    def small(carry: tuple[Array, Array], stimulus: Array) -> tuple[Array, Array]:
        u, key = carry
        key, own = jax.random.split(key)
        active = jax.nn.sigmoid(ring.gain * (u - ring.threshold))
        drive = ring.strength * (2 * jnp.pi / ring.units) * (active @ waves) @ waves.T
        if ring.correlation == "cosine":
            noise = jax.random.normal(own, (len(u), 2)) @ waves.T
        else:
            noise = jax.random.normal(own, u.shape)
        return u + STEP * (drive + stimulus - u) + scale * noise, key

    def one(carry: tuple[Array, Array], stimulus: Array) -> tuple[tuple[Array, Array], Array]:
        carry = jax.lax.fori_loop(0, every, lambda _, each: small(each, stimulus), carry)
        return carry, carry[0]

    return jax.lax.scan(one, (start, jnp.asarray(key)), stimuli)[1]
