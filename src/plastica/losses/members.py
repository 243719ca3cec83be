"""The loss of a packed ensemble: the mean of its members' losses."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..activations import Activation
from ..declaration import declaration, replace
from ..errors import ShapeError
from ..typing import Float, Num
from .loss import Loss
from .meaning import Meaning


@declaration
class MemberLoss(Loss):
    """The mean of the losses of all members of an ensemble: C = mean_k c(y, a_k).

    For networks with :class:`~plastica.layers.Members`. Each member is trained to predict well on its own; a loss of
    the averaged prediction would allow members to compensate for each other.

    Args:
        loss: c, the loss of one member.
        total: The number of members of the whole ensemble, where predictions are those of some members and the others
            are elsewhere: the sum of their losses is divided by it. Default: all members are here.

    Shapes: predictions ``(batch, members, ...)``, targets as for ``loss``.

    Raises:
        ShapeError: If predictions have no axis of members.

    Example:
        >>> from plastica.losses import MeanSquaredError
        >>> MemberLoss(MeanSquaredError()).values(jnp.array([[1.0]]), jnp.array([[[1.0], [3.0]]]))
        Array([2.], dtype=float32)

    Reference:
        Gorishniy, Kotelnikov, Babenko (2025), TabM, section 3.2.
    """

    loss: Loss
    total: int | None = None

    @property
    def meaning(self) -> Meaning:
        """The meaning of one member's outputs."""
        return self.loss.meaning

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch members *outputs"]
    ) -> Float[Array, "batch"]:
        """Return each row's loss, the mean over the members."""
        return self._of_members(target, prediction).mean(axis=1)

    def of_steps(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch members *outputs"],
        shape: tuple[int, ...],
    ) -> Float[Array, "batch members"]:
        """Return the loss of each member, ``(batch, members)``."""
        values = self._of_members(target, prediction)
        if values.shape != shape:
            raise ShapeError(f"MemberLoss: got weights of shape {shape}; expected {values.shape}, (batch, members).")
        return values

    def _of_members(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch members *outputs"]
    ) -> Float[Array, "batch members"]:
        if prediction.ndim < 3:
            raise ShapeError(
                f"MemberLoss: got predictions of shape {prediction.shape}; expected (batch, members, units)."
            )
        rows, members = prediction.shape[:2]
        values = self.loss.values(
            jnp.repeat(target, members, axis=0), prediction.reshape(rows * members, *prediction.shape[2:])
        )
        values = values.reshape(rows, members)
        # The mean over 4 members of 8 is then their part of the mean over all 8.
        return values if self.total is None else values * (members / self.total)

    def on_potential(self, activation: Activation | None) -> Loss | None:
        """Return the form for potentials if the member's loss has one."""
        stable = self.loss.on_potential(activation)
        return None if stable is None else replace(self, loss=stable)

    def for_one_answer(self, output_shape: tuple[int, ...]) -> tuple[Loss, tuple[int, ...]]:
        """Return the loss and output shape of one member."""
        return self.loss.for_one_answer(output_shape[1:])
