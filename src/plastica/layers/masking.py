"""Masking: steps of a sequence that are only padding."""

from __future__ import annotations

from typing import cast

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..typing import Mask
from .layer import Context, Layer, Params, State


@declaration
class Masking(Layer):
    """Mark the steps whose features all have one value as padding, for sequences of unequal lengths.

    Recurrent layers behind it keep their state over such steps, and where the network answers every step, these weigh
    nothing in the loss and the metrics. How many steps of padding there are changes no answer. The weight of steps is
    that of Keras: the loss of a batch is the mean over its real steps. Unlike in Keras, metrics without weights leave
    padding out, too.

    Args:
        mask_value: The value; 0 by default.

    Shapes:
        ``(batch, time, features)`` in and out; padding becomes 0.

    Example:
        >>> import numpy as np
        >>> from plastica.layers import LSTM, Sequential
        >>> x = np.array([[[1.0], [2.0], [0.0], [0.0]]])
        >>> Masking().mask_of(x, None).tolist()
        [[True, True, False, False]]
    """

    mask_value: float = 0.0

    @property
    def stepwise(self) -> bool:
        return True

    @property
    def makes_mask(self) -> bool:
        return True

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        real = jnp.any(x != self.mask_value, axis=-1)
        return real if mask is None else real & cast("jax.Array", mask)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        real = jnp.any(x != self.mask_value, axis=-1, keepdims=True)
        return x * real.astype(x.dtype), state
