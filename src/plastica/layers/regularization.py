"""ActivityRegularization: a penalty on what passes through."""

from __future__ import annotations

import jax

from ..declaration import declaration, replace
from ..regularizers import L1L2
from .activity import ACTIVITY_COST, added, regularized
from .layer import Context, Layer, Params, State


@declaration
class ActivityRegularization(Layer):
    """Add a penalty on the inputs to the loss, and return them unchanged.

    For sparse or small activities in a place that no layer with ``activity_regularizer`` stands at. The history shows
    the penalty as ``activity_regularization``:

        (l1 Σ |x| + l2 Σ x²) / rows

    Args:
        l1: The factor of the absolute values.
        l2: The factor of the squares.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: If a factor is negative.

    Example:
        >>> ActivityRegularization(l2=0.01).output_shape((8,))
        (8,)
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        L1L2(self.l1, self.l2)  # checks them

    @property
    def cost_names(self) -> tuple[str, ...]:
        return (ACTIVITY_COST,)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x, state

    def costs(self, params: Params, x: jax.Array, potential: jax.Array, context: Context) -> dict[str, jax.Array]:
        own = {ACTIVITY_COST: regularized(replace(L1L2(), l1=self.l1, l2=self.l2), potential, context.mask)}
        return added(super().costs(params, x, potential, context), own)
