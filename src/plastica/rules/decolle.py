"""DECOLLE: each layer learns by a loss of its own, at every step, from a random readout of its activity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..declaration import declaration
from ..layers import stacks
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, UInt
from .chain import chain
from .energy import bind, run
from .facts import Facts
from .rule import Batch, Rule, Signal, loss_of


class ReadoutKey(NamedTuple):
    """What DECOLLE carries: the randomness from which its readouts are drawn, the same ones at each step.

    Attributes:
        key: The key.
    """

    key: UInt[Array, "2"]


@declaration
class DECOLLE(Rule):
    """Deep continuous local learning: no error passes from layer to layer, nor back in time through other units.

        y^l_t = s^l_t G^l,   C^l = mean_t C(y^l_t, y),   dW^l = dC^l/dW^l

    G^l are fixed random weights from the units of layer l to a guess of the answer at each step. A layer learns from
    the errors of its own guesses, and through what each of its units itself remembers; the last layer learns from the
    loss of the network. With layers that have no time it is learning by local errors, layer by layer.

    When to use: for spiking networks that learn while a sequence runs, with little memory, as on neuromorphic chips.

    Args:
        scale: The root mean square of a guess, if units were active at random; G has ``scale`` / sqrt(units).

    Raises:
        InvalidValue: If ``scale`` is not above 0, or the network is not a sequence of layers.

    Example:
        >>> DECOLLE()
        DECOLLE()

    Reference:
        J. Kaiser, H. Mostafa, E. Neftci, 2020, Synaptic plasticity dynamics for deep continuous local learning
        (DECOLLE), without regularization of activities; H. Mostafa, V. Ramesh, G. Cauwenberghs, 2018,
        Deep supervised learning using local errors.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Kaiser, Mostafa, Neftci 2020",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        notes={"local": "Errors come from a guess of the layer's own, by the same random weights that made it."},
    )

    takes_rewards: ClassVar[bool] = True

    scale: float = 1.0

    def __post_init__(self) -> None:
        require_numbers(self, {"scale": ABOVE_ZERO})

    def init(self, network: Layer, params: Params, key: Key) -> ReadoutKey:
        """Return the randomness of the readouts."""
        return ReadoutKey(jnp.asarray(key))

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: ReadoutKey,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        links = chain(network, params)
        parts = bind(links, params, state, context._replace(cut=True))
        records, states = run(parts, batch.x)
        last = records[-1].potential

        def loss_at(potential: Array) -> Float[Array, ""]:
            return loss_of(objective, batch, potential, network.activate(potential))

        gradients = []
        for place, (part, record) in enumerate(zip(parts[:-1], records[:-1], strict=True)):
            readout = self.readout(memory, place, record.activity, last)
            delta = jax.grad(partial(_mean_loss, loss_at, readout, last.ndim))(record.activity)
            gradients.append(part.link.backward(record, delta).gradient)
        loss, delta = jax.value_and_grad(loss_at)(last)
        gradients.append(parts[-1].link.backward_potential(records[-1], delta).gradient)
        return Signal(loss, links.join(gradients), records[-1].activity, links.join(states), memory)

    def readout(
        self,
        memory: ReadoutKey,
        place: int,
        activity: Float[Array, "batch *shape"],
        last: Float[Array, "batch *outputs"],
    ) -> Float[Array, "units outputs"]:
        """Return G of a layer, drawn anew at each step from the same key rather than kept."""
        units = _rows(activity, last.ndim).shape[-1]
        drawn = random.normal(random.fold(memory.key, place), (units, last.shape[-1]))
        return (self.scale / np.sqrt(units) * drawn).astype(activity.dtype)

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.spiking(units, last, recurrent=False)


def _mean_loss(
    loss_at: Callable[[Array], Array], readout: Float[Array, "units outputs"], axes: int, activity: Array
) -> Float[Array, ""]:
    """Return the loss of a layer's guesses: of each step, if the network answers once for a sequence."""
    guesses = _rows(activity, axes) @ readout
    if guesses.ndim > axes:
        return jnp.mean(jax.vmap(loss_at, in_axes=1)(guesses))
    return loss_at(guesses)


def _rows(activity: Float[Array, "batch *shape"], axes: int) -> Float[Array, "batch *places units"]:
    """Return activities as rows of units, or steps of them; maps of a convolution become one row."""
    return activity if activity.ndim in (axes, 3) else activity.reshape(len(activity), -1)
