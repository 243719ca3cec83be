"""A loss placed where it is stable: at the last potential or at the last activity."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..activations import Activation
from ..declaration import Declaration, declaration
from .loss import Loss
from .shapes import row_means


@declaration
class Objective(Declaration):
    """A loss and the place where it is computed.

    Attributes:
        loss: The loss, already in the form for its place.
        at_potential: Whether the loss takes potentials z in place of activities a = f(z).
    """

    loss: Loss
    at_potential: bool = False

    def mean(
        self, target: jax.Array, prediction: jax.Array, weight: jax.Array, size: jax.Array, within: Any = None
    ) -> jax.Array:
        """Return the weighted mean of the loss over the ``size`` real rows; see :meth:`Loss.mean`.

        Args:
            target: What was wanted, ``(batch, ...)``.
            prediction: What the network answered, ``(batch, ...)``.
            weight: The weight of each row, ``(batch,)``.
            size: How many rows are real, a scalar.
            within: The weight of each step or pixel of each row, ``(batch, ...)``; None where all weigh 1.
        """
        if within is None:
            return self.loss.mean(target, prediction, weight, size)
        return jnp.sum(jnp.where(weight == 0, 0.0, self.rows(target, prediction, within) * weight)) / size

    def rows(self, target: jax.Array, prediction: jax.Array, within: Any = None) -> jax.Array:
        """Return each row's loss, ``(batch,)``: the mean over its steps, each of which weighs what ``within`` says."""
        if within is None:
            return self.loss.values(target, prediction)
        return row_means(self.loss.of_steps(target, prediction, within.shape) * within)


def place(loss: Loss, activation: Activation | None) -> Objective:
    """Return the objective for a network that ends in ``activation``."""
    stable = loss.on_potential(activation)
    return Objective(loss) if stable is None else Objective(stable, at_potential=True)
