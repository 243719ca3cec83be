"""Error messages for NaN and infinity: where they first appeared, and what to try."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..layers.layer import Layer, Params, Record
from ..layers.walk import walk
from ..losses import Objective
from ..rules import Batch
from ..rules.backprop import send_back
from ..typing import Bool, PyTree

WHAT_TO_TRY = (
    "Try a learning rate ten times smaller, clip the gradient (global_clipnorm=1.0 in the optimizer), or scale "
    "the inputs and targets to about -1 to 1. "
)
_OWN_STEPS = (
    "Try a learning rate ten times smaller in {rates} (the rule makes these steps without an optimizer), or scale the "
    "inputs to about -1 to 1. "
)
_OWN_STEPS_TOO = (
    "Try a learning rate ten times smaller, in {rates} (the rule makes these steps without the optimizer) and in the "
    "optimizer, clip the gradient (global_clipnorm=1.0 in the optimizer), or scale the inputs and targets to about "
    "-1 to 1. "
)
SET_BACK = "The last weights with a finite loss were restored."
NONE_TO_GO_BACK_TO = (
    "The weights before training were not finite either, so there are none to restore: build the model again, or load "
    "a valid one."
)
FROM_OUTSIDE = "the weights of {path} were not finite before the step: they were set by a callback or by set_weights"


def all_finite(tree: PyTree) -> Bool[Array, ""]:
    """Return whether every number in a tree is finite."""
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)] or [jnp.array(True)]))


def from_outside(network: Layer, params: Params) -> str:
    """Return a message that names the layer whose weights were not finite before a step; empty if all were."""
    broken = (path for path, _, own in walk(network, params) if not bool(all_finite(own)))
    path = next(broken, None)
    return "" if path is None else FROM_OUTSIDE.format(path=path)


def what_to_try(rates: Sequence[str], has_objective: bool) -> str:
    """Return advice that depends on what computes the updates: the optimizer, the rule itself, or both.

    Args:
        rates: The rates of the rule's own steps, as a person writes them.
        has_objective: Whether an optimizer makes steps as well.
    """
    if not rates:
        return WHAT_TO_TRY
    return (_OWN_STEPS_TOO if has_objective else _OWN_STEPS).format(rates=" and ".join(rates))


def first_not_finite(network: Layer, objective: Objective | None, record: Record, batch: Batch) -> str:
    """Say in which layer the first number that is not finite appears, in the order of a step of backpropagation.

    Args:
        network: The network.
        objective: What is minimized, if anything is.
        record: What the network did with the batch.
        batch: The rows of the step that failed.
    """
    for path, _, part in walk(network, record):
        for name, array in (("potential", part.potential), ("activity", part.activity)):
            if not bool(jnp.all(jnp.isfinite(array))):
                return f"the first value that is not finite is in the {name} of {path} ({_extremes(part)})"
    if objective is None:
        return "the outputs are finite, but the step of the rule is not"
    loss, errors = send_back(network, record, batch, objective)
    if not bool(jnp.isfinite(loss)):
        low, high = float(record.activity.min()), float(record.activity.max())
        return f"the outputs range from {low:.3g} to {high:.3g}, and their loss overflows"
    for path, _, part in reversed(list(walk(network, errors))):
        if not bool(all_finite(part.gradient)):
            return f"the first value that is not finite is in the gradient of {path}"
    return "the loss and the gradient are finite, but the step of the optimizer is not"


def _extremes(part: Record) -> str:
    finite = np.asarray(part.input)[np.isfinite(np.asarray(part.input))]
    return (
        f"its finite inputs range from {finite.min():.3g} to {finite.max():.3g}"
        if finite.size
        else "none of its inputs is finite"
    )
