"""From the mask of a network's output to the weights of its steps in the loss and the metrics."""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.layer import Layer
from ..typing import Bool, Float, Mask
from .rule import Batch

# A mask ``(batch, time)``; for a network with several outputs a tuple with one for each, or None; None for no mask.
Masks: TypeAlias = Mask


def real_steps(network: Layer, batch: Batch) -> Masks:
    """Return which steps of the targets are not padding, by the masks that layers make of the inputs; None for all."""
    return network.mask_of(batch.x, None) if network.makes_mask else None


def for_metrics(batch: Batch, masks: Masks) -> Batch:
    """Return a batch in which masked steps weigh 0."""
    return batch if masks is None else batch._replace(within=jax.tree.map(lambda mask: _weights(batch, mask), masks))


def for_loss(batch: Batch, masks: Masks) -> Batch:
    """Return a batch whose loss is the mean over the steps that are real, as in Keras.

    The loss is a mean over all steps, so real ones weigh more by the number of all steps over that of real ones.
    """
    if masks is None:
        return batch
    return batch._replace(within=jax.tree.map(lambda mask: _weights(batch, mask) * _more(batch, mask), masks))


def _more(batch: Batch, mask: Bool[Array, "batch time"]) -> Float[Array, ""]:
    rows = (jnp.arange(mask.shape[0]) < batch.size)[:, None]
    real = jnp.sum(jnp.where(rows, mask, False)).astype(batch.weight.dtype)
    return batch.size * mask.shape[1] / jnp.maximum(real, 1)


def _weights(batch: Batch, mask: Bool[Array, "batch time"]) -> Float[Array, "batch time"]:
    weight = mask.astype(batch.weight.dtype)
    return weight if batch.within is None else weight * batch.within
