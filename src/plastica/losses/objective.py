"""The objective: a loss computed from the last potential or the last activity, whichever is stable."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from ..activations import Activation
from ..declaration import Declaration, declaration
from ..typing import Float, Num, PyTree
from .loss import Loss
from .shapes import row_means


@declaration
class Objective(Declaration):
    """A loss and the values from which it is computed.

    Attributes:
        loss: The loss, in the form for these values.
        at_potential: Whether the loss is computed from potentials z instead of activities a = f(z).
    """

    loss: Loss
    at_potential: bool = False

    def read(self, potential: PyTree, activity: PyTree) -> PyTree:
        """Return what the loss is computed from: the last potential or the last activity."""
        return potential if self.at_potential else activity

    def at_last_potential(self, delta: PyTree, pull_activation: Callable[[PyTree], PyTree]) -> PyTree:
        """Return the error at the last potential.

        Args:
            delta: The derivative of the loss with respect to what :meth:`read` returns.
            pull_activation: From an error at the last activity to the error at the last potential.
        """
        return delta if self.at_potential else pull_activation(delta)

    def mean(
        self,
        target: PyTree,
        prediction: PyTree,
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
        within: Float[Array, "batch *steps"] | None = None,
    ) -> Float[Array, ""]:
        """Return the weighted mean of the loss over the first ``size`` rows; see :meth:`Loss.mean`.

        Args:
            target: Targets, ``(batch, ...)``; of several outputs a tuple.
            prediction: Predictions, ``(batch, ...)``; of several outputs a tuple.
            weight: The weight of each row, ``(batch,)``.
            size: The number of rows without padding, a scalar.
            within: The weight of each step or pixel of each row, ``(batch, ...)``; None if all are 1.
        """
        if within is None:
            return self.loss.mean(target, prediction, weight, size)
        return jnp.sum(jnp.where(weight == 0, 0.0, self.rows(target, prediction, within) * weight)) / size

    def rows(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        within: Float[Array, "batch *steps"] | None = None,
    ) -> Float[Array, "batch"]:
        """Return the loss of each row, ``(batch,)``: the mean over its steps weighted by ``within``."""
        if within is None:
            return self.loss.values(target, prediction)
        return row_means(self.loss.of_steps(target, prediction, within.shape) * within)


def place(loss: Loss, activation: Activation | None) -> Objective:
    """Return the objective for a network whose last activation is ``activation``."""
    stable = loss.on_potential(activation)
    return Objective(loss) if stable is None else Objective(stable, at_potential=True)
