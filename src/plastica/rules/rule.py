"""The base class of learning rules, which turn a batch into a direction for each parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from jax import Array

from .. import random
from ..declaration import Declaration
from ..layers import stacks
from ..layers.layer import INFERENCE, Context, Layer, Params, Record, State
from ..losses import Objective
from ..optimizers import Adam, Optimizer
from ..random import Key
from ..typing import Float, Int, Memory, PyTree
from .facts import Facts

# Layers fold their index, a small number, into the key of a step. A rule folds in this number (the word RULE), so that
# its random numbers differ from those of all layers.
_RULES_OWN = 0x52554C45


class Batch(NamedTuple):
    """The rows of one step.

    Attributes:
        x: Inputs, ``(batch, ...)``; several in a tuple.
        y: Targets, ``(batch, ...)``; several in a tuple; ``(batch, 0)`` if the rule learns from inputs alone.
        weight: The weight of each row, ``(batch,)``; 0 for rows that pad an incomplete batch.
        size: The number of rows without padding, a scalar; the mean of the loss is taken over them.
        epoch: The number of epochs before this one, a scalar.
        progress: The completed fraction of the planned steps of the run, a scalar from 0 to below 1.
        within: The weight of each step or pixel of each row in the loss, ``(batch, ...)``; None if all are 1. For a
            network with several outputs, a tuple with an entry for each.
    """

    x: PyTree
    y: PyTree
    weight: Float[Array, "batch"]
    size: Float[Array, ""]
    epoch: Int[Array, ""] | int = 0
    progress: Float[Array, ""] | float = 0.0
    within: PyTree = None


class Signal(NamedTuple):
    """The result of a rule for one batch.

    Attributes:
        loss: The weighted mean loss of the batch, a scalar.
        direction: The direction of each parameter, in the structure of the parameters; for backprop the gradient. The
            optimizer steps against it. None if the rule has no step for an optimizer.
        output: The activity of the network, ``(batch, ...)``, for metrics.
        state: The new state of the layers.
        memory: The new memory of the rule.
        change: A change that is added to the parameters after the step of the optimizer, from rules that make whole
            steps with a learning rate of their own. None: no change.
        costs: What layers add to the loss, by name, if :attr:`Rule.takes_costs`: ``costs_of(record)``.
    """

    loss: Float[Array, ""]
    direction: Params | None
    output: PyTree
    state: State
    memory: Memory
    change: Params | None = None
    costs: dict[str, Array] = {}  # noqa: RUF012 - never written to

    @property
    def total(self) -> Float[Array, ""]:
        """The loss with the costs of layers."""
        return self.loss + sum(self.costs.values()) if self.costs else self.loss


class Rule(Declaration):
    """Base class of learning rules: given a batch, the direction in which each parameter should move.

    A subclass implements ``signal``, and ``init`` if it has a memory.

    Attributes:
        facts: What the rule requires of the tissue or the chip that runs it; None if not stated.
        needs_loss: Whether the rule needs targets. The others learn from inputs alone if ``compile`` is given no loss.
        usual_optimizer: The optimizer that is used if none is given: in ``compile``, in estimators, on the command line
            and in comparisons.
        unranked: The reason why comparisons by accuracy do not rank the rule; empty if they do.
        takes_costs: Whether layers may add costs to the loss. The rule then follows their gradient, as
            ``Layer.backward`` does, and returns them in :attr:`Signal.costs`.
        takes_rewards: Whether what the rule learns from a row is in proportion to the row's weight, also to one below
            0. Rewards can then be these weights; see :class:`~plastica.rules.ThreeFactor` and :mod:`plastica.rewards`.
    """

    facts: ClassVar[Facts | None] = None
    needs_loss: ClassVar[bool] = True
    usual_optimizer: ClassVar[Optimizer] = Adam()
    unranked: ClassVar[str] = ""
    takes_costs: ClassVar[bool] = False
    takes_rewards: ClassVar[bool] = False

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        """Return the initial memory of the rule for a network. Default: none."""
        return ()

    def check(self, network: Layer, objective: Objective | None) -> None:
        """Check the network and the objective before training.

        Raises:
            InvalidValue: If the rule is not defined for a layer or for the objective.
        """

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Any,
        context: Context,
    ) -> Signal:
        """Return the loss and the directions for one batch; runs inside the compiled loop.

        The objective is an :class:`~plastica.losses.Objective`, or None if the rule learns from inputs alone.
        """
        raise NotImplementedError

    def respond(self, network: Layer, params: Params, state: State, memory: Memory, x: PyTree) -> tuple[PyTree, PyTree]:
        """Return the last potential and the activity for inputs ``(batch, ...)``. Default: the forward pass."""
        potential, _ = network.synapse(params, x, state, INFERENCE)
        return potential, network.activate(potential)

    def judge(
        self, network: Layer, params: Params, state: State, memory: Memory, batch: Batch, objective: Any
    ) -> tuple[Float[Array, ""], PyTree]:
        """Return the mean loss of a batch without learning from it, and the activity of the network."""
        potential, activity = self.respond(network, params, state, memory, batch.x)
        return loss_of(objective, batch, potential, activity), activity

    def advice(self, network: Layer, params: Params, record: Record, batch: Batch) -> str:
        """Return advice for the error message if training produced a number that is not finite. Default: none.

        Args:
            network: The network.
            params: Its parameters before the step that failed.
            record: The forward pass of that step.
            batch: The rows of that step.
        """
        return ""

    @property
    def reads_spikes(self) -> bool:
        """Whether the rule takes the inputs of its layers for spikes, so that other numbers are probably a mistake."""
        return False

    @property
    def answers_forward(self) -> bool:
        """Whether predictions are those of the forward pass, so that its gradient explains them."""
        return type(self).respond is Rule.respond

    @property
    def suits_all_layers(self) -> bool:
        """Whether the rule trains layers of any kind and needs no particular ones."""
        return False

    @property
    def follows_gradient(self) -> bool:
        """Whether the direction is the gradient of the loss, so that what is known of gradient descent holds."""
        return False

    @property
    def epochs_each(self) -> int | None:
        """The epochs of each layer if the rule trains one layer after another; otherwise None."""
        return None

    def paced(self, epochs: int, layers: int) -> Rule:
        """Return the rule adapted to the number of epochs of a run and of layers of a network.

        Most rules stay the same; those that train one layer after another divide the epochs among the layers.
        """
        return self

    def own_rates(self) -> tuple[str, ...]:
        """Return the rule's own learning rates as they are written in code, for messages. Default: none."""
        return ()

    def suited_to(self, x: np.ndarray) -> Rule:
        """Return the rule with defaults for these inputs, ``(rows, ...)``, if it was given by name only."""
        return self

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        """Return layers that suit the rule, for a network that is given by its number of units.

        Args:
            units: The number of units of each hidden layer.
            last: The output layer.
        """
        return stacks.dense(units, last)


def loss_of(objective: Objective, batch: Batch, potential: PyTree, activity: PyTree) -> Float[Array, ""]:
    """Return the mean loss of a batch, computed from the potential or the activity as the objective requires.

    Args:
        objective: The loss.
        batch: The rows.
        potential: The potential of the last layer, ``(batch, ...)``; for several outputs a tuple of arrays.
        activity: The activity of the last layer, of the same shapes.
    """
    answer = objective.read(potential, activity)
    return objective.mean(batch.y, answer, batch.weight, batch.size, batch.within)


def rule_key(context: Context) -> Key:
    """Return the key for the random numbers of the rule itself in a step; it differs from the keys of all layers."""
    assert context.key is not None  # training always has one
    return random.fold(context.key, _RULES_OWN)
