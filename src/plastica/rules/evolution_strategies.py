"""Evolution strategies: networks with slightly other weights vote for a direction by how well they do."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.flatten_util import ravel_pytree

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Memory
from .facts import Facts
from .rule import Batch, Rule, Signal, loss_of, rule_key


@declaration
class EvolutionStrategies(Rule):
    """Evolution strategies with antithetic pairs: the mean of random changes of all weights, by what they bring.

        direction = 1 / (2 n sigma) sum_i (F(C(theta + sigma eps_i)) - F(C(theta - sigma eps_i))) eps_i

    eps_i is standard normal noise on all weights. F turns the losses of all 2n networks into their ranks, from -1/2 to
    1/2, so that outliers and the scale of the loss do not matter; without ranks F is the identity and the expectation
    is the gradient of the loss smoothed by the noise. All networks run in one ``vmap``.

    When to use: where there is no derivative, such as step functions, and as a baseline: it needs about as many pairs
    as there are weights for a step as good as the gradient.

    Args:
        pairs: n, the number of pairs of networks.
        sigma: The standard deviation of the noise on the weights.
        ranks: Whether F is the rank.

    Raises:
        InvalidValue: If ``pairs`` is below 1, or ``sigma`` not above 0.

    Example:
        >>> EvolutionStrategies(pairs=64)
        EvolutionStrategies(pairs=64)

    Reference:
        T. Salimans, J. Ho, X. Chen, S. Sidor, I. Sutskever, 2017, Evolution strategies as a scalable alternative to
        reinforcement learning, algorithm 1 and section 2; I. Rechenberg, 1973, Evolutionsstrategie.
    """

    facts: ClassVar[Facts | None] = Facts(
        "Salimans et al. 2017",
        local=True,
        symmetric_weights=False,
        phases=2,
        global_error="one number",
        notes={
            "local": "A weight remembers its own noise until it is known what the noise did.",
            "global_error": "The change of the loss is sent to every weight at once.",
        },
    )

    pairs: int = 32
    sigma: float = 0.02
    ranks: bool = True

    def __post_init__(self) -> None:
        require_numbers(self, {"sigma": ABOVE_ZERO})
        if self.pairs < 1:
            raise InvalidValue(f"EvolutionStrategies(pairs={self.pairs!r}): pairs must be 1 or more.")

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
        potential, new_state = network.synapse(params, batch.x, state, context)
        activity = network.activate(potential)
        flat, unravel = ravel_pytree(params)

        def loss_at(weights: Float[Array, "weights"]) -> Float[Array, ""]:
            own, _ = network.synapse(unravel(weights), batch.x, state, context)
            return loss_of(objective, batch, own, network.activate(own))

        noise = random.normal(rule_key(context), (self.pairs, flat.size)).astype(flat.dtype)
        both = flat + self.sigma * jnp.stack([noise, -noise])  # (2, pairs, weights)
        worth = self.shaped(jax.vmap(jax.vmap(loss_at))(both))
        direction = (worth[0] - worth[1]) @ noise / (2 * self.pairs * self.sigma)
        loss = loss_of(objective, batch, potential, activity)
        return Signal(loss, unravel(direction), activity, new_state, memory)

    def shaped(self, losses: Float[Array, "2 pairs"]) -> Float[Array, "2 pairs"]:
        """Return F of the losses."""
        if not self.ranks:
            return losses
        places = jnp.argsort(jnp.argsort(losses.ravel())).reshape(losses.shape)
        return places.astype(losses.dtype) / (losses.size - 1) - 0.5

    @property
    def suits_all_layers(self) -> bool:
        return True
