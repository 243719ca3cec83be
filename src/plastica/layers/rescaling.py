"""Rescaling: a fixed scale and offset for all inputs."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..declaration import declaration
from .layer import Context, Params, State
from .on_arrays import OnArrays


@declaration
class Rescaling(OnArrays):
    """Multiply by a fixed number and add another: z = x * scale + offset.

    For pictures: they stay bytes in memory and are scaled batch by batch while the network trains.

    Args:
        scale: What inputs are multiplied by, such as 1/255 for bytes.
        offset: What is added afterwards.

    Shapes:
        ``(batch, ...)`` in and out.

    Example:
        >>> import numpy as np
        >>> Rescaling(1 / 127.5, offset=-1.0).apply({}, np.array([[0.0, 255.0]], np.float32))[0].tolist()
        [[-1.0, 1.0]]
    """

    scale: float
    offset: float = 0.0

    @property
    def stepwise(self) -> bool:
        return True

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x * jnp.asarray(self.scale, x.dtype) + jnp.asarray(self.offset, x.dtype), state
