"""The rule of continual learning: any rule that follows a loss, with what a strategy adds to it."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..rules import Batch, Rule
from ..rules.rule import Signal, rule_key
from ..typing import Memory, PyTree
from .objectives import StepObjective
from .strategy import NO_PENALTY, ContinualStrategy, OutputForm


@declaration
class ContinualRule(Rule):
    """A rule whose loss and memory a strategy extends, so that what ``fit`` offers serves continual learning as well.

    Args:
        rule: How the loss is followed.
        strategy: What is done against forgetting.
        kind, classes, groups: The fields of the :class:`~plastica.continual.strategy.OutputForm`.
        replayed: How many rows at the beginning of each batch are stored ones.
    """

    rule: Rule
    strategy: ContinualStrategy
    kind: str = "numbers"
    classes: int = 0
    groups: tuple[int, ...] = ()
    replayed: int = 0
    takes_costs: ClassVar[bool] = True

    @property
    def form(self) -> OutputForm:
        """What the network answers."""
        return OutputForm(self.kind, self.classes, self.groups)

    def init(self, network: Layer, params: Params, key: Key) -> Memory:
        return {"rule": self.rule.init(network, params, key), "strategy": self.strategy.begin(params, self.form)}

    def check(self, network: Layer, objective: Objective | None) -> None:
        self.rule.check(network, objective)

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        strategy = self.strategy
        carried = strategy.observe(memory["strategy"], params, random.fold(rule_key(context), 1))
        shown = StepObjective(objective, self.form, self.replayed)
        shown = strategy.objective(shown, carried, network, params, state, batch)
        signal = self.rule.signal(network, params, state, memory["rule"], batch, shown, context)  # pyright: ignore[reportArgumentType]
        direction, loss = signal.direction, signal.loss
        carried = strategy.record(carried, params, direction)  # pyright: ignore[reportArgumentType]
        if not _is_nothing(strategy, carried, params):
            value, pull = jax.value_and_grad(lambda params: strategy.penalty(carried, params))(params)
            loss, direction = loss + value, jax.tree.map(jnp.add, direction, pull)
        return signal._replace(loss=loss, direction=direction, memory={"rule": signal.memory, "strategy": carried})

    def respond(self, network: Layer, params: Params, state: State, memory: Memory, x: PyTree) -> tuple[PyTree, PyTree]:
        params = self.strategy.answering(memory["strategy"], params)
        return self.rule.respond(network, params, state, memory["rule"], x)

    @property
    def follows_gradient(self) -> bool:
        """Never: with a penalty or several objectives the direction is not the gradient of the loss alone."""
        return False


def _is_nothing(strategy: ContinualStrategy, memory: Memory, params: Params) -> bool:
    """Return whether the strategy adds no penalty; decided while tracing."""
    penalty = strategy.penalty(memory, params)
    return isinstance(penalty, float) and penalty == NO_PENALTY
