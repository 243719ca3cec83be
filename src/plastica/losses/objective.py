"""A loss placed where it is stable: at the last potential or at the last activity."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..activations import Activation
from ..declaration import Declaration, declaration
from .loss import Loss


@declaration
class Objective(Declaration):
    """A loss and the place where it is computed.

    Attributes:
        loss: The loss, already in the form for its place.
        at_potential: Whether the loss takes potentials z in place of activities a = f(z).
    """

    loss: Loss
    at_potential: bool = False

    def mean(self, target: jax.Array, prediction: jax.Array, weight: jax.Array, size: jax.Array) -> jax.Array:
        """Return the weighted mean of the loss over the ``size`` real rows (Keras: sum_over_batch_size)."""
        # A row that only fills up a short batch may have a loss that is not finite; it must not count.
        values = jnp.where(weight == 0, 0.0, self.loss.values(target, prediction) * weight)
        return jnp.sum(values) / size


def place(loss: Loss, activation: Activation | None) -> Objective:
    """Return the objective for a network that ends in ``activation``."""
    stable = loss.on_potential(activation)
    return Objective(loss) if stable is None else Objective(stable, at_potential=True)
