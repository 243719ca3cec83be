"""What every learning rule is: from a batch to a direction for each parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np

from .. import random
from ..declaration import Declaration
from ..layers import stacks
from ..layers.layer import INFERENCE, Context, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from .facts import Facts

# Layers fold their places into a step's key, which are small numbers: what a rule draws is none of theirs.
_RULES_OWN = 0x52554C45


class Batch(NamedTuple):
    """The rows of one step.

    Attributes:
        x: Inputs, ``(batch, ...)``.
        y: Targets, ``(batch, ...)``; ``(batch, 0)`` where a rule learns from inputs alone.
        weight: The weight of each row, ``(batch,)``; 0 for rows that only fill up a short batch.
        size: How many rows are real, a scalar; the mean of the loss is taken over these.
        epoch: How many epochs the network was trained before this one, a scalar.
        progress: Which part of this run's planned steps lies behind, a scalar from 0 to below 1.
        within: The weight of each step or pixel of each row under the loss, ``(batch, ...)``; None where all weigh 1.
    """

    x: jax.Array
    y: jax.Array
    weight: jax.Array
    size: jax.Array
    epoch: Any = 0
    progress: Any = 0.0
    within: Any = None


class Signal(NamedTuple):
    """What a rule answers for one batch.

    Attributes:
        loss: The batch's weighted mean loss, a scalar.
        direction: Against which each parameter moves (for backprop the gradient), in the parameters'
            structure; an optimizer makes the step. None where the rule asks for no such step.
        output: The network's activity, ``(batch, ...)``, for metrics.
        state: The layers' new state.
        memory: The rule's own new memory.
        change: What is added to the parameters as it stands, after the optimizer's step: for rules that are whole
            steps, with a rate of their own. None for none.
    """

    loss: jax.Array
    direction: Params
    output: jax.Array
    state: State
    memory: Any
    change: Params = None


class Rule(Declaration):
    """A learning rule: in which direction should each parameter move, given this batch?

    Attributes:
        facts: What the rule asks of whoever would run it; None where nobody said.
        needs_loss: Whether the rule can only learn towards targets; others learn from inputs alone when
            ``compile`` is given no loss.
        usual_optimizer: What makes the steps where nobody names an optimizer: in ``compile``, in estimators, on the
            command line and in comparisons alike.
        unranked: Why a comparison by answers to a task says nothing of the rule; empty where it does.
    """

    facts: ClassVar[Facts | None] = None
    needs_loss: ClassVar[bool] = True
    usual_optimizer: ClassVar[Optimizer] = Adam()
    unranked: ClassVar[str] = ""

    def init(self, network: Layer, params: Params, key: jax.Array) -> Any:
        """Return the rule's own memory for a network; most rules keep none."""
        return ()

    def check(self, network: Layer, objective: Objective | None) -> None:
        """Look at what is to be learned, before it is run.

        Raises:
            InvalidValue: If the rule is not defined for a layer, or for such an end.
        """

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Any,
        batch: Batch,
        objective: Any,
        context: Context,
    ) -> Signal:
        """Answer one batch; runs inside the compiled loop.

        The objective is an :class:`~plastica.losses.Objective`, or None where the rule learns from inputs alone.
        """
        raise NotImplementedError

    def respond(
        self, network: Layer, params: Params, state: State, memory: Any, x: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return the last potential and the activity for inputs ``(batch, ...)``; most rules: the forward pass."""
        potential, _ = network.synapse(params, x, state, INFERENCE)
        return potential, network.activate(potential)

    def judge(
        self, network: Layer, params: Params, state: State, memory: Any, batch: Batch, objective: Any
    ) -> tuple[jax.Array, jax.Array]:
        """Return the mean loss of a batch that nothing is learned from, and the network's activity."""
        potential, activity = self.respond(network, params, state, memory, batch.x)
        return loss_of(objective, batch, potential, activity), activity

    def advice(self, network: Layer, params: Params, record: Record, batch: Batch) -> str:
        """Return what helps a person when training met a number that is not finite; most rules know nothing more.

        Args:
            network: The network.
            params: Its parameters before the step that failed.
            record: What the network did with the batch.
            batch: The rows of that step.
        """
        return ""

    @property
    def answers_forward(self) -> bool:
        """Whether a trained network answers by its forward pass, so that the gradient of that pass is of interest."""
        return type(self).respond is Rule.respond

    @property
    def suits_all_layers(self) -> bool:
        """Whether the rule trains layers of any kind, and needs none of its own."""
        return False

    @property
    def epochs_each(self) -> int | None:
        """The epochs of each layer, if the rule trains one layer after another; otherwise None."""
        return None

    def paced(self, epochs: int, layers: int) -> Rule:
        """Return the rule as it suits a run of so many epochs and a network of so many layers.

        Most rules stay the same; those that train one layer after another give each layer its part.
        """
        return self

    def own_rates(self) -> tuple[str, ...]:
        """Return the rates of steps that the rule makes itself, as a person writes them; most rules make none."""
        return ()

    def suited_to(self, x: np.ndarray) -> Rule:
        """Return the rule as it suits such inputs, ``(rows, ...)``, for those who name no more than the rule."""
        return self

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        """Return layers that suit the rule, for those who name none.

        Args:
            units: How many units each hidden layer should have.
            last: The layer that answers.
        """
        return stacks.dense(units, last)


def loss_of(objective: Objective, batch: Batch, potential: jax.Array, activity: jax.Array) -> jax.Array:
    """Return the mean loss of a batch, computed from the potential where the objective asks for it."""
    answer = objective.read(potential, activity)
    return objective.mean(batch.y, answer, batch.weight, batch.size, batch.within)


def rule_key(context: Context) -> Any:
    """Return the key for what a rule itself draws in a step, apart from all keys of layers."""
    return random.fold(context.key, _RULES_OWN)
