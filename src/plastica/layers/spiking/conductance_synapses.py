"""Synapses that are conductances in the membrane of any neuron with potentials in millivolts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ...declaration import declaration
from ...errors import InvalidValue
from ...typing import Float, Params
from .neuron import Neuron
from .receptors import Conductance, ExponentialConductance, NMDAConductance
from .units_in_time import UnitState
from .units_of_measure import require_time
from .wrappers import NeuronWith, check_neuron

AMPA = ExponentialConductance()
NMDA = NMDAConductance()
GABA = ExponentialConductance("gaba", -70.0, 10.0, inhibitory=True)

PICOAMPERE = {"pA": 1.0, "nA": 1e-3}  # in the unit of a neuron's inputs

_NO_CURRENTS = (
    "ConductanceSynapses({neuron!r}): conductances in nS and potentials in mV give currents in pA, and this neuron has "
    "no such units. Use AdEx(), QIF(), or LIF(threshold=-50.0, rest=-65.0, reset='zero', inputs='current', "
    "resistance=100.0)."
)


@declaration
class ConductanceSynapses(NeuronWith):
    """A neuron whose inputs open conductances: ``ConductanceSynapses(AdEx())``.

        I = sum_c g_c B_c(u) (E_c - u)   into the neuron

    A positive input opens the excitatory conductances, a negative one the inhibitory ones; its size is in
    nanosiemens. B is 1 but for NMDA, which the membrane itself unblocks. Conductances decay exactly; their current is
    constant within a step, with the mean conductance and the B of the beginning, which leaves an error of order dt. The
    membrane relaxes towards the reversal potentials without passing them.

    When to use: where :class:`ConductanceLIF` with its two exponential conductances is not enough: for slow excitation
    by NMDA receptors, for conductances that rise, and for other neurons than the leaky one.

    Args:
        neuron: Any neuron with potentials in millivolts that reads currents: AdEx (pA), or LIF(inputs="current") and
            QIF (nA). Wrappers may stand inside or outside.
        conductances: What inputs open: ``ExponentialConductance``, ``AlphaConductance``, ``NMDAConductance``. Default:
            AMPA, NMDA and GABA.

    Shapes:
        As those of the neuron.

    Raises:
        InvalidValue: If the neuron reads no currents or has no unit, a conductance is none, two have the same name, or
            a time constant is below a step.

    Example:
        >>> from plastica.layers import AdEx
        >>> x = jnp.zeros((1, 4000, 1)).at[:, :50].set(6.0)  # 6 nS in each of 50 steps of 0.1 ms
        >>> neuron = ConductanceSynapses(AdEx(), (NMDAConductance(share=1.0),))
        >>> float(neuron.apply({}, x)[0].sum()) > 1
        True

    Reference:
        N. Brunel, X.-J. Wang, 2001, Effects of neuromodulation in a cortical network model of object working memory
        dominated by recurrent inhibition, Methods.
    """

    neuron: Neuron
    conductances: tuple[Conductance, ...] = (AMPA, NMDA, GABA)

    def __post_init__(self) -> None:
        check_neuron(self)
        if self.neuron.membrane_capacitance is None or self.neuron.input_unit not in PICOAMPERE:
            raise InvalidValue(_NO_CURRENTS.format(neuron=self.neuron))
        for each in self.conductances:
            if not isinstance(each, Conductance):
                raise InvalidValue(
                    f"ConductanceSynapses: got {each!r}; expected conductances, such as NMDAConductance()."
                )
            for name in each.times:
                require_time(type(each).__name__, name, getattr(each, name), self.dt)
        names = [each.name for each in self.conductances]
        if not names or len(set(names)) < len(names):
            raise InvalidValue(
                f"ConductanceSynapses: got conductances named {names}; give one or more, each with a name of its own."
            )

    @property
    def input_unit(self) -> str:
        return "nS"

    @property
    def membrane_capacitance(self) -> None:
        return None  # its inputs are conductances: there are no synapses onto synapses

    def at_rest(self, like: Float[Array, "batch *units"]) -> UnitState:
        carry: UnitState = dict(self.neuron.at_rest(like))
        for each in self.conductances:
            carry |= {f"{each.name}_{place}": array for place, array in enumerate(each.closed(like))}
            carry[f"{each.name}_conductance"] = jnp.zeros_like(like)
        return carry

    def below_threshold(self, params: Params, carry: UnitState, drive: Float[Array, "batch *units"]) -> UnitState:
        u, total, current, kept = carry["membrane"], jnp.zeros_like(drive), jnp.zeros_like(drive), {}
        for each in self.conductances:
            held = tuple(carry[f"{each.name}_{place}"] for place in range(len(each.closed(drive))))
            jump = each.share * jax.nn.relu(-drive if each.inhibitory else drive)
            after, g = each.opened(held, jump, self.dt)
            kept |= {f"{each.name}_{place}": array for place, array in enumerate(after)}
            kept[f"{each.name}_conductance"] = g
            g = g * each.unblocked(u)
            total, current = total + g, current + g * (each.reversal - u)
        mean = current * self._mean_pull(total) * PICOAMPERE[self.neuron.input_unit]
        return {**self.neuron.below_threshold(params, carry, mean), **kept}

    def _mean_pull(self, total: Float[Array, "batch *units"]) -> Float[Array, "batch *units"]:
        """Return the mean distance to where conductances pull during a step, as a fraction of that at its beginning.

        With a constant current instead, conductances beyond 2 C / dt would throw the membrane past what they pull to.
        """
        assert self.neuron.membrane_capacitance is not None  # checked when it was declared
        decays = total * (self.dt / self.neuron.membrane_capacitance)  # nS ms / pF
        small = decays < 1e-3
        return jnp.where(small, 1 - decays / 2, -jnp.expm1(-decays) / jnp.where(small, 1.0, decays))

    def currents(self, carry: UnitState) -> dict[str, Array]:
        """Return the current through each conductance at the potential of the membrane, in picoamperes, by name."""
        u = carry["membrane"]
        return {
            each.name: carry[f"{each.name}_conductance"] * each.unblocked(u) * (each.reversal - u)
            for each in self.conductances
        }
