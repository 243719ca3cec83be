"""Error messages for NaN and infinity: where they first appeared, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..layers.layer import Layer, Record
from ..layers.walk import walk
from ..losses import Objective
from ..rules import Batch
from ..rules.backprop import send_back

WHAT_TO_TRY = (
    "Try a learning rate ten times smaller, clip the gradient (global_clipnorm=1.0 in the optimizer), or scale "
    "the inputs and targets to about -1 to 1. "
)
_OWN_STEPS = (
    "Try a learning rate ten times smaller in {rates}, whose steps no optimizer has a say in, or scale the inputs to "
    "about -1 to 1. "
)
_OWN_STEPS_TOO = (
    "Try a learning rate ten times smaller: in {rates}, whose steps compile's optimizer has no say in, or in that "
    "optimizer for what follows the gradient. Clip the gradient there (global_clipnorm=1.0), or scale the inputs and "
    "targets to about -1 to 1. "
)
SET_BACK = "The weights were set back to the last ones with a finite loss."
NONE_TO_GO_BACK_TO = (
    "The weights that training began with hold such numbers themselves, so that there are none to go back to: "
    "build the model anew, or load one that is sound."
)
FROM_OUTSIDE = (
    "the weights of {path} already were so before the step, which no step made: a callback or set_weights put them "
    "there"
)


def all_finite(tree: Any) -> jax.Array:
    """Return whether every number in a tree is finite."""
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)] or [jnp.array(True)]))


def from_outside(network: Layer, params: Any) -> str:
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
                return f"the {name} of {path} is the first that is not finite ({_extremes(part)})"
    if objective is None:
        return "the network's answers are finite, but the rule's step is not"
    loss, errors = send_back(network, record, batch, objective)
    if not bool(jnp.isfinite(loss)):
        low, high = float(record.activity.min()), float(record.activity.max())
        return f"the answers lie between {low:.3g} and {high:.3g}, and their loss is beyond what a number can hold"
    for path, _, part in reversed(list(walk(network, errors))):
        if not bool(all_finite(part.gradient)):
            return f"the gradient of {path} is the first that is not finite"
    return "the loss and the gradient are finite, but the optimizer's step is not"


def _extremes(part: Record) -> str:
    finite = np.asarray(part.input)[np.isfinite(np.asarray(part.input))]
    return f"its inputs lie in {finite.min():.3g} to {finite.max():.3g}" if finite.size else "no input is finite"
