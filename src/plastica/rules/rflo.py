"""Random feedback local online learning: e-prop for leaky rate units, as it was first derived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..declaration import declaration, replace
from ..layers import stacks
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Memory
from .backprop import Backprop
from .eprop import LOCAL_NOTES, EProp
from .facts import Facts
from .rule import Batch, Signal


@declaration
class RFLO(Backprop):
    """Random feedback local online learning (RFLO), for leaky rate units such as :class:`~plastica.layers.LeakyRNN`.

        dW_ab = -eta sum_t [B e(t)]_a p_ab(t),   p_ab(t) = (1 - dt / tau) p_ab(t-1) + dt / tau f'(z_a(t)) h_b(t-1)

    e is the error of the output at a step and B a fixed random matrix: no weights of others are known, and nothing is
    kept of the past but a trace p for each synapse. Two approximations separate it from the gradient: B for the output
    weights, and no paths through other units. It is :class:`EProp` with random signals, of which it is the case for
    units without spikes.

    When to use: for ``LeakyRNN`` with linear readouts, whose errors come at many steps.

    Args:
        scale: The root mean square of B, in units of that of the initial output weights.

    Raises:
        InvalidValue: If the scale is not above 0.

    Example:
        >>> RFLO()
        RFLO()

    Reference:
        J. M. Murray, 2019, Local online learning in recurrent networks with random feedback.
    """

    facts: ClassVar[Facts] = Facts(
        "Murray 2019", local=True, symmetric_weights=False, phases=1, global_error=False, notes=LOCAL_NOTES
    )

    scale: float = 1.0

    takes_costs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require_numbers(self, {"scale": ABOVE_ZERO})

    @property
    def follows_gradient(self) -> bool:
        return False

    @property
    def _traces(self) -> EProp:
        """The rule that it is a case of."""
        return replace(EProp("random"), scale=self.scale)  # which may be traced

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        return self._traces.init(network, params, key)

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
        return self._traces.signal(network, params, state, memory, batch, objective, context)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.leaky(units, last)
