"""Three factors: what a synapse saw on both of its sides, times a reward for the whole network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..schedules.checks import AT_LEAST_ZERO, require_numbers
from ..typing import Float, Memory, PyTree
from .facts import Facts, FactsOf
from .local import LayerRule, read_out
from .rule import Batch, Signal, loss_of, rule_key
from .stdp import STDP


class RewardMemory(NamedTuple):
    """What a rule with a reward carries.

    Attributes:
        layers: The memory of each layer.
        expected: The running mean of the loss, a scalar; the first batch begins it.
        begun: 1 after the first batch, a scalar.
    """

    layers: tuple[Memory, ...]
    expected: Float[Array, ""]
    begun: Float[Array, ""]


@declaration
class ThreeFactor(LayerRule):
    """A local rule whose changes are multiplied by a reward that all synapses receive.

        dw_ji = R e_ji,   R = mean loss so far - loss of this row

    e is the eligibility of the synapse: what the local rule would change by itself. A row with a smaller loss than
    usual is a success, and what led to it is done again; after a failure it is undone. With STDP this is
    reward-modulated STDP; its ``tau_eligibility`` says how long synapses remember pairs of spikes until the reward
    comes at the end of the sequence.

    When to use: as a model of dopamine, and where only a number tells how good an answer was. Something must vary from
    row to row, such as Poisson spikes or noise, or there is nothing to choose from. It needs many more rows than a
    gradient. To learn by acting in an environment, see :class:`plastica.rewards.PolicyGradient`.

    All layers for which the local rule is defined follow it; for the last layer, if it is not, the gradient is taken,
    with the optimizer.

    Args:
        rule: The local rule, whose changes are in proportion to the weight of each row: STDP, VoltageSTDP or Hebb.
        expectation_rate: How fast the mean loss follows the losses of batches; 0 keeps that of the first batch.

    Raises:
        InvalidValue: If the local rule cannot be multiplied by rewards, or the rate is below 0.

    Example:
        >>> ThreeFactor(STDP(0.05, tau_eligibility=500.0))
        ThreeFactor(rule=STDP(learning_rate=0.05, tau_eligibility=500.0))

    Reference:
        E. M. Izhikevich, 2007, Solving the distal reward problem through linkage of STDP and dopamine signaling,
        equations 1 and 2; R. V. Florian, 2007, Reinforcement learning through modulation of spike-timing-dependent
        synaptic plasticity (MSTDPET); three factors: W. Gerstner, M. Lehmann, V. Liakoni, D. Corneil, J. Brea, 2018,
        Eligibility traces and plasticity on behavioral time scales.
    """

    facts: ClassVar[FactsOf] = FactsOf(  # pyright: ignore[reportIncompatibleVariableOverride]
        lambda rule: Facts(
            "Florian 2007; Izhikevich 2007",
            local=True,
            symmetric_weights=False,
            phases=1,
            global_error="one number",
            notes={
                "local": "A synapse remembers what it saw on both of its sides until the reward comes.",
                "global_error": "A reward for the whole network, is sent to every synapse at once.",
            },
        )
    )
    needs_loss: ClassVar[bool] = True
    unranked: ClassVar[str] = "what its units learn hangs on the inhibition among them, which these networks lack"

    rule: LayerRule = STDP()
    expectation_rate: float = 0.05

    def __post_init__(self) -> None:
        if not isinstance(self.rule, LayerRule) or not self.rule.takes_rewards:
            raise InvalidValue(
                f"ThreeFactor(rule={self.rule!r}): expected a local rule whose changes can be multiplied by a reward: "
                "STDP(), VoltageSTDP() or Hebb()."
            )
        require_numbers(self, {"expectation_rate": AT_LEAST_ZERO})

    @property
    def reads_spikes(self) -> bool:
        return self.rule.reads_spikes

    def own_rates(self) -> tuple[str, ...]:
        return self.rule.own_rates()

    def begin(self, layer: Layer, params: Params, key: Key) -> Memory:
        return self.rule.begin(layer, params, key)

    def require(self, layer: Layer) -> None:
        self.rule.require(layer)

    def check(self, network: Layer, objective: Objective | None) -> None:
        self.rule.check(network, objective)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return self.rule.layers_for(units, last)

    def init(self, network: Layer, params: Params, key: Key) -> RewardMemory:
        """Return the memory of each layer, and no expectation yet."""
        return RewardMemory(super().init(network, params, key), jnp.zeros(()), jnp.zeros(()))

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: RewardMemory,
        batch: Batch,
        objective: Objective | None,
        context: Context,
    ) -> Signal:
        assert objective is not None  # the rule needs a loss
        record, new_state = network.forward(params, batch.x, state, context)
        losses = objective.rows(batch.y, objective.read(record.potential, record.activity), batch.within)
        mean = jnp.sum(losses * batch.weight) / batch.size
        expected = jnp.where(memory.begun > 0, memory.expected, mean)
        rewarded = batch._replace(weight=batch.weight * (expected - losses))

        key, change, kept = rule_key(context), [jax.tree.map(jnp.zeros_like, own) for own in params], [*memory.layers]
        places, reads_out = self.followers(network, params, objective)
        for place in places:
            found = self.rule.learn_at(place, network, params, memory.layers, record, rewarded, key)
            change[place], kept[place] = found.change, found.memory
        later = expected + self.expectation_rate * (mean - expected)
        after = RewardMemory(tuple(kept), later, jnp.ones_like(memory.begun))
        loss, direction = (mean, None) if not reads_out else read_out(network, params, record, batch, objective)
        return Signal(loss, direction, record.activity, new_state, after, tuple(change))

    def judge(
        self, network: Layer, params: Params, state: State, memory: Memory, batch: Batch, objective: Objective | None
    ) -> tuple[Float[Array, ""], PyTree]:
        assert objective is not None  # as in signal
        potential, activity = self.respond(network, params, state, memory, batch.x)
        return loss_of(objective, batch, potential, activity), activity

    def followers(self, network: Layer, params: Params, objective: Objective) -> tuple[list[int], bool]:
        """Return the places of the layers that learn by the reward, and whether the last layer follows the gradient.

        Raises:
            InvalidValue: If the local rule is not defined for a layer before the last.
        """
        try:
            return self.places(network, params, None), False
        except InvalidValue:
            below = self.places(network, params, objective)
            if not below:
                raise
            return below, True
