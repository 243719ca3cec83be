"""Random feedback local online learning: e-prop for leaky rate units, as it was first derived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.layer import Layer
from .eprop import EProp
from .facts import Facts, FactsOf


@declaration
class RFLO(EProp):
    """Random feedback local online learning (RFLO), for leaky rate units such as :class:`~plastica.layers.LeakyRNN`.

        dW_ab = -eta sum_t [B e(t)]_a p_ab(t),   p_ab(t) = (1 - dt / tau) p_ab(t-1) + dt / tau f'(z_a(t)) h_b(t-1)

    e is the error of the output at a step and B a fixed random matrix: no weights of others are known, and nothing is
    kept of the past but a trace p for each synapse. Two approximations separate it from the gradient: B for the output
    weights, and no paths through other units. It is :class:`EProp` with random signals, of which it is the case for
    units without spikes.

    When to use: for ``LeakyRNN`` with linear readouts, whose errors come at many steps.

    Args:
        signals: "random"; other signals make it ``EProp``.
        scale: The root mean square of B, in units of that of the initial output weights.
        feedback_rate: Not used, as B does not learn.
        feedback_decay: Not used.

    Raises:
        InvalidValue: If signals are not random, or the scale is not above 0.

    Example:
        >>> RFLO()
        RFLO()

    Reference:
        J. M. Murray, 2019, Local online learning in recurrent networks with random feedback.
    """

    facts: ClassVar[Facts | FactsOf] = EProp.facts._replace(source="Murray 2019")  # pyright: ignore[reportIncompatibleVariableOverride]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.signals != "random":
            raise InvalidValue(f"RFLO(signals={self.signals!r}): its signals are random; use EProp({self.signals!r}).")

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.leaky(units, last)
