"""What the layers of a network do for some rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from numpy.typing import ArrayLike

from ..layers import Context
from ..layers.records import Record
from ..model.examples import take_inputs

if TYPE_CHECKING:
    from ..model import Model


def record_of(model: Model, x: ArrayLike) -> Record:
    """Return what all layers did for rows, which are checked as those of ``predict``; builds the network.

    Args:
        model: The network.
        x: Rows.
    """
    inputs = model.network.cast_inputs(jnp.asarray(take_inputs(model, x)))
    return model.network.forward(model.params, inputs, model.state, Context())[0]
