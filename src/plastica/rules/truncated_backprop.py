"""Truncated backpropagation through time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.in_time import Carry
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..typing import Float, Memory
from .facts import Facts
from .rule import Batch, Rule, Signal
from .walked import StepInputs, WalkedPart, signal_in_time


@declaration
class TruncatedBackprop(Rule):
    """Backpropagation through time that goes back to the beginning of a stretch of steps only.

    The sequence is divided into stretches of ``length`` steps. What layers remember goes on from one stretch to the
    next, but no error goes back from one to the one before, so that a stretch can be forgotten once it is over. With a
    length of the whole sequence this is :class:`Backprop`.

    When to use: for long sequences, whose errors come soon after what caused them. Weights change once for the whole
    sequence; for changes after each stretch, give the stretches as batches to layers with ``stateful=True``.

    Args:
        length: The number of steps of a stretch; the last one may be shorter.

    Raises:
        InvalidValue: If ``length`` is below 1, or the network does not go step by step.

    Example:
        >>> TruncatedBackprop(10)
        TruncatedBackprop(length=10)

    Reference:
        R. J. Williams, J. Peng, 1990, An efficient gradient-based algorithm for on-line training of recurrent network
        trajectories: BPTT(h; h') for h = h'.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Williams, Peng 1990",
        local=False,
        symmetric_weights=True,
        phases=2,
        global_error=False,
        notes={
            "local": "A change is the product of values at the two ends of a connection, but the error there was "
            "propagated through copies of the forward weights."
        },
    )

    takes_rewards: ClassVar[bool] = True

    length: int = 20

    def __post_init__(self) -> None:
        if self.length < 1:
            raise InvalidValue(f"TruncatedBackprop(length={self.length!r}): length must be 1 step or more.")

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
        def gradient(part: WalkedPart, delta: Float[Array, "time batch units"]) -> Params:
            return jax.vjp(lambda own: self.potentials(part, own), part.params)[1](delta)[0]

        return signal_in_time(self, network, params, state, memory, batch, objective, context, gradient)

    def potentials(self, part: WalkedPart, params: Params) -> Float[Array, "time batch units"]:
        """Return the potential at each step, through which no error goes back past the beginning of its stretch."""

        def step(carry: Carry, now: tuple[Array, StepInputs]) -> tuple[Carry, Array]:
            begins = now[0] % self.length == 0
            carry = jax.tree.map(lambda part: jnp.where(begins, jax.lax.stop_gradient(part), part), carry)
            return part.step(params, carry, now[1])

        carry, first = part.begin(params)
        _, later = jax.lax.scan(step, carry, (jnp.arange(1, len(part.steps)), part.later))
        return jnp.concatenate([first[None], later])

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.recurrent(units, last)
