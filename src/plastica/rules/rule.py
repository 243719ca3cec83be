"""What every learning rule is: from a batch to a direction for each parameter."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax

from ..declaration import Declaration
from ..layers.layer import INFERENCE, Context, Layer, Params, State
from ..losses import Objective


class Batch(NamedTuple):
    """The rows of one step.

    Attributes:
        x: Inputs, ``(batch, ...)``.
        y: Targets, ``(batch, ...)``.
        weight: The weight of each row, ``(batch,)``; 0 for rows that only fill up a short batch.
        size: How many rows are real, a scalar; the mean of the loss is taken over these.
    """

    x: jax.Array
    y: jax.Array
    weight: jax.Array
    size: jax.Array


class Signal(NamedTuple):
    """What a rule answers for one batch.

    Attributes:
        loss: The batch's weighted mean loss, a scalar.
        direction: Against which each parameter moves (for backprop the gradient), in the parameters'
            structure; an optimizer makes the step.
        output: The network's activity, ``(batch, ...)``, for metrics.
        state: The layers' new state.
        memory: The rule's own new memory.
    """

    loss: jax.Array
    direction: Params
    output: jax.Array
    state: State
    memory: Any


class Rule(Declaration):
    """A learning rule: in which direction should each parameter move, given this batch?"""

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return the rule's own memory for a network; most rules keep none."""
        return ()

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        """Answer one batch; runs inside the compiled loop."""
        raise NotImplementedError

    def respond(
        self, network: Layer, params: Params, state: State, memory: Any, x: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return the last potential and the activity for inputs ``(batch, ...)``; most rules: the forward pass."""
        potential, _ = network.synapse(params, x, state, INFERENCE)
        return potential, network.activate(potential)
