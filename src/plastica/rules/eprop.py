"""E-prop: eligibility traces forward in time, and a learning signal from the output at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, AT_LEAST_ZERO, require_numbers
from ..typing import Memory
from .backprop import Backprop
from .facts import Facts, FactsOf
from .feedback_alignment import drawn_weights, weights_of, with_weights
from .rule import Batch, Signal

SIGNALS = ("symmetric", "random", "adaptive")
LOCAL_NOTES = {
    "local": "A synapse carries its eligibility trace from step to step.",
    "phases": "Learning signals arrive while the sequence runs.",
}


class AdaptiveWeights(NamedTuple):
    """What adaptive e-prop carries: the weights that bring learning signals back.

    Attributes:
        weights: An array for each parameter with two or more axes.
    """

    weights: tuple[Array, ...]


@declaration
class EProp(Backprop):
    """E-prop: learning in time without going back in time.

        dC/dW_ji = sum_t L_j(t) e_ji(t),   e_ji(t) = ds_j(t)/dh_j(t) eps_ji(t)
        eps_ji(t) = dh_j(t)/dh_j(t-1) eps_ji(t-1) + dh_j(t)/dW_ji

    The eligibility trace e says how a weight has changed what its own unit j does now, through what the unit itself
    remembers (membrane, adaptation, the cell of an LSTM). The learning signal L_j(t) is the error of the output at this
    step, brought to the unit by weights B. Left out are paths through other units: that a spike now changes later
    spikes of others.

    When to use: to learn recurrent spiking networks as a brain or a chip could, and to see what exact credit through
    time adds. Any recurrent layer can follow it. For layers without recurrent connections and symmetric signals it is
    backpropagation through time.

    For leaky rate units without spikes and random signals it is random feedback local online learning (RFLO).

    The sum over time of products of traces and signals is computed by going back through each unit's own memory alone,
    which gives the same numbers with less memory; a test holds it equal to traces carried forward.

    Args:
        signals: Where B comes from: "symmetric", the forward weights; "random", fixed random weights; "adaptive",
            random weights that learn what the forward weights learn. They come to agree with these if both have the
            same learning rate and decay.
        scale: The root mean square of random B, in units of that of the initial weights.
        feedback_rate: The learning rate of adaptive B.
        feedback_decay: The fraction of adaptive B that is forgotten at each step.

    Raises:
        InvalidValue: If the kind of signals is unknown, or a number out of range.

    Example:
        >>> EProp("symmetric")
        EProp(signals='symmetric')

    Reference:
        G. Bellec, F. Scherr, A. Subramoney, E. Hajek, D. Salaj, R. Legenstein, W. Maass, 2020, A solution to the
        learning dilemma for recurrent networks of spiking neurons, Nature Communications 11, 3625;
        across layers: T. Bohnstingl, S. Woźniak, A. Pantazi, E. Eleftheriou, 2022, Online spatio-temporal learning in
        deep neural networks; RFLO: J. M. Murray, 2019, Local online learning in recurrent networks with random
        feedback.
    """

    facts: ClassVar[FactsOf] = FactsOf(  # pyright: ignore[reportIncompatibleVariableOverride]
        lambda rule: Facts(
            "Bellec et al. 2020",
            local=True,
            symmetric_weights=rule.signals == "symmetric",
            phases=1,
            global_error=False,
            notes=LOCAL_NOTES,
        )
    )

    signals: str = "random"
    scale: float = 1.0
    feedback_rate: float = 0.01
    feedback_decay: float = 0.001

    takes_costs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.signals not in SIGNALS:
            known = ", ".join(map(repr, SIGNALS))
            raise InvalidValue(f"EProp(signals={self.signals!r}): expected one of {known}.")
        require_numbers(self, {"scale": ABOVE_ZERO, "feedback_rate": AT_LEAST_ZERO, "feedback_decay": AT_LEAST_ZERO})

    @property
    def follows_gradient(self) -> bool:
        return False

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the weights that bring learning signals back; none if they are the forward ones."""
        return () if self.signals == "symmetric" else AdaptiveWeights(drawn_weights(self.scale, params, key))

    def feedback(self, params: Params, memory: Memory) -> Params | None:
        """Return the parameters that bring learning signals back; None for the forward ones."""
        return None if self.signals == "symmetric" else with_weights(params, memory.weights)

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        found = super().signal(network, params, state, memory, batch, objective, context._replace(cut=True))
        if self.signals != "adaptive":
            return found
        assert found.direction is not None  # backprop always has one
        own, steps = memory.weights, weights_of(found.direction)
        learned = tuple(
            b - self.feedback_rate * step - self.feedback_decay * b for b, step in zip(own, steps, strict=True)
        )
        return found._replace(memory=AdaptiveWeights(learned))

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.spiking(units, last)
