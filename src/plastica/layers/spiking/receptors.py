"""Conductances that spikes open in a membrane: exponential, alpha-shaped, and NMDA with its block by magnesium."""

from __future__ import annotations

from math import e
from typing import ClassVar, TypeAlias

import jax.numpy as jnp
from jax import Array

from ...declaration import Declaration, declaration
from ...errors import InvalidValue
from ...schedules.checks import AT_LEAST_ZERO, require_numbers
from ...typing import Float
from .units_in_time import fading, mean_of_fading
from .units_of_measure import require_millivolts, require_times

# What a conductance carries from step to step, each (batch, ...).
OpenChannels: TypeAlias = tuple[Array, ...]


class Conductance(Declaration):
    """Base class of conductances that :class:`ConductanceSynapses` opens in the membrane of a neuron.

    Attributes:
        name: How traces call it.
        reversal: The potential towards which it pulls, in millivolts.
        share: Which part of an input, in nanosiemens, becomes the peak of this conductance.
        inhibitory: Whether negative inputs open it, rather than positive ones.
    """

    name: str
    reversal: float
    share: float
    inhibitory: bool

    times: ClassVar[tuple[str, ...]] = ("tau",)  # the time constants

    def closed(self, like: Float[Array, "batch *units"]) -> OpenChannels:
        """Return what is carried before the first spike."""
        return (jnp.zeros_like(like),)

    def opened(self, carry: OpenChannels, jump: Float[Array, "batch *units"], dt: float) -> tuple[OpenChannels, Array]:
        """Return what is carried after a step that began with spikes, and the mean conductance during it.

        Args:
            carry: What was carried before.
            jump: What the spikes open, in nanosiemens.
            dt: The duration of the step, in milliseconds.
        """
        raise NotImplementedError

    def unblocked(self, u: Float[Array, "*shape"]) -> Float[Array, "*shape"] | float:
        """Return which part of the conductance lets current pass at a potential in millivolts. Default: all of it."""
        return 1.0


@declaration
class ExponentialConductance(Conductance):
    """A conductance that each spike opens at once and that then closes: g(t) = exp(-t / tau).

    Args:
        name: How traces call it: ``"ampa"`` for the conductance ``ampa_conductance``.
        reversal: The reversal potential, in millivolts.
        tau: The time constant, in milliseconds; 2 for AMPA, 5 to 10 for GABA receptors.
        share: Which part of an input becomes the peak of this conductance.
        inhibitory: Whether negative inputs open it, rather than positive ones.

    Raises:
        InvalidValue: If the time constant or the share is out of range, or the potential in volts.

    Example:
        >>> ExponentialConductance("gaba", -70.0, 10.0, inhibitory=True).reversal
        -70.0

    Reference:
        N. Brunel, X.-J. Wang, 2001, Effects of neuromodulation in a cortical network model of object working memory
        dominated by recurrent inhibition, Methods.
    """

    name: str = "ampa"
    reversal: float = 0.0
    tau: float = 2.0
    share: float = 1.0
    inhibitory: bool = False

    def __post_init__(self) -> None:
        require_conductance(self)

    def opened(self, carry: OpenChannels, jump: Float[Array, "batch *units"], dt: float) -> tuple[OpenChannels, Array]:
        g = carry[0] + jump
        return (fading(dt, self.tau, g.dtype) * g,), mean_of_fading(dt, self.tau, g.dtype) * g


@declaration
class AlphaConductance(Conductance):
    """A conductance that rises and falls after each spike: g(t) = (t / tau) exp(1 - t / tau), 1 at its peak at t = tau.

    Args:
        name: How traces call it.
        reversal: The reversal potential, in millivolts.
        tau: The time from a spike to the peak, in milliseconds.
        share: Which part of an input becomes the peak of this conductance.
        inhibitory: Whether negative inputs open it, rather than positive ones.

    Raises:
        InvalidValue: If the time constant or the share is out of range, or the potential in volts.

    Example:
        >>> AlphaConductance(tau=3.0)
        AlphaConductance(tau=3.0)

    Reference:
        W. Rall, 1967, Distinguishing theoretical synaptic potentials computed for different soma-dendritic
        distributions of synaptic input.
    """

    name: str = "ampa"
    reversal: float = 0.0
    tau: float = 2.0
    share: float = 1.0
    inhibitory: bool = False

    def __post_init__(self) -> None:
        require_conductance(self)

    def closed(self, like: Float[Array, "batch *units"]) -> OpenChannels:
        return (jnp.zeros_like(like), jnp.zeros_like(like))

    def opened(self, carry: OpenChannels, jump: Float[Array, "batch *units"], dt: float) -> tuple[OpenChannels, Array]:
        g, rise = carry[0], carry[1] + jump
        kept = fading(dt, self.tau, g.dtype)
        # g(t) = exp(-t / tau) (g + e / tau rise t), and its mean.
        mean = mean_of_fading(dt, self.tau, g.dtype)
        return (kept * (g + e * dt / self.tau * rise), kept * rise), mean * g + e * (mean - kept) * rise


