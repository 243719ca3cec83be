"""The conditions under which rules are compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .. import layers as kinds
from .. import optimizers as steps
from .. import rules as learning
from ..errors import InvalidValue, UnknownName
from ..layers import Layer
from ..model import Sequential
from ..optimizers import Optimizer
from ..optimizers.names import OptimizerLike
from ..rules import Rule
from ..settings import Settings, batch_size_for
from ..tables.output_layer import end_for
from .task import Task

LARGEST_BATCH = 128
Layers = Sequence[int] | Sequence[Layer] | Sequential | Callable[[Rule], Sequence[Layer]]
# Rules, by names of one's own if in a mapping; several also in sequences of these.
RulesLike: TypeAlias = str | Rule | Mapping[str, str | Rule] | Sequence[str | Rule | Mapping[str, str | Rule]]
# One optimizer for all rules, or optimizers by name of the rule; None for the usual ones.
OptimizersLike: TypeAlias = "OptimizerLike | Mapping[str, OptimizerLike] | None"


@dataclass(frozen=True, eq=False)
class Terms:
    """The conditions that are the same for all rules, and the optimizers and learning rates of single rules.

    Attributes:
        layers: Units of the hidden layers, the hidden layers, a network, or a function from a rule to hidden layers.
        epochs: The number of epochs; with ``minutes``, the maximum.
        minutes: Time budget for all rules together; None for no limit.
        batch_size: Rows per gradient step. None: depends on the number of rows.
        seeds: The seeds; each rule trains one network per seed.
        target: The test loss for the time-to-loss columns. None: the loss of a network without hidden layers.
        optimizers: One optimizer for all rules, or optimizers by name of the rule. Others use their usual one.
        learning_rates: Learning rates of the optimizers, by name of the rule.

    Raises:
        InvalidValue: For numbers outside their range, or a repeated seed.
    """

    layers: Layers = (64, 64)
    epochs: int = 20
    minutes: float | None = None
    batch_size: int | None = None
    seeds: tuple[int, ...] = (0, 1, 2)
    target: float | None = None
    optimizers: OptimizersLike = None
    learning_rates: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for name, value in (("epochs", self.epochs), ("batch_size", self.batch_size)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InvalidValue(f"{name}={value!r}: expected a whole number of at least 1.")
        if self.minutes is not None and not self.minutes > 0:
            raise InvalidValue(f"minutes={self.minutes!r}: expected a number above 0.")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise InvalidValue(f"seeds={self.seeds!r}: expected at least one seed and no duplicates.")

    def require_known(self, rules: Mapping[str, Rule]) -> None:
        """Check that optimizers and learning rates are given only for rules that are compared.

        Raises:
            UnknownName: For any other name.
        """
        for name in ("optimizers", "learning_rates"):
            given = getattr(self, name)
            strange = [each for each in given if each not in rules] if isinstance(given, Mapping) else []
            if strange:
                raise UnknownName(f"{name} names {strange[0]!r}, which is not compared here: {', '.join(rules)}.")

    def batch_size_on(self, task: Task) -> int:
        """Return the number of rows per gradient step."""
        return self.batch_size or min(LARGEST_BATCH, batch_size_for(len(task.x)))

    def paced(self, rule: Rule, epochs: int) -> Rule:
        """Return a layer-by-layer rule with few enough epochs per layer that it reaches the last layer."""
        units = self._units
        return rule if units is None else rule.paced(epochs, len(units) + 1)

    def network(self, name: str, rule: Rule, task: Task, seed: int) -> Sequential:
        """Return a network for the task, compiled with the rule.

        Raises:
            InvalidValue: If the rule is not defined for its layers or its loss.
        """
        end = end_for(task.kind, task.outputs, Settings())
        last = kinds.Dense(end.units, activation=end.activation)
        shape = kinds.Input(task.x.shape[1:])
        units = self._units
        if units is not None:
            made = [shape, *[kinds.Flatten()] * (task.x.ndim > 2), *rule.layers_for(units, last)]
        elif isinstance(self.layers, Sequential):
            made = self.layers.layers
        else:
            hidden = self.layers(rule) if callable(self.layers) else self.layers
            made = [shape, *hidden, last]
        model = Sequential(made, seed=seed)
        metric = task.figure if task.kind != "multilabel" else "binary_accuracy"
        model.compile(self.optimizer(name, rule), end.loss, [metric], rule=rule)
        if not model.built:
            model.build(task.x.shape[1:])
        _ = model.program  # the rule checks the network here
        return model

    def optimizer(self, name: str, rule: Rule) -> Optimizer:
        """Return the optimizer of a rule."""
        given = self.optimizers.get(name) if isinstance(self.optimizers, Mapping) else self.optimizers
        found = rule.usual_optimizer if given is None else steps.get(given)
        rate = (self.learning_rates or {}).get(name)
        return found if rate is None else dataclasses.replace(found, learning_rate=float(rate))

    @property
    def _units(self) -> tuple[int, ...] | None:
        """The units of the hidden layers; None if ``layers`` is something else."""
        given = self.layers
        if not isinstance(given, Sequence) or not all(isinstance(each, int | np.integer) for each in given):
            return None
        return tuple(int(each) for each in given if not isinstance(each, Layer))


def chosen_rules(given: RulesLike) -> dict[str, Rule]:
    """Return the rules by name.

    Args:
        given: "all", a name, a rule, a sequence of these, or a dictionary from names of your own to rules.

    Raises:
        UnknownName: For an unknown name.
        InvalidValue: If there is no rule, or something is not a rule.

    Example:
        >>> chosen_rules(["backprop", {"mine": "delta"}])
        {'backprop': Backprop(), 'mine': Delta()}
    """
    if isinstance(given, str) and given.strip().lower() == "all":
        return {name: made() for name, made in learning.NAMES.items()}
    if isinstance(given, str | Rule):
        given = [given]
    found: dict[str, Rule] = {}
    for each in [given] if isinstance(given, Mapping) else given:
        named = each.items() if isinstance(each, Mapping) else [(_name_of(each), each)]
        found |= {name: learning.get(rule) for name, rule in named}
    if not found:
        raise InvalidValue("there is no rule to compare; name some rules, or use rules='all'.")
    return found


def _name_of(rule: object) -> str:
    if isinstance(rule, str):
        return rule.strip().lower()
    if not isinstance(rule, Rule):
        raise InvalidValue(f"{rule!r} is not a learning rule; give a name, such as 'backprop', or a rule.")
    return next((name for name, made in learning.NAMES.items() if made() == rule), repr(rule))
