"""From the mask of a network's output to the weights of its steps in the loss and the metrics."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from ..errors import InvalidValue
from ..layers.layer import Layer
from ..typing import Bool, Float
from .rule import Batch


def real_steps(network: Layer, batch: Batch) -> Bool[Array, "batch time"] | None:
    """Return which steps of the targets are not padding, by the masks that layers make of the inputs; None for all.

    Raises:
        InvalidValue: If a network with several outputs has a mask at one of them.
    """
    if not network.makes_mask:
        return None
    mask: Any = network.mask_of(batch.x, None)
    if isinstance(mask, tuple):
        raise InvalidValue(
            "an output of this network is a sequence with masked steps, which is possible for networks with one output "
            "only: their loss leaves these steps out. Train each output in a network of its own."
        )
    return mask


def for_metrics(batch: Batch, mask: Bool[Array, "batch time"] | None) -> Batch:
    """Return a batch in which masked steps weigh 0."""
    return batch if mask is None else batch._replace(within=_weights(batch, mask))


def for_loss(batch: Batch, mask: Bool[Array, "batch time"] | None) -> Batch:
    """Return a batch whose loss is the mean over the steps that are real, as in Keras.

    The loss is a mean over all steps, so real ones weigh more by the number of all steps over that of real ones.
    """
    if mask is None:
        return batch
    rows = (jnp.arange(mask.shape[0]) < batch.size)[:, None]
    real = jnp.sum(jnp.where(rows, mask, False)).astype(batch.weight.dtype)
    more = batch.size * mask.shape[1] / jnp.maximum(real, 1)
    return batch._replace(within=_weights(batch, mask) * more)


def _weights(batch: Batch, mask: Bool[Array, "batch time"]) -> Float[Array, "batch time"]:
    weight = mask.astype(batch.weight.dtype)
    return weight if batch.within is None else weight * batch.within
