"""What every loss is: one number for each row, from targets and predictions."""

from __future__ import annotations

import jax

from ..activations import Activation
from ..declaration import Declaration


class Loss(Declaration):
    """A loss to minimise.

    A loss is computed from activities. Where the last activation is known and a stable form over the
    potentials exists (softmax or sigmoid with cross-entropy), ``on_potential`` returns that form.
    """

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return the loss of each row, ``(batch,)``: the mean over all other axes.

        Args:
            target: What was wanted, ``(batch, ...)``.
            prediction: What the network answered, ``(batch, ...)``.
        """
        raise NotImplementedError

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the same loss over the potentials under ``activation``, or None where there is no such form."""
        return None

    def for_one_answer(self, output_shape: tuple[int, ...]) -> tuple[Loss, tuple[int, ...]]:
        """Return the loss that meets the targets and the shape of one answer, for checks of the targets."""
        return self, output_shape
