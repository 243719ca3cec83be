"""What every loss is: one number for each row, from targets and predictions."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..activations import Activation
from ..declaration import Declaration
from .meaning import Meaning


class Loss(Declaration):
    """A loss to minimise.

    A loss is computed from activities. Where the last activation is known and a stable form over the
    potentials exists (softmax or sigmoid with cross-entropy), ``on_potential`` returns that form.
    """

    @property
    def meaning(self) -> Meaning:
        """What the network's outputs and the targets stand for; by default numbers that stand for themselves."""
        return Meaning()

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return the loss of each row, ``(batch,)``: the mean over all other axes.

        Args:
            target: What was wanted, ``(batch, ...)``.
            prediction: What the network answered, ``(batch, ...)``.
        """
        raise NotImplementedError

    def mean(self, target: jax.Array, prediction: jax.Array, weight: jax.Array, size: jax.Array) -> jax.Array:
        """Return the weighted mean over the ``size`` real rows, which come first (Keras: sum_over_batch_size).

        Args:
            target: What was wanted, ``(batch, ...)``.
            prediction: What the network answered, ``(batch, ...)``.
            weight: The weight of each row, ``(batch,)``; 0 for rows that only fill up a short batch.
            size: How many rows are real, a scalar.
        """
        # A row that only fills up a short batch may have a loss that is not finite; it must not count.
        values = jnp.where(weight == 0, 0.0, self.values(target, prediction) * weight)
        return jnp.sum(values) / size

    def of_steps(self, target: jax.Array, prediction: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Return the loss of each step or pixel, ``shape``; their mean over a row is the row's loss.

        Args:
            target: What was wanted, ``(batch, ...)``.
            prediction: What the network answered, ``(batch, ...)``.
            shape: The batch and the axes of its steps, ``(batch, steps)`` or ``(batch, height, width)``.
        """
        rows = (part.reshape(-1, *part.shape[len(shape) :]) for part in (target, prediction))
        return self.values(*rows).reshape(shape)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the same loss over the potentials under ``activation``, or None where there is no such form."""
        return None

    def for_one_answer(self, output_shape: tuple[int, ...]) -> tuple[Loss, tuple[int, ...]]:
        """Return the loss that meets the targets and the shape of one answer, for checks of the targets."""
        return self, output_shape
