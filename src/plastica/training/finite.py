"""Error messages for NaN and infinity: where they first appeared, and what to try."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..layers.layer import Context, Record
from ..layers.walk import walk
from ..rules import Batch
from ..rules.backprop import send_back
from . import recovery
from .program import Learner, Program, all_finite

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


def explain(program: Program, learner: Learner, batch: Batch, context: Context) -> str:
    """Return a message that names the layer in which the first number that is not finite appears.

    Args:
        program: The program of the run.
        learner: The state before the step that failed.
        batch: The rows of that step.
        context: The context of that step.
    """
    record, _ = program.network.forward(learner.params, batch.x, learner.state, context)
    for path, _, params in walk(program.network, learner.params):
        if not bool(all_finite(params)):
            return FROM_OUTSIDE.format(path=path)
    advice = program.rule.advice(program.network, learner.params, record, batch)
    return "; ".join(filter(None, (_first(program, record, batch), advice)))


def what_now(program: Program, learner: Learner) -> str:
    """Return advice on what to try, and which weights the model has now: those of ``learner``, which were restored."""
    return what_to_try(program) + SET_BACK if recovery.is_finite(learner) else NONE_TO_GO_BACK_TO


def what_to_try(program: Program) -> str:
    """Return advice that depends on what computes the updates: the optimizer, the rule itself, or both."""
    rates = " and ".join(program.rule.own_rates())
    if not rates:
        return WHAT_TO_TRY
    return (_OWN_STEPS if program.objective is None else _OWN_STEPS_TOO).format(rates=rates)


def _first(program: Program, record: Record, batch: Batch) -> str:
    network = program.network
    for path, _, part in walk(network, record):
        for name, array in (("potential", part.potential), ("activity", part.activity)):
            if not bool(jnp.all(jnp.isfinite(array))):
                return f"the {name} of {path} is the first that is not finite ({_extremes(part)})"
    if program.objective is None:
        return "the network's answers are finite, but the rule's step is not"
    loss, errors = send_back(network, record, batch, program.objective)
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