@declaration
class NMDAConductance(Conductance):
    """The slow conductance of NMDA receptors, which magnesium blocks unless the membrane is depolarized.

        g(t) = (exp(-t / decay) - exp(-t / rise)) / peak,   I = g B(u) (reversal - u)
        B(u) = 1 / (1 + [Mg] exp(-0.062 u) / 3.57),         u in millivolts, [Mg] in millimoles per litre

    When to use: for memories of some hundred milliseconds, coincidences of input and depolarization, and bistable
    membranes. Beside AMPA receptors, with a ``share`` of their conductance.

    Args:
        name: How traces call it.
        reversal: The reversal potential, in millivolts.
        rise: The time constant of the rise, in milliseconds.
        decay: The time constant of the decay, in milliseconds.
        magnesium: [Mg], the magnesium outside of the cell, in millimoles per litre; with 0 nothing is blocked.
        share: Which part of an input becomes the peak of this conductance.
        inhibitory: Whether negative inputs open it, rather than positive ones.

    Raises:
        InvalidValue: If a time constant or the share is out of range, the rise is not faster than the decay, the
            potential in volts, or the concentration in moles.

    Example:
        >>> blocked, free = (float(NMDAConductance().unblocked(jnp.array(u))) for u in (-65.0, 20.0))
        >>> round(blocked, 3), round(free, 3)
        (0.06, 0.925)

    Reference:
        Block: C. E. Jahr, C. F. Stevens, 1990, Voltage dependence of NMDA-activated macroscopic conductances predicted
        by single-channel kinetics; rise and decay: N. Brunel, X.-J. Wang, 2001, Effects of neuromodulation in a
        cortical network model of object working memory dominated by recurrent inhibition, Methods, here without
        saturation, so that the inputs of a neuron add up.
    """

    name: str = "nmda"
    reversal: float = 0.0
    rise: float = 2.0
    decay: float = 100.0
    magnesium: float = 1.0
    share: float = 0.1
    inhibitory: bool = False

    times: ClassVar[tuple[str, ...]] = ("rise", "decay")

    def __post_init__(self) -> None:
        require_conductance(self)
        require_numbers(self, {"magnesium": AT_LEAST_ZERO})
        if isinstance(self.rise, float) and isinstance(self.decay, float) and not self.rise < self.decay:
            raise InvalidValue(
                f"NMDAConductance(rise={self.rise:g}, decay={self.decay:g}): the rise must be faster than the decay; "
                "AlphaConductance(tau) has one time constant for both."
            )
        if isinstance(self.magnesium, float) and 0 < self.magnesium < 0.01:
            raise InvalidValue(
                f"NMDAConductance(magnesium={self.magnesium:g}): concentrations are in millimoles per litre, and this "
                f"looks like moles: write magnesium={1000 * self.magnesium:g}."
            )

    def closed(self, like: Float[Array, "batch *units"]) -> OpenChannels:
        return (jnp.zeros_like(like), jnp.zeros_like(like))

    def opened(self, carry: OpenChannels, jump: Float[Array, "batch *units"], dt: float) -> tuple[OpenChannels, Array]:
        slow, fast = carry[0] + jump, carry[1] + jump
        at_peak = jnp.log(self.decay / self.rise) * self.rise * self.decay / (self.decay - self.rise)
        peak = jnp.exp(-at_peak / self.decay) - jnp.exp(-at_peak / self.rise)
        kept = fading(dt, self.decay, slow.dtype) * slow, fading(dt, self.rise, slow.dtype) * fast
        mean = mean_of_fading(dt, self.decay, slow.dtype) * slow - mean_of_fading(dt, self.rise, slow.dtype) * fast
        return kept, mean / peak

    def unblocked(self, u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 1 / (1 + self.magnesium * jnp.exp(-0.062 * u) / 3.57)


def require_conductance(conductance: Conductance) -> None:
    """Check name, time constants, reversal potential and share of a conductance.

    Raises:
        InvalidValue: If one is out of range, or the potential in volts.
    """
    if not conductance.name.isidentifier():
        raise InvalidValue(f"{type(conductance).__name__}(name={conductance.name!r}): expected a word such as 'ampa'.")
    require_times(conductance, *conductance.times)
    require_millivolts(conductance, "reversal")
    require_numbers(conductance, {"share": AT_LEAST_ZERO})
